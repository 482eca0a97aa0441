package dev.llmpropagation.testkit;

import static dev.llmpropagation.testkit.RecordedTelemetryTest.test;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.testkit.Fault.Phase;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateFactory;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a socket hears of an answer that goes wrong. */
class FaultsOnTheWireTest {

    /** Of a chunked body. */
    private static final String END = "\r\n0\r\n\r\n";

    @RegisterExtension
    static final LlmServer openai = LlmServer.openAi();

    @ParameterizedTest
    @EnumSource
    void disconnect_comesAfterWhatItsPhaseLetsThrough(Phase phase) throws IOException {
        openai.willBreakWith(new Fault.Disconnect(phase));

        String heard = hear(openai, "{\"stream\":true}");

        switch (phase) {
            case BEFORE_HEADERS -> assertThat(heard).isEmpty();
            case AFTER_HEADERS ->
                assertThat(heard).startsWith("HTTP/1.1 200 OK\r\n").endsWith("\r\n\r\n");
            case IN_BODY ->
                assertThat(heard)
                        .contains("\"assistant\"", "\"Hello\"", "\", \"")
                        .doesNotContain("\"world\"");
            case BEFORE_END ->
                assertThat(heard).contains("\"Hello\"", "\"world\"", "[DONE]").doesNotContain(END);
        }
    }

    @Test
    void eventsOfGemini_areSentOneByOne() throws IOException {
        try (LlmServer gemini = LlmServer.gemini().start()) {
            gemini.willStream("one", "two", "three", "four").with(new Fault.Disconnect(Phase.IN_BODY));

            assertThat(hear(gemini, "/v1beta/models/m:streamGenerateContent", "{}", new CountDownLatch(1)))
                    .contains("\"one\"", "\"two\"")
                    .doesNotContain("\"three\"");
        }
    }

    @Test
    void answerWithoutFault_hasItsEnd() throws IOException {
        openai.willStream("Hello");

        assertThat(hear(openai, "{\"stream\":true}")).contains("[DONE]").endsWith(END);
    }

    @Test
    void documentThatBreaks_hasItsFirstHalf() throws IOException {
        openai.willBreakMidStream();

        assertThat(hear(openai, "{}")).contains("{\"id\":\"chatcmpl-").doesNotContain("system_fingerprint");
    }

    @ParameterizedTest
    @EnumSource
    void garbage_isNoHttp(Phase phase) throws IOException {
        openai.willBreakWith(new Fault.Garbage(phase));

        assertThat(hear(openai, "{\"stream\":true}")).endsWith("this is not HTTP\r\n\r\n");
    }

    @ParameterizedTest
    @EnumSource
    void reset_isNoEndInGoodOrder(Phase phase) {
        openai.willBreakWith(new Fault.Reset(phase));

        assertThatThrownBy(() -> hear(openai, "{\"stream\":true}")).isInstanceOf(SocketException.class);
    }

    @Test
    void stall_endsWithItsTest() throws Exception {
        try (LlmServer server = LlmServer.openAi().start()) {
            server.beforeEach(test(null));
            server.willStall();
            CompletableFuture<String> heard = stalled(server);
            server.afterEach(test(null));

            assertThat(heard.get(20, TimeUnit.SECONDS)).contains("\"Hello\"").doesNotContain("\"world\"");
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void stall_endsWithItsServer() throws Exception {
        try (LlmServer server = LlmServer.openAi().start()) {
            server.willStall();
            CompletableFuture<String> heard = stalled(server);
            server.close();

            assertThat(heard.get(20, TimeUnit.SECONDS)).doesNotContain("\"world\"");
        }
    }

    @Test
    void serverOfATest_livesAsLongAsTheTest() throws IOException {
        LlmServer server = LlmServer.openAi();
        server.beforeEach(test(null));
        server.willAnswer("hello");
        assertThat(hear(server, "{}")).contains("hello");
        server.afterEach(test(null));

        assertThatThrownBy(server::requests).isInstanceOf(IllegalStateException.class);
        server.beforeEach(test(null));
        assertThat(server.requests()).isEmpty();
        server.afterEach(test(null));
        assertThatThrownBy(server::secureBaseUrl).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void serverOfAClass_livesThroughItsTestsAndForgetsEach() throws IOException {
        LlmServer server = LlmServer.openAi();
        server.beforeAll(null);
        server.beforeEach(test(null));
        server.willAnswer("hello");
        assertThat(hear(server, "{}")).contains("hello");
        server.afterEach(test(null));
        assertThat(server.requests()).hasSize(1);
        server.beforeEach(test(null));
        assertThat(server.requests()).isEmpty();
        assertThat(hear(server, "{}")).contains("call willAnswer");
        server.afterEach(test(null));
        server.afterAll(null);

        assertThatThrownBy(server::baseUrl).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void certificate_isTheOneThatIsTrusted() throws Exception {
        String pem = openai.certificatePem();

        assertThat(CertificateFactory.getInstance("X.509")
                        .generateCertificate(new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII))))
                .isEqualTo(openai.trustManager().getAcceptedIssuers()[0]);
        assertThat(pem.lines()).allMatch(line -> line.length() <= 64);
    }

    private static CompletableFuture<String> stalled(LlmServer server) throws Exception {
        CountDownLatch began = new CountDownLatch(1);
        CompletableFuture<String> heard = new CompletableFuture<>();
        Thread reader = new Thread(() -> {
            try {
                heard.complete(hear(server, "/v1/chat/completions", "{\"stream\":true}", began));
            } catch (IOException e) {
                heard.completeExceptionally(e);
            }
        });
        reader.start();
        assertThat(began.await(20, TimeUnit.SECONDS)).isTrue();
        return heard;
    }

    private static String hear(LlmServer server, String body) throws IOException {
        return hear(server, "/v1/chat/completions", body, new CountDownLatch(1));
    }

    /** All that comes until the answer or the connection ends, as it comes. */
    private static String hear(LlmServer server, String path, String body, CountDownLatch began) throws IOException {
        URI base = URI.create(server.baseUrl());
        try (Socket socket = new Socket(base.getHost(), base.getPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream()
                    .write(("POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + "Content-Length: " + body.length()
                                    + "\r\n\r\n" + body)
                            .getBytes(StandardCharsets.US_ASCII));
            InputStream in = socket.getInputStream();
            ByteArrayOutputStream heard = new ByteArrayOutputStream();
            byte[] buffer = new byte[8192];
            String all = "";
            for (int count; !all.endsWith(END) && (count = in.read(buffer)) >= 0; ) {
                heard.write(buffer, 0, count);
                all = heard.toString(StandardCharsets.UTF_8);
                if (all.contains("\"Hello\"")) {
                    began.countDown();
                }
            }
            return all;
        }
    }
}
