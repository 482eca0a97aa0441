package dev.llmpropagation.gemini;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.Attempts;
import dev.llmpropagation.fixtures.LocalServer;
import dev.llmpropagation.fixtures.ServiceWire;
import dev.llmpropagation.testkit.LlmServer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/** A server in Gemini's place that records what it got, and an SDK that records what was exported. */
final class GeminiWire extends ServiceWire {

    static final String MODEL = "gemini-2.5-flash";
    static final String KEY = "key-of-the-test";

    static final String CHUNK =
            "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"hello\"}]}}]}";

    final LlmPropagation propagation =
            LlmPropagation.builder(openTelemetry).sessionId(() -> "s-1").build();

    private final List<Client> clients = new ArrayList<>();

    GeminiWire() {
        super(LlmServer.gemini());
    }

    @Override
    protected void release() {
        clients.forEach(Client::close);
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
        return HttpOptions.builder().baseUrl(url(""));
    }

    /** Options under which nobody waits between attempts. */
    static HttpRetryOptions.Builder atOnce(int attempts) {
        return HttpRetryOptions.builder().attempts(attempts).initialDelay(0.0);
    }

    static String refusingUrl() {
        return "http://127.0.0.1:" + LocalServer.closedPort();
    }

    static ResponseDefinitionBuilder answer() {
        return WireMock.okJson(CHUNK);
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

    List<SpanData> attempts() {
        return Attempts.of(telemetry);
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
