package dev.llmpropagation.comparison;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.util.List;
import okhttp3.Interceptor;
import okhttp3.Response;

/** The least that the span and the metrics of a model call cost by the API of OpenTelemetry. All of it is constant. */
final class ModelCallFloor implements Interceptor {

    private static final AttributeKey<String> SESSION = AttributeKey.stringKey("session.id");
    private static final AttributeKey<String> CONVERSATION = AttributeKey.stringKey("gen_ai.conversation.id");
    private static final AttributeKey<String> OPERATION = AttributeKey.stringKey("gen_ai.operation.name");
    private static final AttributeKey<String> PROVIDER = AttributeKey.stringKey("gen_ai.provider.name");
    private static final AttributeKey<String> API = AttributeKey.stringKey("openai.api.type");
    private static final AttributeKey<String> MODEL = AttributeKey.stringKey("gen_ai.request.model");
    private static final AttributeKey<Double> TEMPERATURE = AttributeKey.doubleKey("gen_ai.request.temperature");
    private static final AttributeKey<Long> MAX_TOKENS = AttributeKey.longKey("gen_ai.request.max_tokens");
    private static final AttributeKey<String> ADDRESS = AttributeKey.stringKey("server.address");
    private static final AttributeKey<Long> PORT = AttributeKey.longKey("server.port");
    private static final AttributeKey<String> CONTEXT = AttributeKey.stringKey("llm_request.context");
    private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("llm_propagation.outcome");
    private static final AttributeKey<Boolean> SUCCESS = AttributeKey.booleanKey("success");
    private static final AttributeKey<Long> DURATION = AttributeKey.longKey("duration_ms");
    private static final AttributeKey<String> ID = AttributeKey.stringKey("gen_ai.response.id");
    private static final AttributeKey<String> ANSWERED = AttributeKey.stringKey("gen_ai.response.model");
    private static final AttributeKey<List<String>> REASONS =
            AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");
    private static final AttributeKey<Long> INPUT = AttributeKey.longKey("gen_ai.usage.input_tokens");
    private static final AttributeKey<Long> OUTPUT = AttributeKey.longKey("gen_ai.usage.output_tokens");
    private static final AttributeKey<Long> CACHED = AttributeKey.longKey("gen_ai.usage.cache_read.input_tokens");
    private static final AttributeKey<Long> REASONING = AttributeKey.longKey("gen_ai.usage.reasoning.output_tokens");
    private static final AttributeKey<String> TIER = AttributeKey.stringKey("openai.response.service_tier");

    private final Tracer tracer;
    private final DoubleHistogram duration;
    private final DoubleHistogram tokens;
    private final List<String> stop = List.of("stop");
    private final Attributes measured = Attributes.builder()
            .put(OPERATION, "chat")
            .put(PROVIDER, "openai")
            .put(MODEL, "gpt-4.1")
            .put(ANSWERED, "gpt-4.1-2026-01-01")
            .put(ADDRESS, "api.example.com")
            .put(PORT, 443L)
            .build();
    private final Attributes input =
            measured.toBuilder().put("gen_ai.token.type", "input").build();
    private final Attributes output =
            measured.toBuilder().put("gen_ai.token.type", "output").build();

    ModelCallFloor(OpenTelemetry openTelemetry) {
        tracer = openTelemetry.getTracer("floor");
        Meter meter = openTelemetry.getMeter("floor");
        duration = meter.histogramBuilder("gen_ai.client.operation.duration").build();
        tokens = meter.histogramBuilder("gen_ai.client.token.usage").build();
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        Span span = tracer.spanBuilder("qwen-code.llm_request")
                .setSpanKind(SpanKind.CLIENT)
                .setAttribute(SESSION, "5e0c5b1e-6f3c-4d0e-9a53-0d2b7c1f9e11")
                .setAttribute(CONVERSATION, "5e0c5b1e-6f3c-4d0e-9a53-0d2b7c1f9e11")
                .setAttribute(OPERATION, "chat")
                .setAttribute(PROVIDER, "openai")
                .setAttribute(API, "chat_completions")
                .setAttribute(MODEL, "gpt-4.1")
                .setAttribute(TEMPERATURE, 0.2)
                .setAttribute(MAX_TOKENS, 1024L)
                .setAttribute(ADDRESS, "api.example.com")
                .setAttribute(PORT, 443L)
                .setAttribute(CONTEXT, "standalone")
                .startSpan();
        long start = System.nanoTime();
        Context context = Context.current().with(span);
        try (Scope ignored = context.makeCurrent()) {
            return chain.proceed(chain.request());
        } finally {
            long nanos = System.nanoTime() - start;
            span.setAttribute(OUTCOME, "completed")
                    .setAttribute(SUCCESS, true)
                    .setAttribute(DURATION, nanos / 1_000_000)
                    .setAttribute(ID, "chatcmpl-BxQ1")
                    .setAttribute(ANSWERED, "gpt-4.1-2026-01-01")
                    .setAttribute(REASONS, stop)
                    .setAttribute(INPUT, 412L)
                    .setAttribute(OUTPUT, 80L)
                    .setAttribute(CACHED, 128L)
                    .setAttribute(REASONING, 0L)
                    .setAttribute(TIER, "default")
                    .end();
            duration.record(nanos / 1e9, measured, context);
            tokens.record(412, input, context);
            tokens.record(80, output, context);
        }
    }
}
