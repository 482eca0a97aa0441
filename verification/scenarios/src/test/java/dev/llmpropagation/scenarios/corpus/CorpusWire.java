package dev.llmpropagation.scenarios.corpus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
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
    private HttpServer server;
    private volatile Body body;
    private volatile String label = "";

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
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
        server.start();
    }

    @Override
    public void afterAll(ExtensionContext context) {
        server.stop(0);
        openTelemetry.close();
    }

    String url() {
        return "http://localhost:" + server.getAddress().getPort();
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
        return telemetry.spans().stream()
                .filter(span -> span.getName().equals("qwen-code.llm_request"))
                .toList();
    }
}
