package dev.llmpropagation.comparison.streams;

import com.google.genai.Client;
import com.google.genai.types.ClientOptions;
import com.google.genai.types.HttpOptions;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.LlmPropagationBuilder;
import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.instrumentation.openai.v1_1.OpenAITelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.BatchSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.util.Collection;
import java.util.function.Consumer;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/** Who instruments the clients. */
enum StreamsVariant {
    /** Nobody. */
    BARE,
    /** This library: a span for the model call and one for its attempt, metrics, headers, a session. */
    OURS(options -> {}),
    /** The same without the span of the model call: nothing reads what the streams hold. */
    OURS_ATTEMPTS(options -> options.modelCalls(false)),
    /** The same as {@link #OURS} with the newer names, which bring metrics of their own. */
    OURS_LATEST(options -> options.agent(agent -> agent.latestConventions(true))),
    /** The same as {@link #OURS} with prompts and answers on the span. */
    OURS_CONTENT(options -> options.agent(agent -> agent.content(ContentCapture.on()))),
    /** opentelemetry-openai-java-1.1: a span for the model call, metrics. */
    WRAPPER {
        @Override
        OpenAIClient openAi(OkHttpClient base, String url) {
            return OpenAITelemetry.create(openTelemetry()).wrap(super.openAi(base, url));
        }

        @Override
        boolean knows(StreamsApi api) {
            return api != StreamsApi.GEMINI;
        }
    },
    /** OpenTelemetry's Java agent, which exports nothing, and so has no queue of ended spans either. */
    AGENT;

    private final @Nullable Consumer<LlmPropagationBuilder> ours;

    StreamsVariant() {
        this.ours = null;
    }

    StreamsVariant(Consumer<LlmPropagationBuilder> options) {
        this.ours = options;
    }

    OpenAIClient openAi(OkHttpClient base, String url) {
        if (ours != null) {
            return OpenAiClientFactory.builder(propagation(ours))
                    .httpClient(base)
                    .build()
                    .client(sdk -> sdk.baseUrl(url + "/v1").apiKey("key").maxRetries(0));
        }
        return OpenAIOkHttpClient.builder()
                .okHttpClient(base)
                .baseUrl(url + "/v1")
                .apiKey("key")
                .maxRetries(0)
                .build();
    }

    Client gemini(OkHttpClient base, String url) {
        if (ours != null) {
            return GeminiClientFactory.builder(propagation(ours))
                    .httpClient(base)
                    .build()
                    .client(sdk -> sdk.apiKey("key").httpOptions(options(url)));
        }
        return Client.builder()
                .apiKey("key")
                .httpOptions(options(url))
                .clientOptions(ClientOptions.builder().customHttpClient(base).build())
                .build();
    }

    boolean knows(StreamsApi api) {
        return true;
    }

    private static HttpOptions options(String url) {
        return HttpOptions.builder().baseUrl(url).build();
    }

    private static LlmPropagation propagation(Consumer<LlmPropagationBuilder> options) {
        LlmPropagationBuilder builder =
                LlmPropagation.builder(openTelemetry()).sessionId(() -> "5e0c5b1e-6f3c-4d0e-9a53-0d2b7c1f9e11");
        options.accept(builder);
        return builder.build();
    }

    private static OpenTelemetrySdk openTelemetry() {
        return OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(
                                BatchSpanProcessor.builder(new Dropping()).build())
                        .build())
                .setMeterProvider(SdkMeterProvider.builder()
                        .registerMetricReader(InMemoryMetricReader.create())
                        .build())
                .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                .build();
    }

    /** As an exporter whose collector takes no time. */
    private static final class Dropping implements SpanExporter {
        @Override
        public CompletableResultCode export(Collection<SpanData> spans) {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode flush() {
            return CompletableResultCode.ofSuccess();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }
}
