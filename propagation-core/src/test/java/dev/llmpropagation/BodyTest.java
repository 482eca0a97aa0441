package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.http.Fault;
import dev.llmpropagation.fixtures.Latches;
import dev.llmpropagation.fixtures.LocalServer;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.BufferedSource;
import okio.Okio;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The span lives as long as the body, and says how that ended. */
class BodyTest {

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    private final CountDownLatch release = new CountDownLatch(1);
    private final ExecutorService threads = Executors.newCachedThreadPool();
    /** Sends "one", waits until it is released, and then sends "two" or breaks off. */
    private final LocalServer phases = LocalServer.start(exchange -> {
        boolean cut = exchange.getRequestURI().getPath().equals("/cut");
        exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, cut ? 100 : 0);
        OutputStream out = exchange.getResponseBody();
        out.write("one".getBytes(StandardCharsets.UTF_8));
        out.flush();
        Latches.await(release);
        if (!cut) {
            out.write("two".getBytes(StandardCharsets.UTF_8));
            out.close();
        }
        exchange.close();
    });

    @AfterEach
    void stop() {
        release.countDown();
        phases.close();
        threads.shutdownNow();
    }

    @Test
    void pitfall_40_streamReadToItsEnd_endsTheSpanThere() throws Exception {
        try (Response response = call("/stream").execute()) {
            BufferedSource source = response.body().source();
            assertThat(source.readUtf8(3)).isEqualTo("one");
            assertThat(wire.spans()).isEmpty();
            release.countDown();
            assertThat(source.readUtf8()).isEqualTo("two");
            assertOutcome("completed", StatusCode.UNSET, null);
        }
        wire.attempt();
    }

    @Test
    void chunks_areNotHeldBack() throws Exception {
        try (Response response = call("/stream").execute()) {
            // The server sends the second chunk only when the first has been read.
            InputStream in = response.body().byteStream();
            byte[] first = new byte[8];
            assertThat(in.read(first)).isEqualTo(3);
            release.countDown();
            assertThat(in.readAllBytes()).asString(StandardCharsets.UTF_8).isEqualTo("two");
        }
        assertOutcome("completed", StatusCode.UNSET, null);
    }

    @Test
    void closeBeforeTheEnd_isInterrupted() throws Exception {
        Response response = call("/stream").execute();
        assertThat(response.body().source().readUtf8(3)).isEqualTo("one");
        response.close();

        assertOutcome("interrupted", StatusCode.UNSET, null);
    }

    @Test
    void cancelWhileReading_isCancelled() throws Exception {
        Call call = call("/stream");
        Response response = call.execute();
        BufferedSource source = response.body().source();
        source.readUtf8(3);
        threads.execute(call::cancel);
        assertThatThrownBy(source::readUtf8).isInstanceOf(IOException.class);
        response.close();

        assertOutcome("cancelled", StatusCode.UNSET, null);
    }

    @Test
    void cancelThenClose_isCancelled() throws Exception {
        Call call = call("/stream");
        Response response = call.execute();
        response.body().source().readUtf8(3);
        call.cancel();
        response.close();

        assertOutcome("cancelled", StatusCode.UNSET, null);
    }

    @Test
    void connectionCutInMidStream_isFailed() throws Exception {
        try (Response response = call("/cut").execute()) {
            response.body().source().readUtf8(3);
            release.countDown();
            assertThatThrownBy(() -> response.body().source().readUtf8()).isInstanceOf(IOException.class);
        }

        assertOutcome("failed", StatusCode.ERROR, "java.net.ProtocolException");
        assertThat(number(wire.attempt(), "http.response.status_code")).isEqualTo(200);
    }

    @Test
    void corruptBody_isFailed() throws Exception {
        wire.server.stubFor(any(anyUrl()).willReturn(aResponse().withFault(Fault.MALFORMED_RESPONSE_CHUNK)));
        try (Response response = wire.client().newCall(request(wire.url("/"))).execute()) {
            assertThatThrownBy(() -> response.body().string()).isInstanceOf(IOException.class);
        }

        assertThat(wire.attempt().getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
    }

    @Test
    void stall_isTimedOut() throws Exception {
        OkHttpClient client = client(new OkHttpClient.Builder().readTimeout(Duration.ofMillis(200)));
        try (Response response = client.newCall(request(phasesUrl("/stream"))).execute()) {
            response.body().source().readUtf8(3);
            assertThatThrownBy(() -> response.body().source().readUtf8())
                    .isInstanceOf(java.net.SocketTimeoutException.class);
        }

        assertOutcome("timed_out", StatusCode.ERROR, "java.net.SocketTimeoutException");
    }

    @Test
    void callTimeoutWhileReading_isTimedOut() throws Exception {
        OkHttpClient client = client(new OkHttpClient.Builder().callTimeout(Duration.ofMillis(300)));
        try (Response response = client.newCall(request(phasesUrl("/stream"))).execute()) {
            response.body().source().readUtf8(3);
            assertThatThrownBy(() -> response.body().source().readUtf8())
                    .isInstanceOf(java.io.InterruptedIOException.class);
        }

        assertOutcome("timed_out", StatusCode.ERROR, "java.io.InterruptedIOException");
    }

    @Test
    void documentReadByAParser_isCompletedAlthoughItsEndWasNotSeen() throws Exception {
        wire.server.stubFor(any(anyUrl()).willReturn(ok("{\"a\":1}\n").withHeader("Transfer-Encoding", "chunked")));
        OkHttpClient client = wire.client();
        try (Response response = client.newCall(request(wire.url("/"))).execute()) {
            assertThat(response.body().contentLength()).isEqualTo(-1);
            response.body().source().readUtf8(7);
        }

        assertOutcome("completed", StatusCode.UNSET, null);
        assertThat(client.connectionPool().idleConnectionCount()).isEqualTo(1);
    }

    @Test
    void streamReadToItsEndMark_isCompleted() throws Exception {
        wire.server.stubFor(any(anyUrl())
                .willReturn(ok("data: {}\n\ndata: [DONE]\n\n")
                        .withHeader("Content-Type", "text/event-stream")
                        .withHeader("Transfer-Encoding", "chunked")));
        try (Response response = wire.client().newCall(request(wire.url("/"))).execute()) {
            BufferedSource source = response.body().source();
            while (!source.readUtf8LineStrict().contains("[DONE]")) {}
        }

        assertOutcome("completed", StatusCode.UNSET, null);
    }

    @Test
    void bodyThatNobodyReads_isInterrupted() throws Exception {
        wire.server.stubFor(any(anyUrl()).willReturn(ok("hello")));
        wire.client().newCall(request(wire.url("/"))).execute().close();

        assertOutcome("interrupted", StatusCode.UNSET, null);
    }

    @Test
    void bodyWithoutBytes_isCompletedAtOnce() throws Exception {
        wire.server.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(204)));
        wire.client().newCall(request(wire.url("/"))).execute().close();
        wire.server.stubFor(any(anyUrl()).willReturn(ok()));
        wire.client().newCall(request(wire.url("/"))).execute().close();
        wire.client()
                .newCall(request(wire.url("/")).newBuilder().head().build())
                .execute()
                .close();

        assertThat(wire.attempts(3))
                .extracting(span -> text(span, "llm_propagation.outcome"))
                .containsOnly("completed");
    }

    @Test
    void trailers_arrive() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            threads.execute(() -> {
                try (Socket socket = server.accept()) {
                    BufferedSource in = Okio.buffer(Okio.source(socket));
                    while (!in.readUtf8LineStrict().isEmpty()) {}
                    socket.getOutputStream()
                            .write(("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n"
                                            + "5\r\nhello\r\n0\r\nX-End: reached\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
                    in.exhausted();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            OkHttpClient client = client(new OkHttpClient.Builder());
            String url = "http://" + server.getInetAddress().getHostAddress() + ":" + server.getLocalPort() + "/";
            try (Response response = client.newCall(request(url)).execute()) {
                assertThat(response.body().string()).isEqualTo("hello");
                assertThat(response.trailers().get("X-End")).isEqualTo("reached");
            }
            client.connectionPool().evictAll();
        }
        assertOutcome("completed", StatusCode.UNSET, null);
    }

    @Test
    void http2Stream_endsWithItsBody() throws Exception {
        wire.server.stubFor(any(anyUrl()).willReturn(ok("hello ".repeat(10_000)).withChunkedDribbleDelay(5, 200)));
        OkHttpClient client = wire.secureClient();
        try (Response response = client.newCall(request(wire.secureUrl("/"))).execute()) {
            assertThat(response.protocol()).isEqualTo(Protocol.HTTP_2);
            assertThat(response.body().string()).hasSize(60_000);
        }
        try (Response response = client.newCall(request(wire.secureUrl("/"))).execute()) {
            response.body().source().readUtf8(5);
        }

        assertThat(wire.attempts(2))
                .extracting(span -> text(span, "llm_propagation.outcome"))
                .containsExactly("completed", "interrupted");
        await().until(() -> client.connectionPool().idleConnectionCount() == 1);
    }

    /** It can hold what its interceptor has to give back. */
    @Test
    void closeOfABodyOfTheProgram_isCalledAsWithoutUs() throws Exception {
        for (boolean instrumented : new boolean[] {false, true}) {
            wire.server.stubFor(any(anyUrl()).willReturn(ok("hello")));
            List<String> closed = new CopyOnWriteArrayList<>();
            OkHttpClient.Builder builder = new OkHttpClient.Builder().addNetworkInterceptor(chain -> {
                Response response = chain.proceed(chain.request());
                return response.newBuilder()
                        .body(new ForwardingBody(response.body(), () -> closed.add("closed")))
                        .build();
            });
            OkHttpClient client = instrumented ? wire.client(wire.propagation().build(), builder) : builder.build();
            try (Response response = client.newCall(
                            new Request.Builder().url(wire.url("/")).build())
                    .execute()) {
                assertThat(response.body().source().readUtf8()).isEqualTo("hello");
                assertThat(closed).isEmpty();
            }
            assertThat(closed).as("instrumented: %s", instrumented).containsExactly("closed");
        }
    }

    private static final class ForwardingBody extends ResponseBody {
        private final ResponseBody delegate;
        private final Runnable onClose;

        ForwardingBody(ResponseBody delegate, Runnable onClose) {
            this.delegate = delegate;
            this.onClose = onClose;
        }

        @Override
        public @Nullable MediaType contentType() {
            return delegate.contentType();
        }

        @Override
        public long contentLength() {
            return delegate.contentLength();
        }

        @Override
        public BufferedSource source() {
            return delegate.source();
        }

        @Override
        public void close() {
            onClose.run();
            delegate.close();
        }
    }

    @Test
    void gzippedBody_arrivesUnpackedAndWhole() throws Exception {
        String text = "hello ".repeat(10_000);
        wire.server.stubFor(any(anyUrl()).willReturn(ok(text)));
        try (Response response = wire.client().newCall(request(wire.url("/"))).execute()) {
            assertThat(response.body().string()).isEqualTo(text);
        }

        assertThat(wire.request().getHeader("Accept-Encoding")).contains("gzip");
        assertOutcome("completed", StatusCode.UNSET, null);
    }

    @Test
    void bodyThatNobodyCanCloseAnyMore_endsAtTheNextCallAndFreesItsConnection() throws Exception {
        LlmPropagation propagation = wire.propagation().build();
        OkHttpClient client = wire.client(propagation, new OkHttpClient.Builder());
        wire.server.stubFor(any(anyUrl()).willReturn(ok("hello ".repeat(100_000))));
        forget(client);
        assertThat(wire.spans()).isEmpty();

        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            System.gc();
            propagation.sweep();
            assertThat(wire.spans()).hasSize(1);
        });
        assertOutcome("abandoned", StatusCode.UNSET, null);
        assertThat(wire.diagnostics).singleElement().asString().contains("or close it");
        assertThat(client.connectionPool().connectionCount()
                        - client.connectionPool().idleConnectionCount())
                .isZero();
        SpanData span = wire.attempt();
        assertThat(span.getEndEpochNanos()).isGreaterThanOrEqualTo(span.getStartEpochNanos());
    }

    @Test
    void abandonedStream_isCancelledSoThatNobodyWaitsForItsRest() throws Exception {
        List<String> events = new CopyOnWriteArrayList<>();
        LlmPropagation propagation = wire.propagation().build();
        OkHttpClient client = wire.client(propagation, new OkHttpClient.Builder().eventListener(new Recording(events)));
        forget(client, phasesUrl("/stream"));

        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> {
            System.gc();
            propagation.sweep();
            assertThat(wire.spans()).hasSize(1);
        });
        assertThat(events).contains("canceled");
        assertOutcome("abandoned", StatusCode.UNSET, null);
    }

    @Test
    void earlyCloseOfAStream_isNoFailureToOkHttp() throws Exception {
        List<String> events = new CopyOnWriteArrayList<>();
        OkHttpClient client = client(new OkHttpClient.Builder().eventListener(new Recording(events)));
        Response response = client.newCall(request(phasesUrl("/stream"))).execute();
        assertThat(response.body().source().readUtf8(3)).isEqualTo("one");
        response.close();

        assertThat(events).containsExactly("callEnd");
        assertOutcome("interrupted", StatusCode.UNSET, null);
    }

    private static final class Recording extends EventListener {
        private final List<String> events;

        Recording(List<String> events) {
            this.events = events;
        }

        @Override
        public void canceled(Call call) {
            events.add("canceled");
        }

        @Override
        public void responseFailed(Call call, IOException e) {
            events.add("responseFailed");
        }

        @Override
        public void callFailed(Call call, IOException e) {
            events.add("callFailed");
        }

        @Override
        public void callEnd(Call call) {
            events.add("callEnd");
        }
    }

    private void forget(OkHttpClient client) throws IOException {
        forget(client, wire.url("/"));
    }

    private static void forget(OkHttpClient client, String url) throws IOException {
        Response response = client.newCall(request(url)).execute();
        response.body().source().readUtf8(3);
    }

    @Test
    void closedTwiceAndReadAfterwards_endsOnce() throws Exception {
        wire.server.stubFor(any(anyUrl()).willReturn(ok("hello")));
        Response response = wire.client().newCall(request(wire.url("/"))).execute();
        response.body().string();
        response.close();
        response.close();
        assertThatThrownBy(() -> response.body().source().readByte()).isInstanceOf(IllegalStateException.class);

        wire.attempt();
    }

    private Call call(String path) {
        return client(new OkHttpClient.Builder()).newCall(request(phasesUrl(path)));
    }

    private OkHttpClient client(OkHttpClient.Builder builder) {
        return wire.client(wire.propagation().build(), builder);
    }

    private String phasesUrl(String path) {
        return phases.url() + path;
    }

    private static Request request(String url) {
        return new Request.Builder().url(url).build();
    }

    private void assertOutcome(String outcome, StatusCode status, String errorType) {
        SpanData span = wire.attempt();
        assertThat(text(span, "llm_propagation.outcome")).isEqualTo(outcome);
        assertThat(span.getStatus().getStatusCode()).isEqualTo(status);
        assertThat(text(span, "error.type")).isEqualTo(errorType);
    }
}
