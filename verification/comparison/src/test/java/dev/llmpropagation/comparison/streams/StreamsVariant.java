package dev.llmpropagation.comparison.streams;

import com.google.genai.Client;
import com.google.genai.types.ClientOptions;
import com.google.genai.types.HttpOptions;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import dev.llmpropagation.LlmPropagation;
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
import okhttp3.OkHttpClient;

/** Who instruments the clients. */
enum StreamsVariant {
    /** Nobody. */
    BARE,
    /** This library: a span for the model call and one for its attempt, metrics, headers, a session. */
    OURS {
        @Override
        OpenAIClient openAi(OkHttpClient base, String url) {
            return OpenAiClientFactory.builder(propagation())
                    .httpClient(base)
                    .build()
                    .client(sdk -> sdk.baseUrl(url + "/v1").apiKey("key").maxRetries(0));
        }

        @Override
        Client gemini(OkHttpClient base, String url) {
            return GeminiClientFactory.builder(propagation())
                    .httpClient(base)
                    .build()
                    .client(sdk -> sdk.apiKey("key").httpOptions(options(url)));
        }
    },
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

    OpenAIClient openAi(OkHttpClient base, String url) {
        return OpenAIOkHttpClient.builder()
                .okHttpClient(base)
                .baseUrl(url + "/v1")
                .apiKey("key")
                .maxRetries(0)
                .build();
    }

    Client gemini(OkHttpClient base, String url) {
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

    private static LlmPropagation propagation() {
        return LlmPropagation.builder(openTelemetry())
                .sessionId(() -> "5e0c5b1e-6f3c-4d0e-9a53-0d2b7c1f9e11")
                .build();
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
