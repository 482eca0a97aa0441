package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import okhttp3.Headers;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import org.junit.jupiter.api.Test;

/** Programs that export traces alone or metrics alone, or sample nothing. */
class PartOfTheSdkTest {

    private final InMemorySpanExporter spans = InMemorySpanExporter.create();
    private final InMemoryMetricReader metrics = InMemoryMetricReader.create();
    private final List<String> calls = new ArrayList<>();
    private final List<Request> requests = new ArrayList<>();
    private final ResponseBody body = ResponseBody.create("hello", null);

    @Test
    void tracesAlone_lastAsLongAsTheBody() throws IOException {
        try (Response response = send(ToldTelemetry.tracesOf(sdk(Sampler.alwaysOn()), this::called))) {
            assertThat(spans.getFinishedSpanItems()).isEmpty();
            assertThat(response.body().string()).isEqualTo("hello");
            assertThat(spans.getFinishedSpanItems()).hasSize(1);
        }
        assertThat(requests.get(0).header("traceparent")).matches(".*-0[13]"); // 2 says that the id is random
    }

    @Test
    void unsampledTracesAlone_areOverAtOnceAndLeaveTheBodyAlone() throws IOException {
        try (Response response = send(ToldTelemetry.tracesOf(sdk(Sampler.alwaysOff()), this::called))) {
            assertThat(response.body()).isSameAs(body);
            assertThat(calls).containsOnlyOnce("Span.end");
        }
        assertThat(calls).containsOnlyOnce("Span.end");
        assertThat(requests.get(0).header("traceparent")).matches(".*-0[02]");
    }

    @Test
    void metricsAlone_areRecordedWhenTheBodyEnds() throws IOException {
        try (Response response = send(ToldTelemetry.metricsOf(sdk(Sampler.alwaysOn()), this::called))) {
            assertThat(metrics.collectAllMetrics()).isEmpty();
            assertThat(response.body().string()).isEqualTo("hello");
        }
        assertThat(metrics.collectAllMetrics()).singleElement().satisfies(metric -> assertThat(metric.getName())
                .isEqualTo("http.client.request.duration"));
        assertThat(spans.getFinishedSpanItems()).isEmpty();
    }

    private Response send(OpenTelemetry openTelemetry) throws IOException {
        OkHttpClient client = LlmPropagation.builder(openTelemetry)
                .build()
                .instrument(new OkHttpClient.Builder(), "http://localhost")
                .addInterceptor(chain -> {
                    requests.add(chain.request());
                    return FakeNetwork.answer(chain.request(), 200, Headers.of())
                            .newBuilder()
                            .body(body)
                            .build();
                })
                .build();
        return client.newCall(new Request.Builder().url("http://localhost/").build())
                .execute();
    }

    private void called(String method, Object argument) {
        calls.add(method);
    }

    private OpenTelemetrySdk sdk(Sampler sampler) {
        return OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .setSampler(sampler)
                        .addSpanProcessor(SimpleSpanProcessor.create(spans))
                        .build())
                .setMeterProvider(
                        SdkMeterProvider.builder().registerMetricReader(metrics).build())
                .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                .build();
    }
}
