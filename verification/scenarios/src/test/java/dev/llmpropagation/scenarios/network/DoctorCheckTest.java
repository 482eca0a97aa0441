package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code doctor check} of a service that speaks OpenAI's API: each stage fails in turn. */
class DoctorCheckTest {

    private static final String KEY = "MARKER-api-key-0123456789";
    private static final String ANSWER = """
            {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",\
            "logprobs":null,"message":{"role":"assistant","content":"a","refusal":null}}]}""";
    private static final Certificates CERTIFICATES = new Certificates();

    @RegisterExtension
    final DoctorOutput doctor = new DoctorOutput();

    @TempDir
    Path folder;

    private final ScriptedService service = ScriptedService.http(ScriptedService.Shape.OPENAI);
    private String keyFile;

    @BeforeEach
    void writeKey() throws IOException {
        keyFile = Files.writeString(folder.resolve("key"), KEY + "\n").toString();
        service.errorMessage = "wrong key: " + KEY;
    }

    @AfterEach
    void close() {
        service.close();
    }

    @Test
    void goodEndpoint_passesAllStages() throws Exception {
        JsonNode report = doctor.json(0, args(url(), "--model", "m", "--live"));

        assertThat(report.path("failedStage").isNull()).isTrue();
        assertThat(DoctorOutput.statuses(report))
                .containsExactly("passed", "passed", "skipped", "skipped", "passed", "passed", "passed", "passed");
        assertThat(report.at("/headers/0/sent").asBoolean()).isTrue();
        assertThat(report.at("/headers/0/seen").asBoolean()).isTrue();
        assertThat(report.at("/headers/2/seen").asBoolean()).isFalse();
        assertThat(service.received()).containsExactly("GET /v1/models", "POST /v1/chat/completions");
    }

    @Test
    void withoutLive_noModelIsAsked() throws Exception {
        JsonNode report = doctor.json(0, args(url(), "--model", "other"));

        assertThat(report.at("/stages/5/status").asText()).isEqualTo("warning");
        assertThat(report.at("/stages/6/status").asText()).isEqualTo("skipped");
        assertThat(service.received()).containsExactly("GET /v1/models");
    }

    @Test
    void refusedDestination_getsNoHeader() throws Exception {
        JsonNode report = doctor.json(0, args(url(), "--destinations", "gw.example.com"));

        report.path("headers").forEach(header -> {
            assertThat(header.path("sent").asBoolean()).isFalse();
            assertThat(header.path("seen").asBoolean()).isFalse();
        });
        assertThat(report.at("/headers/0/reason").asText()).contains("no pattern of hosts(gw.example.com) matches it");
    }

    @Test
    void unknownHost_failsAtDns() throws Exception {
        doctor.assertFails(11, "dns", "dns", args("http://nobody.invalid/v1"));
    }

    @Test
    void closedPort_failsAtTcp() throws Exception {
        doctor.assertFails(12, "connect", "connect", args("http://localhost:" + RealServer.freePort() + "/v1"));
    }

    @Test
    void unknownIssuer_failsAtTlsAndIsNamed() throws Exception {
        try (ScriptedService tls = ScriptedService.https(ScriptedService.Shape.OPENAI, CERTIFICATES)) {
            JsonNode report = doctor.assertFails(14, "tls", "tls", args("https://localhost:" + tls.port() + "/v1"));

            assertThat(report.at("/stages/3/detail").asText()).contains("company CA");
            assertThat(report.at("/stages/3/remedy").asText()).contains("--ca FILE");
        }
    }

    @Test
    void portThatSaysNothing_failsAtTls() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            String url = "https://localhost:" + silent.getLocalPort() + "/v1";

