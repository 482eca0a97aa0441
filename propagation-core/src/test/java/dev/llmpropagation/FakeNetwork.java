package dev.llmpropagation;

import dev.llmpropagation.fixtures.Attributed;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import okhttp3.Headers;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;

/** Answers below our steps without a socket, for properties that want tens of thousands of calls. */
final class FakeNetwork {

    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
    final OpenTelemetrySdk openTelemetry = OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder()
                    .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                    .build())
            .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
            .build();
    final List<Request> requests = new ArrayList<>();

    LlmPropagationBuilder propagation() {
        return LlmPropagation.builder(openTelemetry);
    }

    OkHttpClient client(LlmPropagation propagation, String baseUrl, Function<Request, Response> answers) {
        return propagation
                .instrument(new OkHttpClient.Builder(), baseUrl)
                .addInterceptor(chain -> {
                    requests.add(chain.request());
                    return answers.apply(chain.request());
                })
                .build();
    }

    /** A client that is always answered with "hello". */
    OkHttpClient client(LlmPropagation propagation) {
        return client(propagation, "http://localhost", request -> answer(request, 200, Headers.of()));
    }

    /** In the order of their ends. */
    List<SpanData> spans() {
        return exporter.getFinishedSpanItems();
    }

    List<String> outcomes() {
        return spans().stream().map(Attributed::outcome).toList();
    }

    /** Forgets all. */
    void clear() {
        requests.clear();
        exporter.reset();
    }

    static Response answer(Request request, ResponseBody body) {
        return answer(request, 200, Headers.of()).newBuilder().body(body).build();
    }

    static Response answer(Request request, int code, Headers headers) {
        return new Response.Builder()
                .request(request)
                .protocol(Protocol.HTTP_1_1)
                .code(code)
                .message("")
                .headers(headers)
                .body(ResponseBody.create("hello", null))
                .build();
    }
}
