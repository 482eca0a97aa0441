package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import org.junit.jupiter.api.Test;

/** Programs that export traces alone or metrics alone, or sample nothing. */
class PartOfTheSdkTest {

    private final RecordedTelemetry telemetry = RecordedTelemetry.create();
    private final List<String> calls = new ArrayList<>();
    private final List<Request> requests = new ArrayList<>();
    private final ResponseBody body = ResponseBody.create("hello", null);

    @Test
    void tracesAlone_lastAsLongAsTheBody() throws IOException {
        try (Response response = send(ToldTelemetry.tracesOf(telemetry.openTelemetry(), this::called))) {
            assertThat(telemetry.spans()).isEmpty();
            assertThat(response.body().string()).isEqualTo("hello");
            assertThat(telemetry.spans()).hasSize(1);
        }
        assertThat(requests.get(0).header("traceparent")).matches(".*-0[13]"); // 2 says that the id is random
    }

    @Test
    void unsampledTracesAlone_areOverAtOnceAndLeaveTheBodyAlone() throws IOException {
        OpenTelemetry unsampled = RecordedTelemetry.create(spans -> spans.setSampler(Sampler.alwaysOff()))
                .openTelemetry();
        try (Response response = send(ToldTelemetry.tracesOf(unsampled, this::called))) {
            assertThat(response.body()).isSameAs(body);
            assertThat(calls).containsOnlyOnce("Span.end");
        }
        assertThat(calls).containsOnlyOnce("Span.end");
        assertThat(requests.get(0).header("traceparent")).matches(".*-0[02]");
    }

    @Test
    void metricsAlone_areRecordedWhenTheBodyEnds() throws IOException {
        try (Response response = send(ToldTelemetry.metricsOf(telemetry.openTelemetry(), this::called))) {
            assertThat(telemetry.metrics()).isEmpty();
            assertThat(response.body().string()).isEqualTo("hello");
        }
        assertThat(telemetry.metrics()).singleElement().satisfies(metric -> assertThat(metric.getName())
                .isEqualTo("http.client.request.duration"));
        assertThat(telemetry.spans()).isEmpty();
    }

    private Response send(OpenTelemetry openTelemetry) throws IOException {
        OkHttpClient client = LlmPropagation.builder(openTelemetry)
                .build()
                .instrument(new OkHttpClient.Builder(), "http://localhost")
                .addInterceptor(chain -> {
                    requests.add(chain.request());
                    return FakeNetwork.answer(chain.request(), body);
                })
                .build();
        return client.newCall(Requests.get("http://localhost/")).execute();
    }

    private void called(String method, Object argument) {
        calls.add(method);
    }
}
