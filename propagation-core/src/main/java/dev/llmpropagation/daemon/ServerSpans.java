package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.OlderOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.instrumentation.api.internal.SpanKey;
import io.opentelemetry.instrumentation.api.semconv.http.HttpServerRoute;
import io.opentelemetry.instrumentation.api.semconv.http.HttpServerRouteSource;
import org.jspecify.annotations.Nullable;

/** How instrumentations of servers see each other, so that no request has two server spans. */
final class ServerSpans {

    private static final boolean SPAN_KEY_PRESENT =
            OlderOpenTelemetry.present(() -> SpanKey.HTTP_SERVER.fromContextOrNull(Context.root()));

    private ServerSpans() {}

    /** The server span of another instrumentation that is under way, or null. */
    static @Nullable Span around(Context context) {
        return SPAN_KEY_PRESENT ? SpanKey.HTTP_SERVER.fromContextOrNull(context) : null;
    }

    static Context with(Context context, Span span) {
        return SPAN_KEY_PRESENT ? SpanKey.HTTP_SERVER.storeInContext(context, span) : context;
    }

    /**
     * Tells the instrumentation of this span the route, in the way that it expects: otherwise it overwrites ours at the
     * end.
     */
    static void route(Context context, Span span, String template) {
        span.setAttribute(Attribute.HTTP_ROUTE.key(), template);
        try {
            HttpServerRoute.update(context, HttpServerRouteSource.CONTROLLER, template);
        } catch (LinkageError e) {
            // older versions have the class in another package; the attribute is set all the same
        }
    }
}
