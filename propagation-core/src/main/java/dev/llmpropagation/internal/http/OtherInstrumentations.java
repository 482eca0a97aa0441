package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.sdk.ModelCallSpans;
import dev.llmpropagation.internal.span.OlderOpenTelemetry;
import io.opentelemetry.api.impl.InstrumentationUtil;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.instrumentation.api.internal.SpanKey;
import java.util.List;
import java.util.regex.Pattern;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/**
 * Reads what other instrumentations have put into the Context. Where OpenTelemetry is too old to have such a key, the
 * answer is no.
 */
final class OtherInstrumentations {

    private static final boolean KEY_PRESENT =
            OlderOpenTelemetry.present(() -> InstrumentationUtil.shouldSuppressInstrumentation(Context.root()));
    private static final boolean SPAN_KEY_PRESENT =
            OlderOpenTelemetry.present(() -> SpanKey.HTTP_CLIENT.fromContextOrNull(Context.root()));

    private static final boolean SDK_PRESENT =
            OlderOpenTelemetry.present(() -> ModelCallSpans.contain(Span.getInvalid()));

    // By its id, since the Java agent gives back another object than the one that was stored.
    private static final ContextKey<String> ATTEMPT = ContextKey.named("llm-propagation-attempt");

    private static final Pattern OPERATION =
            Pattern.compile("\\bgen_ai\\.operation\\.name=(chat|generate_content|text_completion|embeddings)\\b");

    private OtherInstrumentations() {}

    /** Whether an exporter made this call: it is none of ours. */
    static boolean isSuppressed(Context context) {
        return KEY_PRESENT && InstrumentationUtil.shouldSuppressInstrumentation(context);
    }

    /**
     * Whether another instrumentation's HTTP client span is around this attempt already. An attempt of ours is none: what a
     * part of its client asks for meanwhile, a token say, is another request.
     */
    static boolean hasHttpClientSpan(Context context) {
        Span around = httpClientSpan(context);
        return around != null && !isOurs(around, context);
    }

    /**
     * Whether this is the request of an attempt of ours, which a transport of the program's sends on by a second client.
     *
     * @param fields names of the propagator's headers
     */
    static boolean isSentOn(Context context, Request request, List<String> fields) {
        Span around = httpClientSpan(context);
        return around != null
                && isOurs(around, context)
                && names(request, fields, around.getSpanContext().getSpanId());
    }

    private static @Nullable Span httpClientSpan(Context context) {
        return SPAN_KEY_PRESENT ? SpanKey.HTTP_CLIENT.fromContextOrNull(context) : null;
    }

    private static boolean isOurs(Span httpClient, Context context) {
        return httpClient.getSpanContext().getSpanId().equals(context.get(ATTEMPT));
    }

    /** Whether its trace headers name this span as their parent, in whatever format. */
    private static boolean names(Request request, List<String> fields, String spanId) {
        for (String field : fields) {
            String value = request.header(field);
            if (value != null && value.contains(spanId)) {
                return true;
            }
        }
        return false;
    }

    /** Whether another instrumentation's span of a model call is around this one already. */
    static boolean hasGenAiSpan(Context context) {
        Span span = Span.fromContext(context);
        if (!span.isRecording()) {
            return false;
        }
        return (SDK_PRESENT && ModelCallSpans.contain(span)) || isModelCallOfJavaAgent(span);
    }

    /** The Java agent shows the program its spans behind a class that gives their attributes as text alone. */
    private static boolean isModelCallOfJavaAgent(Span span) {
        if (!span.getClass().getSimpleName().equals("ApplicationSpan")) {
            return false;
        }
        return OPERATION.matcher(span.toString()).find();
    }

    static Context withHttpClientSpan(Context context, Span span) {
        Context withSpan = context.with(span);
        return SPAN_KEY_PRESENT
                ? SpanKey.HTTP_CLIENT
                        .storeInContext(withSpan, span)
                        .with(ATTEMPT, span.getSpanContext().getSpanId())
                : withSpan;
    }
}
