package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.Text;
import dev.llmpropagation.internal.span.Throwables;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.SessionIds;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/**
 * Makes the span of a request that has come, in the trace that it belongs to. Immutable.
 *
 * @param route null for a path outside of the catalogue, which has no span
 * @param session as far as it is known before the start
 */
record RequestStart(
        DaemonInstruments instruments,
        Routes.@Nullable Route route,
        Inbound.Client client,
        @Nullable String session) {

    private static final Attributes CALLER = Attributes.of(Attribute.LINK_KIND.key(), "caller");
    private static final int MAX_HEADER_LENGTH = 128;

    /** @param current of the thread that the request came by */
    DaemonRequest in(Context current) {
        DaemonRequest request = openOrGoWithout(current);
        request.life.beforeHandedOver(() -> {
            request.life.started();
            complain(request);
        });
        return request;
    }

    private DaemonRequest openOrGoWithout(Context current) {
        try {
            return open(current);
        } catch (Throwable e) { // a span processor of the program's, say
            instruments
                    .instrumentation()
                    .diagnostics()
                    .report("A span could not be started; the daemon goes on without it", e);
            Throwables.propagateIfFatal(e);
            return new DaemonRequest(instruments, Span.getInvalid(), true, route, current);
        }
    }

    private DaemonRequest open(Context current) {
        // A thread of the server may still have the session of another request.
        Context clean = LlmSession.fromContext(current) == null ? current : current.with(LlmSession.none());
        Span other = ServerSpans.around(current);
        if (route != null && other != null && other.getSpanContext().isValid()) {
            other.setAttribute(Attribute.DAEMON_OPERATION.key(), "http_request");
            ServerSpans.route(current, other, route.template());
            return new DaemonRequest(instruments, other, false, route, clean);
        }
        boolean joins = instruments.inbound().joins(client.span());
        Span remote = joins ? Span.wrap(client.span()) : Span.getInvalid();
        Tracer tracer = instruments.instrumentation().tracer();
        if (tracer == null || route == null) {
            Span passed = client.span().isValid() ? Span.wrap(client.span()) : remote;
            return new DaemonRequest(instruments, Span.getInvalid(), true, route, clean.with(passed));
        }
        SpanBuilder builder = tracer.spanBuilder(SpanType.DAEMON_REQUEST.referenceName)
                .setSpanKind(instruments.requestKind())
                .setParent(Context.root().with(remote))
                .setAttribute(Attribute.DAEMON_OPERATION.key(), "http_request")
                .setAttribute(Attribute.HTTP_METHOD.key(), route.method())
                .setAttribute(Attribute.HTTP_ROUTE.key(), route.name());
        if (!joins && client.span().isValid()) {
            builder.addLink(client.span(), CALLER);
        }
        Span started = instruments.instrumentation().startRoot(builder, ofSession());
        Context inside = clean.with(started);
        return new DaemonRequest(
                instruments,
                started,
                true,
                route,
                instruments.requestKind() == SpanKind.SERVER ? ServerSpans.with(inside, started) : inside);
    }

    /** The root, but for the session: a thread of the server may still have that of another request. */
    private Context ofSession() {
        return session != null && SessionIds.isFit(session)
                ? Context.root().with(LlmSession.of(session))
                : Context.root();
    }

    private void complain(DaemonRequest request) {
        String unreadable = client.unreadable();
        if (unreadable != null && route != null && instruments.inbound().mayComplain()) {
            Attributes told =
                    Attributes.of(Attribute.TRACEPARENT_HEADER.key(), Text.bounded(unreadable, MAX_HEADER_LENGTH));
            request.life.log(() -> instruments.events().of(LogEvent.INVALID_PARENT, Severity.DEBUG, request, told));
        }
    }
}
