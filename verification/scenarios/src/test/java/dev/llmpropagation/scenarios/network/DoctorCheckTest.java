package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code doctor check} of a service that speaks OpenAI's API. */
class DoctorCheckTest extends DoctorCheckSetUp {

    private static final String ANSWER = """
            {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",\
            "logprobs":null,"message":{"role":"assistant","content":"a","refusal":null}}]}""";

    @BeforeEach
    void start() {
        start(CheckedApi.OPENAI);
    }

    @Test
    void goodEndpoint_passesAllStages() throws Exception {
        JsonNode report = doctor.json(0, live());

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
        JsonNode report = doctor.json(0, args("--model", "other"));

        assertThat(report.at("/stages/5/status").asText()).isEqualTo("warning");
        assertThat(report.at("/stages/6/status").asText()).isEqualTo("skipped");
        assertThat(service.received()).containsExactly("GET /v1/models");
    }

    @Test
    void refusedDestination_getsNoHeader() throws Exception {
        JsonNode report = doctor.json(0, args("--destinations", "gw.example.com"));

        report.path("headers").forEach(header -> {
            assertThat(header.path("sent").asBoolean()).isFalse();
            assertThat(header.path("seen").asBoolean()).isFalse();
        });
        assertThat(report.at("/headers/0/reason").asText()).contains("no pattern of hosts(gw.example.com) matches it");
    }

    @Test
    void portThatSaysNothing_failsAtTls() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            String url = "https://localhost:" + silent.getLocalPort();

            doctor.assertFails(14, "tls", "timeout", to(url, "--timeout", "1"));
        }
    }

    @Test
    void serviceThatSaysNothing_failsAtAuthentication() throws Exception {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            String url = "http://localhost:" + silent.getLocalPort();

            doctor.assertFails(15, "authentication", "timeout", to(url, "--timeout", "1"));
        }
    }

    @Test
    void keyThatOnlyTheCallRefuses_failsAtAuthentication() throws Exception {
        service.callStatus = 401;

        doctor.assertFailsInBothForms(15, "authentication", "unauthorized", live());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--no-stream"})
    void limitThatTheServiceRefuses_isNamedAsTheServiceWantsIt(String stream) throws Exception {
        service.refusedParameter = "max_tokens";
        service.whole = ANSWER;

        JsonNode report = doctor.json(0, stream.isEmpty() ? live() : live(stream));

        assertThat(report.at("/stages/5/detail").asText())
                .isEqualTo("m answers; it refuses max_tokens and takes max_completion_tokens");
        assertThat(service.received())
                .containsExactly("GET /v1/models", "POST /v1/chat/completions", "POST /v1/chat/completions");
    }

    @Test
    void answerInOnePiece_withoutAWordOfTheModel_failsAtTheModel() throws Exception {
        service.whole = """
                {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[]}""";

        doctor.assertFails(16, "model", "protocol", live("--no-stream"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--provider",
                "--model",
                "--project",
                "--location",
                "--proxy",
                "--no-proxy",
                "--proxy-user",
                "--proxy-password-file",
                "--ca",
                "--client-cert",
                "--client-key",
                "--destinations",
                "--session-destinations",
                "--baggage-destinations"
            })
    void keyInThePlaceOfSomethingElse_isRefusedWithoutBeingRepeated(String option) {
        assertThat(doctor.check(args(option, "sk-MARKER-0123456789").toArray(String[]::new)))
                .isEqualTo(2);

        assertThat(doctor.printed()).startsWith(option + ": ").contains("looks like a key");
    }

    @Test
    void serviceThatIsBusyForAMoment_passesAsTheSdkRetries() throws Exception {
        service.busy.set(2);

        doctor.json(0, live());

        assertThat(service.received()).hasSize(4);
    }

    /** HTTP/1.0, and the connection is closed after each answer, as the JDK's server does not do it. */
    @Test
    void serviceOfHttp10_passes() throws Exception {
        try (Http10Service old = new Http10Service()) {
            JsonNode report = doctor.json(0, to("http://localhost:" + old.port(), "--model", "m", "--live"));

            assertThat(DoctorOutput.statuses(report)).endsWith("passed", "passed", "passed", "passed");
        }
    }

    @Test
    void text_hasWhatNeedsActionOnTop() {
        service.modelsStatus = 401;

        assertThat(doctor.check(args("--no-color").toArray(String[]::new))).isEqualTo(15);

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
                "--location europe-west4",
                "--location global",
                "--no-stream",
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

        assertThat(doctor.check(args().toArray(String[]::new))).isEqualTo(2);

        assertThat(doctor.printed()).startsWith("--key-file: ");
        assertThat(service.received()).isEmpty();
    }
}
