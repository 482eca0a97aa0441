package dev.llmpropagation.comparison;

import brave.http.HttpTracing;
import brave.okhttp3.TracingCallFactory;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.testkit.ClientConformance;
import dev.llmpropagation.testkit.ClientUnderTest;
import dev.llmpropagation.testkit.Promise;
import dev.llmpropagation.testkit.Recording;
import io.micrometer.core.instrument.binder.okhttp3.OkHttpObservationInterceptor;
import io.micrometer.observation.ObservationHandler.FirstMatchingCompositeObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.handler.DefaultTracingObservationHandler;
import io.micrometer.tracing.handler.PropagatingSenderTracingObservationHandler;
import io.micrometer.tracing.otel.bridge.OtelCurrentTraceContext;
import io.micrometer.tracing.otel.bridge.OtelPropagator;
import io.micrometer.tracing.otel.bridge.OtelTracer;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.instrumentation.okhttp.v3_0.OkHttpTelemetry;
import java.util.Set;
import okhttp3.Call;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;

/** An OkHttpClient that is instrumented as the instrumentation's documentation says; with fewer slots than calls. */
abstract class Contender extends ClientConformance {

    abstract Call.Factory instrumented(OkHttpClient.Builder builder, OpenTelemetry openTelemetry, String baseUrl);

    @Override
    protected ClientUnderTest client(OpenTelemetry openTelemetry, String baseUrl) {
        Dispatcher five = new Dispatcher();
        five.setMaxRequestsPerHost(5);
        OkHttpClient.Builder builder = new OkHttpClient.Builder().dispatcher(five);
        return ClientUnderTest.of(instrumented(builder, openTelemetry, baseUrl), baseUrl, () -> five.executorService()
                .shutdown());
    }

    /** OkHttp alone does not retry. */
    @Override
    protected Set<Promise> without() {
        return Set.of(Promise.RETRY);
    }

    static final class Ours extends Contender {
        @Override
        protected Context withSession(Context context, String id) {
            return context.with(LlmSession.of(id));
        }

        @Override
        Call.Factory instrumented(OkHttpClient.Builder builder, OpenTelemetry openTelemetry, String baseUrl) {
            return LlmPropagation.builder(openTelemetry)
                    .build()
                    .instrument(builder, baseUrl)
                    .build();
        }
    }

    static final class OpenTelemetryOkHttp extends Contender {
        @Override
        Call.Factory instrumented(OkHttpClient.Builder builder, OpenTelemetry openTelemetry, String baseUrl) {
            return OkHttpTelemetry.create(openTelemetry).createCallFactory(builder.build());
        }
    }

    static final class Micrometer extends Contender {
        @Override
        Call.Factory instrumented(OkHttpClient.Builder builder, OpenTelemetry openTelemetry, String baseUrl) {
            Tracer spans = openTelemetry.getTracer("micrometer");
            OtelTracer tracer = new OtelTracer(spans, new OtelCurrentTraceContext(), event -> {});
            ObservationRegistry registry = ObservationRegistry.create();
            registry.observationConfig()
                    .observationHandler(new FirstMatchingCompositeObservationHandler(
                            new PropagatingSenderTracingObservationHandler<>(
                                    tracer, new OtelPropagator(openTelemetry.getPropagators(), spans)),
                            new DefaultTracingObservationHandler(tracer)));
            return builder.addInterceptor(OkHttpObservationInterceptor.builder(registry, "http.client.requests")
                            .build())
                    .build();
        }
    }

    static final class Brave extends Contender {
        @Override
        protected Recording recording() {
            return new BraveRecording(super.recording());
        }

        @Override
        Call.Factory instrumented(OkHttpClient.Builder builder, OpenTelemetry openTelemetry, String baseUrl) {
            return TracingCallFactory.create(HttpTracing.create(BraveRecording.tracing()), builder.build());
        }

        /** Propagation and baggage are not OpenTelemetry's. */
        @Override
        protected Set<Promise> without() {
            return Set.of(Promise.RETRY, Promise.HARMLESS, Promise.NO_BAGGAGE);
        }
    }
}
