package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
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
import org.junit.jupiter.params.provider.EnumSource;

/** {@code doctor check} of the Gemini API and of Vertex AI: each stage fails in turn. */
class DoctorCheckGeminiTest {

    private static final String KEY = "MARKER-google-key-0123456789";
    private static final String MODEL = "gemini-2.5-flash";
    private static final Certificates CERTIFICATES = new Certificates();

    /** How the key reaches the service. */
    enum Access {
        GEMINI("/v1/models/", "--provider", "gemini"),
        VERTEX_KEY("/v1beta1/publishers/google/models/", "--provider", "vertex"),
        VERTEX_TOKEN(
                "/v1beta1/projects/p/locations/europe-west4/publishers/google/models/",
                "--provider",
                "vertex",
                "--project",
                "p",
                "--location",
                "europe-west4");

        private final String path;
        private final List<String> args;

        Access(String path, String... args) {
            this.path = path;
            this.args = List.of(args);
        }
    }

    @RegisterExtension
    final DoctorOutput doctor = new DoctorOutput();

    @TempDir
    Path folder;

    private final ScriptedService service = ScriptedService.http(ScriptedService.Shape.GEMINI);
    private String keyFile;

    @BeforeEach
    void writeKey() throws IOException {
        keyFile = Files.writeString(folder.resolve("key"), KEY + "\n").toString();
        service.errorMessage = "wrong: " + KEY;
    }

    @AfterEach
    void close() {
        service.close();
    }

    @ParameterizedTest
    @EnumSource
    void goodService_passesAllStages(Access access) throws Exception {
        JsonNode report = doctor.json(0, args(access, "--model", MODEL, "--live"));

        assertThat(DoctorOutput.statuses(report))
                .containsExactly("passed", "passed", "skipped", "skipped", "passed", "passed", "passed", "passed");
        assertThat(report.at("/target/provider").asText()).isEqualTo(access == Access.GEMINI ? "gemini" : "vertex");
        report.path("headers")
                .forEach(header ->
                        assertThat(header.path("seen")).as(header.toString()).isEqualTo(header.path("sent")));
        assertThat(service.received()).hasSize(2);
        assertThat(service.received().get(0)).startsWith("GET ").endsWith("/models/" + MODEL);
        assertThat(service.received().get(1))
                .isEqualTo("POST " + access.path + MODEL + ":streamGenerateContent?alt=sse");
    }

    @ParameterizedTest
    @EnumSource
    void withoutAModel_theListIsAskedFor(Access access) throws Exception {
        JsonNode report = doctor.json(0, args(access));

        assertThat(report.at("/stages/4/status").asText()).isEqualTo("passed");
        assertThat(report.at("/stages/5/status").asText()).isEqualTo("skipped");
        assertThat(service.received())
                .singleElement()
                .asString()
                .startsWith("GET ")
                .contains("models");
    }

    @Test
    void answerInOnePiece_passes() throws Exception {
        JsonNode report = doctor.json(0, args(Access.GEMINI, "--model", MODEL, "--live", "--no-stream"));

        assertThat(DoctorOutput.statuses(report)).endsWith("passed", "skipped", "skipped");
        assertThat(service.received().get(1)).endsWith(":generateContent");
    }

    @Test
    void unknownHost_failsAtDns() throws Exception {
        doctor.assertFails(11, "dns", "dns", to("http://nobody.invalid", Access.VERTEX_TOKEN));
    }

    @Test
    void closedPort_failsAtTcp() throws Exception {
        doctor.assertFails(
                12, "connect", "connect", to("http://localhost:" + RealServer.freePort(), Access.VERTEX_KEY));
    }

    @Test
    void unknownIssuer_failsAtTls() throws Exception {
        try (ScriptedService tls = ScriptedService.https(ScriptedService.Shape.GEMINI, CERTIFICATES)) {
            doctor.assertFails(14, "tls", "tls", to("https://localhost:" + tls.port(), Access.GEMINI));
        }
    }

