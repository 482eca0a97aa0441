package dev.llmpropagation.doctor.listen;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import com.google.protobuf.ByteString;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.models.Model;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.ResponseTextDeltaEvent;
import dev.llmpropagation.doctor.trace.TraceFile;
import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code doctor listen}, as a program of its own, called by programs that are not in Java. */
class DoctorListenTest {

    private static final int SIGINT = 2;
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String SPAN = "b7ad6b7169203331";
    private static final String TRACEPARENT = "00-" + TRACE + '-' + SPAN + "-01";

    @TempDir
    Path folder;

    private ListenProcess doctor;

    @BeforeEach
    void start() throws IOException {
        doctor = new ListenProcess(folder);
    }

    @AfterEach
    void stop() {
        doctor.close();
    }

    @Test
    void curl_showsWhatArrivesAndWhatIsMissing() throws Exception {
        String answer = run(
                "curl",
                "-sS",
                doctor.url("/v1/chat/completions"),
                "-H",
                "Authorization: Bearer MARKER-key",
                "-H",
                "traceparent: " + TRACEPARENT,
                "-H",
                "baggage: user=MARKER-baggage",
                "-d",
                "{\"model\":\"m\",\"stream\":true,\"messages\":[]}");

        assertThat(answer).contains("data: [DONE]");
        doctor.awaitReport("not here yet");
        assertThat(doctor.report())
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
                """.formatted(doctor.port(), TRACEPARENT, TRACE, SPAN);

        assertThat(run("node", "-e", program)).contains("Hello there").contains("200");

        doctor.awaitReport("its parent span has arrived");
        assertThat(doctor.report()).contains("POST (CLIENT, " + SPAN + "), 2 ms");
        try (InputStream saved = Files.newInputStream(doctor.spans)) {
            assertThat(TraceFile.read("spans", saved).spans())
                    .singleElement()
                    .satisfies(span -> assertThat(span.spanId()).isEqualTo(SPAN));
        }
        assertEnds("✓ every request carried both headers, and its parent span arrived");
    }

    @Test
    void curl_sendsSpansAsProtobufWithGzip() throws Exception {
        Path plain = Files.write(folder.resolve("spans.pb"), spans(SPAN, "POST").toByteArray());
        Path zipped = folder.resolve("spans.pb.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(zipped))) {
            spans("00f067aa0ba902b7", "call").writeTo(out);
        }

        assertThat(otlp("/v1/traces", "application/x-protobuf", "identity", plain))
                .isEqualTo("200 application/x-protobuf");
        assertThat(otlp("/v1/traces", "application/x-protobuf", "gzip", zipped))
                .isEqualTo("200 application/x-protobuf");
        run("curl", "-sS", doctor.url("/v1/embeddings"), "-H", "traceparent: " + TRACEPARENT, "-d", "{}");

        doctor.awaitReport("no X-Qwen-Code-Session-Id");
        assertThat(doctor.report()).contains("parent span              POST (CLIENT, " + SPAN + "), 2 ms");
        try (InputStream saved = Files.newInputStream(doctor.spans)) {
            assertThat(TraceFile.read("spans", saved).spans())
                    .extracting(TraceSpan::name)
                    .containsExactly("POST", "call");
        }
        assertEnds("1 request with 0 sessions; 2 spans in 1 trace");
    }

    @Test
    void curl_sendsMetricsAndLogs_whichAreShownAndSaved() throws Exception {
        Path spansSent =
                Files.write(folder.resolve("spans.pb"), spans(SPAN, "POST").toByteArray());
        Path logs = Files.writeString(folder.resolve("logs"), """
                {"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"daemon"}}]},
                "scopeLogs":[{"logRecords":[{"timeUnixNano":"2000000","severityNumber":17,"eventName":"prompt.failed",
                "traceId":"%s","spanId":"%s","attributes":[{"key":"session.id","value":{"stringValue":"s-\\u001b[2J1"}}]},
                {"severityNumber":9,"body":{"stringValue":"alone"}}]}]}]}""".formatted(TRACE, SPAN));
        Path metrics = Files.writeString(folder.resolve("metrics"), metrics(3, 2, 30.5));

        assertThat(otlp("/v1/traces", "application/x-protobuf", "identity", spansSent))
                .startsWith("200 ");
        assertThat(otlp("/v1/logs", "application/json", "identity", logs)).isEqualTo("200 application/json");
        assertThat(otlp("/v1/metrics", "application/json", "identity", metrics)).isEqualTo("200 application/json");
        assertThat(otlp("/v1/metrics", "application/json", "identity", metrics)).isEqualTo("200 application/json");
        Files.writeString(metrics, metrics(4, 2, 30.5));
        assertThat(otlp("/v1/metrics", "application/json", "identity", metrics)).isEqualTo("200 application/json");

        doctor.awaitReport("metrics: 1 of 2 series changed");
        assertThat(doctor.report())
                .contains("log ERROR  prompt.failed  (daemon)")
                .contains("span                     POST (CLIENT, " + SPAN + "), of trace " + TRACE)
                .contains("session.id=s- [2J1")
                .contains("log INFO  alone", "none: it stands in no trace")
                .containsSubsequence(
                        "metrics: 2 of 2 series changed",
                        "daemon: requests{route=POST /session}  3",
                        "daemon: wait  2 times, 15.3 ms on average",
                        "metrics: 1 of 2 series changed",
                        "daemon: requests{route=POST /session}  4")
                .doesNotContain("\u001b");
        assertThat(Files.readString(doctor.spans).lines().map(line -> line.substring(0, 15)))
                .containsExactly(
                        "{\"resourceSpans",
                        "{\"resourceLogs\"",
                        "{\"resourceMetri",
                        "{\"resourceMetri",
                        "{\"resourceMetri");
        assertEnds("2 log records; 2 series of metrics, last with these values:");
    }

    private static String metrics(int requests, int count, double sum) {
        return """
                {"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"daemon"}}]},
                "scopeMetrics":[{"metrics":[{"name":"requests","unit":"{request}","sum":{"dataPoints":[{"asInt":"%d",
                "attributes":[{"key":"route","value":{"stringValue":"POST /session"}}]}]}},
                {"name":"wait","unit":"ms","histogram":{"dataPoints":[{"count":"%d","sum":%s}]}}]}]}]}""".formatted(requests, count, sum);
    }

    @Test
    void curl_isToldOfSignalsThatAreNone() throws Exception {
        Path any = Files.write(folder.resolve("any"), new byte[] {1, 2, 3});

        assertThat(otlp("/v1/metrics", "application/x-protobuf", "identity", any))
                .startsWith("400 ");
        assertThat(otlp("/v1/logs", "application/json", "identity", any)).startsWith("400 ");
        doctor.awaitReport("metrics arrived that are no OTLP");
        doctor.awaitReport("log records arrived that are no OTLP");
        assertEnds("0 requests with 0 sessions; 0 spans in 0 traces");
    }

    @Test
    void curl_isToldOfSpansThatAreNone() throws Exception {
        Path bad = Files.writeString(folder.resolve("bad"), "{\"resourceSpans\":7}");

        assertThat(otlp("/v1/traces", "application/json", "identity", bad)).isEqualTo("400 application/json");
        assertThat(otlp("/v1/traces", "application/x-protobuf", "gzip", bad)).isEqualTo("400 application/x-protobuf");

        doctor.awaitReport("⚠ spans arrived that are no OTLP: resourceSpans is no JSON array: 7");
        doctor.awaitReport("⚠ spans arrived that are no OTLP: Not in GZIP format");
        assertEnds("0 requests with 0 sessions");
    }

    @Test
    void curl_isToldWhatIsMissing() throws Exception {
        run("curl", "-sS", doctor.url("/v1/responses"), "-d", "{}");
        run(
                "curl",
                "-sS",
                doctor.url("/v1/models"),
                "-H",
                "traceparent: 00-0-0-01",
                "-H",
                "X-Qwen-Code-Session-Id: s-1");
        run("curl", "-sS", doctor.url("/v1/models"), "-H", "traceparent: " + TRACEPARENT.replace("-01", "-00"));
        run("curl", "-sS", "-I", doctor.url("/nowhere"), "-H", "Cookie: MARKER", "-H", "api-key: MARKER");

        doctor.awaitReport("#4  HEAD /nowhere  (no path of a model service)");
        assertThat(doctor.report())
                .containsSubsequence(
                        "#1  POST /v1/responses  (OpenAI Responses)",
                        "⚠ no traceparent",
                        "⚠ no X-Qwen-Code-Session-Id",
                        "#2  GET /v1/models",
                        "X-Qwen-Code-Session-Id   s-1",
                        "⚠ traceparent is malformed",
                        "#3  GET /v1/models",
                        "not here yet: it is not sampled, so it never will be",
                        "#4  HEAD /nowhere",
                        "⚠ no traceparent");
        assertEnds("⚠ no valid traceparent: #1, #2, #4");
        assertThat(doctor.report())
                .contains("⚠ no X-Qwen-Code-Session-Id: #1, #3, #4")
                .contains("⚠ parent span not exported to here: #3");
    }

    @Test
    void node_streamsGeminiAndResponses() throws Exception {
        String program = """
                const base = 'http://127.0.0.1:%d';
                const zlib = require('zlib');
                const headers = {'content-type': 'application/json', traceparent: '%s', 'X-Qwen-Code-Session-Id': 's-1'};
                const ask = async (path, body) => {
                  const answer = await fetch(base + path, {method: 'POST', headers, body: JSON.stringify(body)});
                  let text = '';
                  for await (const part of answer.body) text += Buffer.from(part).toString();
                  console.log(answer.status, answer.headers.get('content-type'), text.replace(/\\s+/g, ' '));
                };
                (async () => {
                  await ask('/v1beta/models/m:streamGenerateContent?alt=sse&key=MARKER', {});
                  await ask('/v1beta/models/m:streamGenerateContent', {});
                  await ask('/v1/responses', {stream: true});
                  await ask('/v1/embeddings', {input: 'a'});
                  const span = {traceId: '%s', spanId: '%s', name: 'POST', kind: 3,
                    startTimeUnixNano: '1000000', endTimeUnixNano: '3000000'};
                  await fetch(base + '/v1/traces', {method: 'POST',
                    headers: {'content-type': 'application/json', 'content-encoding': 'gzip'},
                    body: zlib.gzipSync(JSON.stringify({resourceSpans: [{scopeSpans: [{spans: [span]}]}]}))});
                })();
                """.formatted(doctor.port(), TRACEPARENT, TRACE, SPAN);

        List<String> answers = run("node", "-e", program).lines().toList();

        assertThat(answers).hasSize(4);
        assertThat(answers.get(0)).startsWith("200 text/event-stream data: {").contains("\"finishReason\":\"STOP\"");
        assertThat(answers.get(1)).startsWith("200 application/json [{").contains("\"finishReason\":\"STOP\"");
        assertThat(answers.get(2))
                .startsWith("200 text/event-stream event: response.created data: {")
                .contains("event: response.completed");
        assertThat(answers.get(3)).startsWith("200 application/json {").contains("\"embedding\":[0.1,0.2]");
        doctor.awaitReport("#4  its parent span has arrived");
        assertThat(doctor.report())
                .contains("#1  POST /v1beta/models/m:streamGenerateContent  (Gemini streamGenerateContent)")
                .contains("(OpenAI Responses, stream)")
                .contains("(OpenAI embeddings)");
        assertEnds("✓ every request carried both headers, and its parent span arrived");
    }

    @Test
    void sdks_understandAllAnswers() {
        OpenAIClient openAi = OpenAIOkHttpClient.builder()
                .apiKey("k")
                .baseUrl(doctor.url("/v1"))
                .build();
        ResponseCreateParams question =
                ResponseCreateParams.builder().model("m").input("hi").build();
        assertThat(openAi.responses()
                        .create(question)
                        .output()
                        .get(0)
                        .asMessage()
                        .content()
                        .get(0)
                        .asOutputText()
                        .text())
                .isEqualTo("Hello there");
        try (StreamResponse<ResponseStreamEvent> events = openAi.responses().createStreaming(question)) {
            assertThat(events.stream()
                            .flatMap(event -> event.outputTextDelta().stream())
                            .map(ResponseTextDeltaEvent::delta))
                    .containsExactly("Hello", " there");
        }
        assertThat(openAi.embeddings()
                        .create(EmbeddingCreateParams.builder()
                                .model("m")
                                .input("a")
                                .build())
                        .data()
                        .get(0)
                        .embedding())
                .containsExactly(0.1f, 0.2f);
        assertThat(openAi.models().list().data()).extracting(Model::id).containsExactly("listen");
        openAi.close();
        try (Client gemini = Client.builder()
                .apiKey("k")
                .httpOptions(HttpOptions.builder().baseUrl(doctor.url("")).build())
                .build()) {
            assertThat(gemini.models.generateContent("m", "hi", null).text()).isEqualTo("Hello there");
            StringBuilder text = new StringBuilder();
            try (ResponseStream<GenerateContentResponse> parts = gemini.models.generateContentStream("m", "hi", null)) {
                parts.forEach(part -> text.append(part.text()));
            }
            assertThat(text).hasToString("Hello there");
        }
        doctor.awaitReport("#6");
    }

    /** Status and content type of the answer. */
    private String otlp(String path, String type, String encoding, Path body) throws Exception {
        return run(
                "curl",
                "-sS",
                "-o",
                folder.resolve("answer").toString(),
                "-w",
                "%{http_code} %{content_type}",
                doctor.url(path),
                "-H",
                "Content-Type: " + type,
                "-H",
                "Content-Encoding: " + encoding,
                "--data-binary",
                "@" + body);
    }

    private static ExportTraceServiceRequest spans(String id, String name) {
        return ExportTraceServiceRequest.newBuilder()
                .addResourceSpans(ResourceSpans.newBuilder()
                        .addScopeSpans(ScopeSpans.newBuilder()
                                .addSpans(Span.newBuilder()
                                        .setTraceId(bytes(TRACE))
                                        .setSpanId(bytes(id))
                                        .setName(name)
                                        .setKind(Span.SpanKind.SPAN_KIND_CLIENT)
                                        .setStartTimeUnixNano(1_000_000)
                                        .setEndTimeUnixNano(3_000_000))))
                .build();
    }

    private static ByteString bytes(String hex) {
        return ByteString.copyFrom(HexFormat.of().parseHex(hex));
    }

    /** By the signal of Ctrl-C, which a build in the background ignores, and all that it starts; then as a container ends. */
    private void assertEnds(String lastLine) throws Exception {
        run("kill", isInterruptIgnored() ? "-TERM" : "-INT", Long.toString(doctor.pid()));
        assertThat(doctor.awaitExit()).isZero();
        assertThat(doctor.report()).contains(lastLine).doesNotContain("MARKER");
    }

    private static boolean isInterruptIgnored() throws IOException {
        Path status = Path.of("/proc/self/status");
        return Files.exists(status)
                && Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("SigIgn:"))
                        .anyMatch(line ->
                                (Long.parseUnsignedLong(line.substring(7).trim(), 16) & 1L << (SIGINT - 1)) != 0);
    }

    private static String run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }
}
