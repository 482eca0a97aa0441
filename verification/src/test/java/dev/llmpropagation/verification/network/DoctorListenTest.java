package dev.llmpropagation.verification.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.verification.doctor.Doctor;
import dev.llmpropagation.verification.trace.TraceFile;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code doctor listen}, as a program of its own, called by programs that are not in Java. */
class DoctorListenTest {

    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String SPAN = "b7ad6b7169203331";
    private static final String TRACEPARENT = "00-" + TRACE + '-' + SPAN + "-01";
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    Path folder;

    private final int port = RealServer.freePort();
    private Path report;
    private Path spans;
    private Process doctor;

    @BeforeEach
    void start() throws IOException {
        report = folder.resolve("report");
        spans = folder.resolve("spans.jsonl");
        doctor = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Doctor.class.getName(),
                        "listen",
                        "--port",
                        Integer.toString(port),
                        "--save",
                        spans.toString())
                .redirectErrorStream(true)
                .redirectOutput(report.toFile())
                .start();
        awaitReport("Ctrl-C ends it");
    }

    @AfterEach
    void stop() {
        doctor.destroyForcibly();
    }

    @Test
    void curl_showsWhatArrivesAndWhatIsMissing() throws Exception {
        String answer = run(
                "curl",
                "-sS",
                url("/v1/chat/completions"),
                "-H",
                "Authorization: Bearer MARKER-key",
                "-H",
                "traceparent: " + TRACEPARENT,
                "-H",
                "baggage: user=MARKER-baggage",
                "-d",
                "{\"model\":\"m\",\"stream\":true,\"messages\":[]}");

        assertThat(answer).contains("data: [DONE]");
        awaitReport("not here yet");
        assertThat(report())
                .contains("POST /v1/chat/completions  (OpenAI chat, stream)")
                .contains(TRACEPARENT)
                .contains("user=***")
                .contains("⚠ no X-Qwen-Code-Session-Id");
        assertEnds("⚠ parent span not exported to here: #1");
    }

    @Test
    void node_showsTheParentSpanOnceItArrives() throws Exception {
        String program = """
                const base = 'http://127.0.0.1:%d';
                const json = {'content-type': 'application/json'};
                (async () => {
                  const answer = await fetch(base + '/v1beta/models/m:generateContent', {method: 'POST', body: '{}',
                    headers: {...json, traceparent: '%s', 'X-Qwen-Code-Session-Id': 's-1', 'x-goog-api-key': 'MARKER'}});
                  console.log((await answer.json()).candidates[0].content.parts[0].text);
                  const span = {traceId: '%s', spanId: '%s', name: 'POST', kind: 3,
                    startTimeUnixNano: '1000000', endTimeUnixNano: '3000000'};
                  const export_ = await fetch(base + '/v1/traces', {method: 'POST', headers: json,
                    body: JSON.stringify({resourceSpans: [{scopeSpans: [{spans: [span]}]}]})});
                  console.log(export_.status);
                })();
                """.formatted(port, TRACEPARENT, TRACE, SPAN);

        assertThat(run("node", "-e", program)).contains("Hello there").contains("200");

        awaitReport("its parent span has arrived");
        assertThat(report()).contains("POST (CLIENT, " + SPAN + "), 2 ms");
        try (InputStream saved = Files.newInputStream(spans)) {
            assertThat(TraceFile.read("spans", saved).spans())
                    .singleElement()
                    .satisfies(span -> assertThat(span.spanId()).isEqualTo(SPAN));
        }
        assertEnds("✓ every request carried both headers, and its parent span arrived");
    }

    /** By the signal of Ctrl-C. */
    private void assertEnds(String lastLine) throws Exception {
        run("kill", "-INT", Long.toString(doctor.pid()));
        assertThat(doctor.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(doctor.exitValue()).isZero();
        assertThat(report()).contains(lastLine).doesNotContain("MARKER");
    }

    private String url(String path) {
        return "http://127.0.0.1:" + port + path;
    }

    private void awaitReport(String text) {
        await().atMost(PATIENCE).until(() -> report().contains(text));
    }

    private String report() throws IOException {
        return Files.readString(report);
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