    @ParameterizedTest
    @EnumSource
    void wrongKey_failsAtAuthentication(Access access) throws Exception {
        service.modelsStatus = 401;
        doctor.assertFails(15, "authentication", "unauthorized", args(access, "--model", MODEL));
        service.modelsStatus = 403;
        doctor.assertFails(15, "authentication", "forbidden", args(access, "--model", MODEL));
    }

    @Test
    void wrongKeyInGeminisOwnWords_failsAtAuthentication() throws Exception {
        service.modelsStatus = 400;
        service.errorMessage = "API key not valid. Please pass a valid API key. " + KEY;

        JsonNode report = doctor.assertFails(15, "authentication", "unauthorized", args(Access.GEMINI));

        assertThat(report.at("/stages/4/detail").asText()).contains("status 400");
    }

    @ParameterizedTest
    @EnumSource
    void unknownModel_failsAtTheModel(Access access) throws Exception {
        service.modelsStatus = 404;

        JsonNode report = doctor.assertFails(16, "model", "not_found", args(access, "--model", MODEL));

        assertThat(report.at("/stages/4/status").asText()).isEqualTo("passed");
        assertThat(report.at("/stages/5/detail").asText()).contains(MODEL);
    }

    @Test
    void refusedCall_failsAtTheModel() throws Exception {
        service.callStatus = 429;
        doctor.assertFails(16, "model", "throttled", args(Access.GEMINI, "--model", MODEL, "--live"));
        service.callStatus = 503;
        doctor.assertFails(16, "model", "service_error", args(Access.VERTEX_TOKEN, "--model", MODEL, "--live"));
    }

    @ParameterizedTest
    @EnumSource(names = {"GEMINI", "VERTEX_TOKEN"})
    void silentStream_failsAtTheFirstByte(Access access) throws Exception {
        service.chunks = 0;
        service.complete = false;
        service.stalls = true;

        doctor.assertFails(17, "first_byte", "timeout", args(access, "--model", MODEL, "--live", "--timeout", "3"));
    }

    @ParameterizedTest
    @EnumSource(names = {"GEMINI", "VERTEX_TOKEN"})
    void brokenStream_failsAtItsEnd(Access access) throws Exception {
        service.complete = false;
        service.cut = true;

        doctor.assertFails(18, "end_of_stream", "stream_cut", args(access, "--model", MODEL, "--live"));
    }

    @Test
    void streamWithoutTheLastWord_failsAtItsEnd() throws Exception {
        service.complete = false;

        doctor.assertFails(18, "end_of_stream", "stream_cut", args(Access.GEMINI, "--model", MODEL, "--live"));
    }

    @Test
    void streamThatEndsWithinAChunk_failsAtItsEnd() throws Exception {
        service.complete = false;
        service.rest = "data: {\"candidates\":[{\"con";

        doctor.assertFails(18, "end_of_stream", "stream_cut", args(Access.GEMINI, "--model", MODEL, "--live"));
    }

    @Test
    void streamOfSomethingElse_failsWhereItDoes() throws Exception {
        service.chunks = 0;
        service.complete = false;
        service.rest = "data: <html>\n\n";

        doctor.assertFails(17, "first_byte", "protocol", args(Access.GEMINI, "--model", MODEL, "--live"));
    }

    @Test
    void stalledStream_failsAtItsEnd() throws Exception {
        service.complete = false;
        service.stalls = true;

        doctor.assertFails(
                18, "end_of_stream", "timeout", args(Access.GEMINI, "--model", MODEL, "--live", "--timeout", "3"));
    }

    private List<String> args(Access access, String... more) {
        return Stream.concat(to("http://localhost:" + service.port(), access).stream(), Stream.of(more))
                .toList();
    }

    private List<String> to(String url, Access access) {
        return Stream.concat(access.args.stream(), Stream.of("--base-url", url, "--key-file", keyFile))
                .toList();
    }
}
