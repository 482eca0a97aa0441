package dev.llmpropagation.doctor;

import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.destination.OtlpEndpoints;
import dev.llmpropagation.doctor.trace.OtlpReceiver;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.network.ProxySettings;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/** All that the scenarios of the demo share: services, a collector, OpenTelemetry, and one client of each SDK. */
final class Stage implements AutoCloseable {

    /** Stands for a credential that no report and no other host may show. */
    static final String KEY = "demo-credential-0123456789";

    private static final int TIMEOUT_MILLIS = 20_000;

    private final List<WireRequest> journal = new CopyOnWriteArrayList<>();
    private final Map<String, Span> programs = new TreeMap<>();
    private final SpanEnds ends = new SpanEnds();

    final OtlpReceiver collector;
    final Service openAiService = Service.start(ServiceName.OPENAI, "localhost", journal::add);
    final Service geminiService = Service.start(ServiceName.GEMINI, "localhost", journal::add);
    final Service otherService = Service.start(ServiceName.OTHER, "127.0.0.1", journal::add);
    final LlmPropagation propagation;
    final OpenAIClient openAi;
    final OpenAIClientAsync openAiAsync;
    final Client gemini;

    private final OpenTelemetrySdk openTelemetry;

    /**
     * @param proxy through which the clients call, or null for none
     * @param tamper may spoil the clients before they are instrumented, so that a test sees the demo fail
     */
    Stage(@Nullable DemoProxy proxy, Consumer<OkHttpClient.Builder> tamper) throws IOException {
        collector = OtlpReceiver.start();
        openTelemetry = openTelemetry();
        propagation = LlmPropagation.builder(openTelemetry)
                .otlpEndpoints(
                        OtlpEndpoints.builder().endpoint(collector.endpoint()).build())
                .build();
        ProxySettings way = proxy == null ? ProxySettings.none() : proxy.settings();
        OpenAiClientFactory openAiFactory = OpenAiClientFactory.builder(propagation)
                .proxy(way)
                .httpClient(base(tamper))
                .build();
        openAi = openAiFactory.client(
                sdk -> sdk.apiKey(KEY).baseUrl(openAiService.url() + "/v1").timeout(Duration.ofMillis(TIMEOUT_MILLIS)));
        openAiAsync = openAiFactory.asyncClient(
                sdk -> sdk.apiKey(KEY).baseUrl(openAiService.url() + "/v1").timeout(Duration.ofMillis(TIMEOUT_MILLIS)));
        gemini = GeminiClientFactory.builder(propagation)
                .proxy(way)
                .httpClient(base(tamper))
                .build()
                .client(sdk -> sdk.apiKey(KEY)
                        .httpOptions(HttpOptions.builder()
                                .baseUrl(geminiService.url())
                                .timeout(TIMEOUT_MILLIS)
                                .retryOptions(HttpRetryOptions.builder()
                                        .attempts(3)
                                        .initialDelay(0.02)
                                        .build())
                                .build()));
    }

    private static OkHttpClient base(Consumer<OkHttpClient.Builder> tamper) {
        OkHttpClient.Builder base = new OkHttpClient.Builder();
        tamper.accept(base);
        return base.build();
    }

    private OpenTelemetrySdk openTelemetry() {
        return OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .setSampler(Sampler.alwaysOn())
                        .addSpanProcessor(ends)
                        .addSpanProcessor(BatchSpanProcessor.builder(OtlpHttpSpanExporter.builder()
                                        .setEndpoint(collector.tracesEndpoint())
                                        .build())
                                .build())
                        .build())
                .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                .build();
    }

    /** Runs the program's own code, under a span and a session of its own. */
    <T> T program(String session, Callable<T> code) throws Exception {
        Span span = openTelemetry
                .getTracer("demo")
                .spanBuilder("program in " + session)
                .startSpan();
        programs.put(session, span);
        try (Scope ignored = span.makeCurrent();
                Scope sessionScope = LlmSession.of(session).makeCurrent()) {
            return code.call();
        }
    }

    /** Ends the program's spans and gathers what the scenario left behind. */
    Evidence evidence(String answer) throws InterruptedException {
        programs.values().forEach(Span::end);
        int open = ends.awaitAll();
        boolean exported = openTelemetry
                .getSdkTracerProvider()
                .forceFlush()
                .join(10, TimeUnit.SECONDS)
                .isSuccess();
        Evidence evidence = new Evidence(
                answer,
                List.copyOf(journal),
                collector.spans(),
                collector.requests(),
                Map.copyOf(programs),
                open,
                exported);
        programs.clear();
        journal.clear();
        collector.clear();
        return evidence;
    }

    @Override
    public void close() {
        List<AutoCloseable> parts = List.of(
                openAi::close,
                openAiAsync::close,
                gemini,
                propagation,
                openTelemetry,
                collector,
                openAiService,
                geminiService,
                otherService);
        closeAll(parts);
    }

    private static void closeAll(Collection<AutoCloseable> parts) {
        for (AutoCloseable part : parts) {
            try {
                part.close();
            } catch (Exception e) {
                throw new IllegalStateException("The demo could not be taken down", e);
            }
        }
    }
}
