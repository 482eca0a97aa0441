package dev.llmpropagation.scenarios.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.LocalServer;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.OutputStream;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A model service that answers with one body, and the span that the library exports of the call. */
final class CorpusWire implements BeforeAllCallback, AfterAllCallback {

    private static final int PIECE = 701;

    private final RecordedTelemetry telemetry = RecordedTelemetry.create();
    private final OpenTelemetrySdk openTelemetry = telemetry.openTelemetry();
    final LlmPropagation propagation =
            LlmPropagation.builder(openTelemetry).sessionId(() -> "s-1").build();
    private LocalServer server;
    private volatile Body body;
    private volatile String label = "";

    @Override
    public void beforeAll(ExtensionContext context) {
        server = LocalServer.start(exchange -> {
            exchange.getRequestBody().readAllBytes();
            byte[] bytes = body.bytes();
            if (!label.isEmpty()) {
                exchange.getResponseHeaders().set("Content-Type", label);
            }
            exchange.sendResponseHeaders(body.status(), body.isStream() ? 0 : bytes.length);
            try (OutputStream out = exchange.getResponseBody()) {
                for (int i = 0; i < bytes.length; i += PIECE) {
                    out.write(bytes, i, Math.min(PIECE, bytes.length - i));
                    out.flush();
                }
            }
        });
    }

    @Override
    public void afterAll(ExtensionContext context) {
        server.close();
        openTelemetry.close();
    }

    String url() {
        return server.url();
    }

    void serve(Body next) {
        serve(next, next.isStream() ? "text/event-stream" : "application/json; charset=utf-8");
    }

    /** @param contentType empty for none */
    void serve(Body next, String contentType) {
        telemetry.reset();
        label = contentType;
        body = next;
    }

    /** What the one span of the call tells. */
    Told told() {
        await().untilAsserted(() -> assertThat(calls()).hasSize(1));
        return Told.of(calls().get(0));
    }

    private List<SpanData> calls() {
        return telemetry.spans("qwen-code.llm_request");
    }
}
