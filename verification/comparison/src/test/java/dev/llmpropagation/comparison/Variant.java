package dev.llmpropagation.comparison;

import brave.Tracing;
import brave.handler.SpanHandler;
import brave.http.HttpTracing;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.LlmPropagationBuilder;
import dev.llmpropagation.fixtures.AtSpanEnd;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.instrumentation.api.instrumenter.Instrumenter;
import io.opentelemetry.instrumentation.api.semconv.http.HttpClientRequestResendCount;
import io.opentelemetry.instrumentation.okhttp.v3_0.OkHttpTelemetry;
import io.opentelemetry.instrumentation.okhttp.v3_0.internal.ConnectionErrorSpanInterceptor;
import io.opentelemetry.instrumentation.okhttp.v3_0.internal.OkHttpClientInstrumenterBuilderFactory;
import io.opentelemetry.instrumentation.okhttp.v3_0.internal.TracingInterceptor;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.IOException;
import okhttp3.Call;
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
            ours(LlmPropagation.builder(sdk(Sampler.alwaysOff())).sessionId(() -> SESSION), builder);
        }
    },
    /** Ours with an SDK that samples everything; with a session. */
    RECORDING {
        @Override
        void into(OkHttpClient.Builder builder) {
            ours(LlmPropagation.builder(sdk(Sampler.alwaysOn())).sessionId(() -> SESSION), builder);
        }
    },
    /** As {@link #RECORDING}, without session: exactly what {@link #OPENTELEMETRY} sends. */
    RECORDING_TRACE_ALONE {
        @Override
        void into(OkHttpClient.Builder builder) {
            ours(LlmPropagation.builder(sdk(Sampler.alwaysOn())), builder);
        }
    },
    /**
     * opentelemetry-okhttp-3.0 by its Call.Factory. Its span is made by a network interceptor, which a fake response is
     * in front of; here the same class is the last application interceptor.
     */
    OPENTELEMETRY {
        private final OpenTelemetry sdk = sdk(Sampler.alwaysOn());

        @Override
        void into(OkHttpClient.Builder builder) {
            Instrumenter<Interceptor.Chain, Response> instrumenter =
                    OkHttpClientInstrumenterBuilderFactory.create(sdk).build();
            builder.addInterceptor(new TracingInterceptor(instrumenter, sdk.getPropagators()));
        }

        @Override
        Call.Factory factory(OkHttpClient client) {
            return OkHttpTelemetry.create(sdk).createCallFactory(client);
        }
    },
    /** The interceptors of {@link #OPENTELEMETRY} alone, for a fake chain. */
    OPENTELEMETRY_INTERCEPTORS {
        @Override
        void into(OkHttpClient.Builder builder) {
            OpenTelemetry sdk = sdk(Sampler.alwaysOn());
            Instrumenter<Interceptor.Chain, Response> instrumenter =
                    OkHttpClientInstrumenterBuilderFactory.create(sdk).build();
            builder.addInterceptor(Variant::initializeResendCount)
                    .addInterceptor(new ConnectionErrorSpanInterceptor(instrumenter))
                    .addInterceptor(new TracingInterceptor(instrumenter, sdk.getPropagators()));
        }
    },
    /**
     * What any instrumentation pays that follows the body: a span with the attributes of the convention, the trace header,
     * the metric, a copy of the response. No context of a caller, destination, session, fault or body is looked after.
     */
    FLOOR {
        @Override
        void into(OkHttpClient.Builder builder) {
            builder.addInterceptor(new Floor(sdk(Sampler.alwaysOn())));
        }
    },
    /** brave-instrumentation-okhttp3; it has no metric. */
    BRAVE {
        @Override
        void into(OkHttpClient.Builder builder) {
            Tracing tracing =
                    Tracing.newBuilder().addSpanHandler(new SpanHandler() {}).build();
            builder.addInterceptor(brave.okhttp3.TracingInterceptor.create(HttpTracing.create(tracing)));
        }
    };

    static final String BASE_URL = "https://api.example.com/v1";
    private static final String SESSION = "5e0c5b1e-6f3c-4d0e-9a53-0d2b7c1f9e11";

    /** Adds the steps; whatever the program's interceptor is, it comes last. */
    abstract void into(OkHttpClient.Builder builder);

    /** What a program makes calls with. */
    Call.Factory factory(OkHttpClient client) {
        return client;
    }

    private static void ours(LlmPropagationBuilder propagation, OkHttpClient.Builder builder) {
        propagation.build().instrument(builder, BASE_URL);
    }

    // As the package-private ContextInterceptor does.
    private static Response initializeResendCount(Interceptor.Chain chain) throws IOException {
        try (Scope ignored =
                HttpClientRequestResendCount.initialize(Context.current()).makeCurrent()) {
            return chain.proceed(chain.request());
        }
    }

    static OpenTelemetry sdk(Sampler sampler) {
        return OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .setSampler(sampler)
                        .addSpanProcessor(new AtSpanEnd(span -> {}))
                        .build())
                .setMeterProvider(SdkMeterProvider.builder()
                        .registerMetricReader(InMemoryMetricReader.create())
                        .build())
                .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                .build();
    }
}
