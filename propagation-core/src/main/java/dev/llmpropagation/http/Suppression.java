package dev.llmpropagation.http;

import io.opentelemetry.api.impl.InstrumentationUtil;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.instrumentation.api.internal.SpanKey;

/** What other instrumentations say in the Context. Absent in older versions, and then nothing is said. */
final class Suppression {

    private static final boolean KEY_PRESENT =
            present(() -> InstrumentationUtil.shouldSuppressInstrumentation(Context.root()));
    private static final boolean SPAN_KEY_PRESENT =
            present(() -> SpanKey.HTTP_CLIENT.fromContextOrNull(Context.root()));

    private Suppression() {}

    /** Whether an exporter made this call: it is none of ours. */
    static boolean isSuppressed(Context context) {
        return KEY_PRESENT && InstrumentationUtil.shouldSuppressInstrumentation(context);
    }

    /** Whether another instrumentation's HTTP client span is around this attempt already. */
    static boolean hasHttpClientSpan(Context context) {
        return SPAN_KEY_PRESENT && SpanKey.HTTP_CLIENT.fromContextOrNull(context) != null;
    }

    static Context withHttpClientSpan(Context context, Span span) {
        Context withSpan = context.with(span);
        return SPAN_KEY_PRESENT ? SpanKey.HTTP_CLIENT.storeInContext(withSpan, span) : withSpan;
    }

    private static boolean present(Runnable use) {
        try {
            use.run();
            return true;
        } catch (LinkageError e) {
            return false;
        }
    }
}
