package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.scenarios.matrix.Mode;
import dev.llmpropagation.scenarios.matrix.Sdk;
import dev.llmpropagation.scenarios.matrix.Traffic;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import okhttp3.OkHttpClient;

/** A program that calls a model, under a span and a session of its own, with one client of the library. */
final class Program implements AutoCloseable {

    static final String SESSION = "session-1";

    private static final Duration PATIENCE = Duration.ofSeconds(40);

    private final RecordedTelemetry telemetry = RecordedTelemetry.create();
    private final OpenTelemetrySdk openTelemetry = telemetry.openTelemetry();
    private final LlmPropagation propagation =
            LlmPropagation.builder(openTelemetry).build();
    private final Traffic traffic = new Traffic();
    private final Network network;
    private final Calls calls;
    private final OkHttpClient base;

    Program(Sdk sdk, Network network, String origin) {
        this.network = network;
        base = new OkHttpClient.Builder().eventListenerFactory(traffic).build();
        calls = sdk == Sdk.OPENAI
                ? new Calls.OpenAi(
                        network.on(OpenAiClientFactory.builder(propagation).httpClient(base))
                                .build(),
                        origin)
                : new Calls.Gemini(
                        network.on(GeminiClientFactory.builder(propagation).httpClient(base))
                                .build(),
                        origin);
    }

    String call(Mode mode) throws Exception {
        return call(mode, chunk -> {});
    }

    String call(Mode mode, Consumer<String> onChunk) throws Exception {
        Span span = openTelemetry.getTracer("program").spanBuilder("program").startSpan();
        try (Scope ignored =
                LlmSession.of(SESSION).storeInContext(Context.root().with(span)).makeCurrent()) {
            return calls.call(mode, onChunk);
        } finally {
            span.end();
        }
    }

    /** The one attempt that was made; all spans have ended, and no call holds a connection. */
    SpanData attempt() {
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(telemetry.openSpans()).as("spans open").isEmpty();
            assertThat(traffic.held()).as("connections held").isZero();
        });
        List<SpanData> attempts = telemetry.spans().stream()
                .filter(span -> span.getInstrumentationScopeInfo().getName().equals("dev.llmpropagation"))
                .toList();
        assertThat(attempts).hasSize(1);
        return attempts.get(0);
    }

    List<SpanData> spans() {
        return telemetry.spans();
    }

    /** As the parts say it of which it is made. */
    @Override
    public String toString() {
        return network + " " + propagation + " " + calls;
    }

    @Override
    public void close() {
        calls.close();
        base.connectionPool().evictAll(); // the pool of a base is the program's
        propagation.close();
        openTelemetry.close();
    }
}
