package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.Throwables;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.SessionIds;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/**
 * The span of a request that has come, in the trace that it belongs to.
 *
 * @param span invalid if none could be made, or the path is outside of the catalogue
 * @param owned whether it is ours to end
 * @param inside the Context of what happens in the request
 */
record RequestStart(Span span, boolean owned, Context inside) {

    private static final Attributes CALLER = Attributes.of(Attribute.LINK_KIND.key(), "caller");

    /**
     * @param route null for a path outside of the catalogue
     * @param client what the client said of its trace; invalid for nothing
     * @param session as far as it is known now
     * @param current of the thread that the request came by
     */
    static RequestStart of(
            DaemonInstruments instruments,
            Routes.@Nullable Route route,
            SpanContext client,
            @Nullable String session,
            Context current) {
        try {
            return open(instruments, route, client, session, current);
        } catch (Throwable e) { // a span processor of the program's, say
            instruments
                    .instrumentation()
                    .diagnostics()
                    .report("A span could not be started; the daemon goes on without it", e);
            Throwables.propagateIfFatal(e);
            return new RequestStart(Span.getInvalid(), true, current);
        }
    }

    private static RequestStart open(
            DaemonInstruments instruments,
            Routes.@Nullable Route route,
            SpanContext client,
            @Nullable String session,
            Context current) {
        // A thread of the server may still have the session of another request.
        Context clean = LlmSession.fromContext(current) == null ? current : current.with(LlmSession.none());
        Span other = ServerSpans.around(current);
        if (route != null && other != null && other.getSpanContext().isValid()) {
            other.setAttribute(Attribute.DAEMON_OPERATION.key(), "http_request");
            ServerSpans.route(current, other, route.template());
            return new RequestStart(other, false, clean);
        }
        Tracer tracer = instruments.instrumentation().tracer();
        boolean joins = tracer == null
                ? instruments.inbound().passesOn(client)
                : instruments.inbound().joins(client);
        if (tracer == null || route == null) {
            return new RequestStart(Span.getInvalid(), true, clean.with(joins ? Span.wrap(client) : Span.getInvalid()));
        }
        SpanBuilder builder = tracer.spanBuilder(SpanType.DAEMON_REQUEST.referenceName)
                .setSpanKind(instruments.requestKind())
                .setParent(Context.root().with(joins ? Span.wrap(client) : Span.getInvalid()))
                .setAttribute(Attribute.DAEMON_OPERATION.key(), "http_request")
                .setAttribute(Attribute.HTTP_METHOD.key(), route.method())
                .setAttribute(Attribute.HTTP_ROUTE.key(), route.name());
        if (!joins && client.isValid()) {
            builder.addLink(client, CALLER);
        }
        Span started = instruments.instrumentation().startRoot(builder, ofSession(session));
        Context inside = clean.with(started);
        return new RequestStart(
                started,
                true,
                instruments.requestKind() == SpanKind.SERVER ? ServerSpans.with(inside, started) : inside);
    }

    /** The root, but for the session: a thread of the server may still have that of another request. */
    private static Context ofSession(@Nullable String session) {
        return session != null && SessionIds.isFit(session)
                ? Context.root().with(LlmSession.of(session))
                : Context.root();
    }
}
