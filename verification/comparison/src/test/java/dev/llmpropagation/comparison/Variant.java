package dev.llmpropagation.comparison;

import brave.Tracing;
import brave.handler.SpanHandler;
import brave.http.HttpTracing;
import brave.sampler.Sampler;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.LlmPropagationBuilder;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.instrumentation.api.instrumenter.Instrumenter;
import io.opentelemetry.instrumentation.api.semconv.http.HttpClientRequestResendCount;
import io.opentelemetry.instrumentation.okhttp.v3_0.internal.ConnectionErrorSpanInterceptor;
import io.opentelemetry.instrumentation.okhttp.v3_0.internal.OkHttpClientInstrumenterBuilderFactory;
import io.opentelemetry.instrumentation.okhttp.v3_0.internal.TracingInterceptor;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Response;

/** Whose steps a request of the benchmarks goes through. Each records what it records in a program that exports. */
public enum Variant {
    /** OkHttp alone. */
    PLAIN {
        @Override
        void into(OkHttpClient.Builder builder) {}
    },
    /** Ours in a program without SDK and without session. */
    NOTHING_TO_SEND {
        @Override
        void into(OkHttpClient.Builder builder) {
            ours(LlmPropagation.builder(OpenTelemetry.noop()), builder);
        }
    },
    /** Ours in a program without SDK, with a session. */
    SESSION_HEADER_ALONE {
        @Override
        void into(OkHttpClient.Builder builder) {
            ours(LlmPropagation.builder(OpenTelemetry.noop()).sessionId(() -> SESSION), builder);
        }
    },
    /** Ours with an SDK that samples nothing, with a session. */
    UNSAMPLED {
        @Override
        void into(OkHttpClient.Builder builder) {
            ours(LlmPropagation.builder(sdk(SAMPLE_NOTHING)).sessionId(() -> SESSION), builder);
        }
    },
    /** Ours with an SDK that samples everything; with a session. */
    RECORDING {
        @Override
        void into(OkHttpClient.Builder builder) {
            ours(LlmPropagation.builder(sdk(SAMPLE_ALL)).sessionId(() -> SESSION), builder);
        }
    },
    /** As {@link #RECORDING}, without session: exactly what {@link #OPENTELEMETRY} sends. */
    RECORDING_TRACE_ALONE {
        @Override
        void into(OkHttpClient.Builder builder) {
            ours(LlmPropagation.builder(sdk(SAMPLE_ALL)), builder);
        }
    },
    /**
     * opentelemetry-okhttp-3.0. Its span is made by a network interceptor, which a fake response is in front of; here
     * it is the last application interceptor.
     */
    OPENTELEMETRY {
        @Override
        void into(OkHttpClient.Builder builder) {
            OpenTelemetry sdk = sdk(SAMPLE_ALL);
            Instrumenter<Interceptor.Chain, Response> instrumenter =
                    OkHttpClientInstrumenterBuilderFactory.create(sdk).build();
            builder.addInterceptor(Variant::initializeResendCount)
                    .addInterceptor(new ConnectionErrorSpanInterceptor(instrumenter))
                    .addInterceptor(new TracingInterceptor(instrumenter, sdk.getPropagators()));
        }
    },
    /** brave-instrumentation-okhttp3; it has no metric. */
    BRAVE {
        @Override
        void into(OkHttpClient.Builder builder) {
            Tracing tracing = Tracing.newBuilder()
                    .sampler(Sampler.ALWAYS_SAMPLE)
                    .addSpanHandler(new SpanHandler() {})
                    .build();
            builder.addInterceptor(brave.okhttp3.TracingInterceptor.create(HttpTracing.create(tracing)));
        }
    };

    static final String BASE_URL = "https://api.example.com/v1";
    private static final String SESSION = "5e0c5b1e-6f3c-4d0e-9a53-0d2b7c1f9e11";
    private static final io.opentelemetry.sdk.trace.samplers.Sampler SAMPLE_ALL =
            io.opentelemetry.sdk.trace.samplers.Sampler.alwaysOn();
    private static final io.opentelemetry.sdk.trace.samplers.Sampler SAMPLE_NOTHING =
            io.opentelemetry.sdk.trace.samplers.Sampler.alwaysOff();

    abstract void into(OkHttpClient.Builder builder);

    private static void ours(LlmPropagationBuilder propagation, OkHttpClient.Builder builder) {
        propagation.build().instrument(builder, BASE_URL);
    }

    // As the package-private ContextInterceptor does.
    private static Response initializeResendCount(Interceptor.Chain chain) throws java.io.IOException {
        try (Scope ignored =
                HttpClientRequestResendCount.initialize(Context.current()).makeCurrent()) {
            return chain.proceed(chain.request());
        }
    }

    private static OpenTelemetry sdk(io.opentelemetry.sdk.trace.samplers.Sampler sampler) {
        return OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .setSampler(sampler)
                        .addSpanProcessor(new ExportsNothing())
                        .build())
                .setMeterProvider(SdkMeterProvider.builder()
                        .registerMetricReader(InMemoryMetricReader.create())
                        .build())
                .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                .build();
    }

    private static final class ExportsNothing implements SpanProcessor {
        @Override
        public void onStart(Context parentContext, ReadWriteSpan span) {}

        @Override
        public boolean isStartRequired() {
            return false;
        }

        @Override
        public void onEnd(ReadableSpan span) {}

        @Override
        public boolean isEndRequired() {
            return true;
        }
    }
}