            doctor.assertFails(14, "tls", "timeout", args(url, "--timeout", "1"));
        }
    }

    @Test
    void serviceThatSaysNothing_failsAtAuthentication() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            String url = "http://localhost:" + silent.getLocalPort() + "/v1";

            doctor.assertFails(15, "authentication", "timeout", args(url, "--timeout", "1"));
        }
    }

    @Test
    void wrongKey_failsAtAuthentication() throws Exception {
        service.modelsStatus = 401;
        doctor.assertFails(15, "authentication", "unauthorized", args(url()));
        service.modelsStatus = 403;
        doctor.assertFails(15, "authentication", "forbidden", args(url()));
    }

    @Test
    void keyThatOnlyTheCallRefuses_failsAtAuthentication() throws Exception {
        service.callStatus = 401;

        doctor.assertFails(15, "authentication", "unauthorized", args(url(), "--model", "m", "--live"));
    }

    @Test
    void refusedModel_failsAtTheModel() throws Exception {
        service.callStatus = 404;
        doctor.assertFails(16, "model", "not_found", args(url(), "--model", "m", "--live"));
        service.callStatus = 429;
        doctor.assertFails(16, "model", "throttled", args(url(), "--model", "m", "--live"));
        service.callStatus = 503;
        doctor.assertFails(16, "model", "service_error", args(url(), "--model", "m", "--live"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--no-stream"})
    void limitThatTheServiceRefuses_isNamedAsTheServiceWantsIt(String stream) throws Exception {
        service.refusedParameter = "max_tokens";
        service.whole = ANSWER;

        JsonNode report = doctor.json(
                0,
                Stream.concat(
                                args(url(), "--model", "m", "--live").stream(),
                                Stream.of(stream).filter(s -> !s.isEmpty()))
                        .toList());

        assertThat(report.at("/stages/5/detail").asText())
                .isEqualTo("m answers; it refuses max_tokens and takes max_completion_tokens");
        assertThat(service.received())
                .containsExactly("GET /v1/models", "POST /v1/chat/completions", "POST /v1/chat/completions");
    }

    @Test
    void serviceThatIsBusyForAMoment_passesAsTheSdkRetries() throws Exception {
        service.busy.set(2);

        doctor.json(0, args(url(), "--model", "m", "--live"));

        assertThat(service.received()).hasSize(4);
    }

    /** HTTP/1.0, and the connection is closed after each answer, as the JDK's server does not do it. */
    @Test
    void serviceOfHttp10_passes() throws Exception {
        try (Http10Service old = new Http10Service()) {
            JsonNode report = doctor.json(0, args("http://localhost:" + old.port() + "/v1", "--model", "m", "--live"));

            assertThat(DoctorOutput.statuses(report)).endsWith("passed", "passed", "passed", "passed");
        }
    }

    @Test
    void silentStream_failsAtTheFirstByte() throws Exception {
        service.chunks = 0;
        service.complete = false;
        service.stalls = true;

        doctor.assertFails(17, "first_byte", "timeout", args(url(), "--model", "m", "--live", "--timeout", "3"));
    }

    @Test
    void brokenStream_failsAtItsEnd() throws Exception {
        service.complete = false;
        service.cut = true;

        doctor.assertFails(18, "end_of_stream", "stream_cut", args(url(), "--model", "m", "--live"));
    }

    @Test
    void streamWithoutTheLastWord_failsAtItsEnd() throws Exception {
        service.complete = false;

        doctor.assertFails(18, "end_of_stream", "stream_cut", args(url(), "--model", "m", "--live"));
    }

    @Test
    void streamThatEndsWithinAChunk_failsAtItsEnd() throws Exception {
        service.complete = false;
        service.rest = "data: {\"candidates\":[{\"con";

        doctor.assertFails(18, "end_of_stream", "stream_cut", args(url(), "--model", "m", "--live"));
    }

    @Test
    void streamOfSomethingElse_failsWhereItDoes() throws Exception {
        service.chunks = 0;
        service.complete = false;
        service.rest = "data: <html>\n\n";

        doctor.assertFails(17, "first_byte", "protocol", args(url(), "--model", "m", "--live"));
    }

    @Test
    void stalledStream_failsAtItsEnd() throws Exception {
        service.complete = false;
        service.stalls = true;

        doctor.assertFails(18, "end_of_stream", "timeout", args(url(), "--model", "m", "--live", "--timeout", "3"));
    }

    @Test
    void text_hasWhatNeedsActionOnTop() {
        service.modelsStatus = 401;

        assertThat(doctor.check(args(url(), "--no-color").toArray(String[]::new)))
                .isEqualTo(15);

        assertThat(doctor.printed().lines().toList().get(2)).startsWith("✗ authentication: status 401");
        assertThat(doctor.printed()).contains("(present)").contains("✗ failed: authentication (exit code 15)");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--proxy http://u:MARKER@localhost:1",
                "--base-url http://u:MARKER@localhost:1",
                "--base-url http://localhost:1/v1?key=MARKER",
                "--base-url http://localhost:1/v1#MARKER",
                "--base-url MARKER",
                "--key MARKER",
                "--api-key MARKER",
                "--proxy-password MARKER",
                "--key-env sk-MARKER",
                "--key-file sk-MARKER",
                "--proxy-password-file MARKER --proxy-user u --proxy http://localhost:1",
                "--client-key key.pem",
                "--project p",
                "--proxy-user u --proxy none",
                "--live",
                "--timeout 0",
                "--provider nobody",
                "--ca none.pem",
            })
    void wrongUsage_isSaidWithoutTheSecret(String line) {
        assertThat(doctor.check(line.split(" "))).isEqualTo(2);

        assertThat(doctor.printed()).startsWith("--").contains("--help").hasLineCount(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "MARKER one\n", "MARKER\nMARKER", "MARKER-\u00e9", "MARKER-\u0007"})
    void keyThatNoHeaderCarries_isWrongUsage(String key) throws Exception {
        Files.writeString(Path.of(keyFile), key);

        assertThat(doctor.check(args(url()).toArray(String[]::new))).isEqualTo(2);

        assertThat(doctor.printed()).startsWith("--key-file: ");
        assertThat(service.received()).isEmpty();
    }

    private String url() {
        return "http://localhost:" + service.port() + "/v1";
    }

    private List<String> args(String url, String... more) {
        return Stream.concat(Stream.of("--base-url", url, "--key-file", keyFile), Stream.of(more))
                .toList();
    }
}
