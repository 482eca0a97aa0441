package dev.llmpropagation.gemini;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.client.ScenarioMappingBuilder;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.stubbing.Scenario;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.Attempts;
import dev.llmpropagation.testkit.LlmServer;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A server in Gemini's place that records what it got, and an SDK that records what was exported. */
final class GeminiWire implements BeforeEachCallback, AfterEachCallback {

    static final String MODEL = "gemini-2.5-flash";
    static final String KEY = "key-of-the-test";
    static final String SESSION = "X-Qwen-Code-Session-Id";
    static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("llm_propagation.outcome");
    static final AttributeKey<Long> RESEND_COUNT = AttributeKey.longKey("http.request.resend_count");
    static final AttributeKey<Long> STATUS = AttributeKey.longKey("http.response.status_code");
    static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

    static final String CHUNK =
            "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"hello\"}]}}]}";

    final LlmServer service = LlmServer.gemini();
    final WireMockServer server = service.wireMock();
    final RecordedTelemetry telemetry = RecordedTelemetry.create();
    final OpenTelemetrySdk openTelemetry = telemetry.openTelemetry();
    final LlmPropagation propagation =
            LlmPropagation.builder(openTelemetry).sessionId(() -> "s-1").build();

    private final List<Client> clients = new ArrayList<>();

    @Override
    public void beforeEach(ExtensionContext context) {
        service.beforeEach(context);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        clients.forEach(Client::close);
        service.afterEach(context);
        openTelemetry.close();
    }

    /** A client of this server, closed after the test. */
    Client client(GeminiClientFactory factory, Consumer<Client.Builder> more) {
        return closeLater(factory.client(sdk -> {
            sdk.apiKey(KEY).httpOptions(options().build());
            more.accept(sdk);
        }));
    }

    Client client(Consumer<Client.Builder> more) {
        return client(GeminiClientFactory.create(propagation), more);
    }

    Client client() {
        return client(sdk -> {});
    }

    Client closeLater(Client client) {
        clients.add(client);
        return client;
    }

    HttpOptions.Builder options() {
        return HttpOptions.builder().baseUrl(url());
    }

    /** Options under which nobody waits between attempts. */
    static HttpRetryOptions.Builder atOnce(int attempts) {
        return HttpRetryOptions.builder().attempts(attempts).initialDelay(0.0);
    }

    String url() {
        return "http://localhost:" + server.port();
    }

    /** The same server as another origin. */
    String otherOrigin() {
        return "http://127.0.0.1:" + server.port();
    }

    static String refusingUrl() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return "http://127.0.0.1:" + free.getLocalPort();
        }
    }

    static ResponseDefinitionBuilder answer() {
        return WireMock.okJson(CHUNK);
    }

    void answers(ResponseDefinitionBuilder response) {
        server.stubFor(WireMock.any(WireMock.anyUrl()).willReturn(response));
    }

    /** Answers one request after the other, and the last answer for ever. */
    void answersInTurn(ResponseDefinitionBuilder... responses) {
        for (int i = 0; i < responses.length; i++) {
            ScenarioMappingBuilder stub = WireMock.any(WireMock.anyUrl())
                    .inScenario("turns")
                    .whenScenarioStateIs(i == 0 ? Scenario.STARTED : "turn " + i)
                    .willReturn(responses[i]);
            server.stubFor(i + 1 < responses.length ? stub.willSetStateTo("turn " + (i + 1)) : stub);
        }
    }

    static String ask(Client client) {
        return String.valueOf(client.models.generateContent(MODEL, "hi", null).text());
    }

    /** Runs with a span of the program's current, and returns its id. */
    String inSpan(Callable<?> body) throws Exception {
        Span span = openTelemetry.getTracer("program").spanBuilder("program").startSpan();
        try (Scope ignored = span.makeCurrent()) {
            body.call();
        } finally {
            span.end();
        }
        return span.getSpanContext().getSpanId();
    }

    /** Attempts in the order they started, when this many have ended. */
    List<SpanData> attempts(int count) {
        return Attempts.of(telemetry, count);
    }

    List<SpanData> spans() {
        return telemetry.spans();
    }

    List<SpanData> attempts() {
        return Attempts.of(telemetry);
    }

    /** The span around the attempt; around its model call, if it is one of that. */
    String callerOf(SpanData attempt) {
        return Attempts.callerOf(telemetry, attempt);
    }

    /** Requests in the order they came. */
    List<LoggedRequest> requests() {
        return service.requests();
    }

    static String traceparent(SpanData span) {
        return "00-" + span.getTraceId() + "-" + span.getSpanId() + "-"
                + span.getSpanContext().getTraceFlags().asHex();
    }

    /** Each request carries the headers of its own attempt. */
    void assertCarried(List<SpanData> attempts) {
        assertThat(requests())
                .extracting(request -> request.getHeader("traceparent"))
                .containsExactlyElementsOf(
                        attempts.stream().map(GeminiWire::traceparent).toList());
        assertThat(requests()).extracting(request -> request.getHeader(SESSION)).containsOnly("s-1");
    }
}
