package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.CurrentContext;
import dev.llmpropagation.internal.span.Diagnostics;
import dev.llmpropagation.internal.span.Throwables;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.SessionIds;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import okhttp3.Call;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * One wire attempt. Starts its span, writes the headers that its destination may have, and follows the body
 * to its end. If anything of this library fails here, the request is sent unchanged.
 */
final class AttemptHandler {

    private final AttemptInstruments telemetry;
    private final PropagationSettings settings;
    private final AttemptTracer spans;
    private final RunningCalls running;
    private final StrayRequestReporter later;
    private final Diagnostics diagnostics;
    private final CurrentContext current;

    AttemptHandler(
            AttemptInstruments telemetry,
            PropagationSettings settings,
            AttemptTracer spans,
            RunningCalls running,
            StrayRequestReporter later,
            Diagnostics diagnostics) {
        this.telemetry = telemetry;
        this.settings = settings;
        this.spans = spans;
        this.running = running;
        this.later = later;
        this.diagnostics = diagnostics;
        this.current = new CurrentContext(diagnostics::report);
    }

    /** Whether they make spans or metrics, not headers alone. */
    boolean areMeasured() {
        return telemetry.isMeasuring();
    }

    Response send(Interceptor.Chain chain, Request unchecked) throws IOException {
        Request request = PrivateHeaders.strip(unchecked); // an interceptor of the program's may relay some as well
        // After a redirect: the request that RedirectInterceptor began with.
        Request first = chain.request() == unchecked ? request : chain.request();
        Prepared prepared = prepare(chain.call(), request, first);
        if (prepared == null) {
            return chain.proceed(request);
        }
        AttemptSpan attempt = prepared.attempt;
        CallEventListener capture = prepared.capture;
        if (capture != null && prepared.request != request) {
            capture.sends(prepared.request, later);
        }
        int responsesBefore = capture == null ? 0 : capture.responses();
        if (attempt == null) {
            Response response = chain.proceed(prepared.request);
            try {
                tellOfLater(request, prepared, response, responsesBefore);
            } catch (Throwable e) { // rethrown
                closeUnseen(response);
                throw e;
            }
            return response;
        }
        Response response = null;
        try {
            Scope scope = current.set(prepared.context);
            try {
                response = chain.proceed(prepared.request);
            } finally {
                try {
                    current.restore(scope);
                } finally {
                    tellOfLater(request, prepared, response, responsesBefore);
                }
            }
            tellOfRedirects(response);
            return attempt.responded(response, request, first);
        } catch (Throwable e) { // rethrown
            try {
                attempt.failed(e);
            } finally {
                closeUnseen(response);
            }
            throw e;
        }
    }

    /** Those that were not followed by {@link RedirectInterceptor}. */
    private void tellOfRedirects(Response response) {
        if (response.priorResponse() != null && response.priorResponse().isRedirect()) {
            diagnostics.report(
                    "OkHttp itself follows the redirects of a client, and takes headers to other hosts; set"
                            + " followRedirects before instrument(...), not after it",
                    null);
        }
    }

    /**
     * An interceptor of the program returned a response before the request came here: there was no attempt, and only the
     * response can be read.
     *
     * @return the response, read for the model call that it is of
     */
    Response respondedBeforeThem(CallState state, Response response) {
        if (TrackedBody.isIn(response)) {
            return response; // of another call through a client of ours
        }
        try {
            Request request = response.request();
            if (isExport(state.context(), request.url())) {
                return response;
            }
            diagnostics.report(
                    "An interceptor answered a call before the steps of this library came to it: what it sent, if"
                            + " anything, has neither span nor headers; add a transport after instrument(...), or on the"
                            + " SDK's builder",
                    null);
            return state.logical().modelCall() == null
                    ? response
                    : new AttemptSpan(
                                    spans,
                                    Span.getInvalid(),
                                    false,
                                    request,
                                    ShownPlace.of(request, request),
                                    state,
                                    state.context())
                            .responded(response, request, request);
        } catch (Throwable e) { // whatever of ours fails, the program gets its response
            diagnostics.report("An interceptor's response could not be read", e);
            Throwables.propagateIfFatal(e);
            return response;
        }
    }

    /** Closes a response that the program will not get, because of a fatal error on the way. */
    static void closeUnseen(@Nullable Response response) {
        if (response != null && response.body() != null) {
            response.close();
        }
    }

    private void tellOfLater(Request original, Prepared prepared, @Nullable Response response, int responsesBefore) {
        if (prepared.request != original) { // otherwise it has no headers of this library
            later.tell(prepared.request, prepared.capture, response, responsesBefore);
            if (prepared.capture != null) {
                prepared.capture.hasSent(prepared.request);
            }
        }
    }

    /** What to send, or null to send the request as it is. */
    private @Nullable Prepared prepare(Call call, Request request, Request first) {
        AttemptSpan attempt = null;
        Span span = Span.getInvalid();
        try {
            Context here = current.get();
            CallState state = state(call, here);
            state.attempted();
            Context parent = state.parentOfAttempt(here);
            HttpUrl url = request.url();
            if (isExport(parent, url)
                    || OtherInstrumentations.isSentOn(parent, request, telemetry.propagatedFields())) {
                return null;
            }
            spans.open().sweep();
            int ordinal = state.priorRetries() + state.logical().nextAttempt();
            boolean allowed = settings.destinations().allows(url, state.origin());
            String session = session(state.logical());
            boolean owned = OtherInstrumentations.hasHttpClientSpan(parent);

            ShownPlace place = ShownPlace.of(request, first);
            HeaderWriter headers = new HeaderWriter(request);
            String requestId = allowed && settings.requestIdHeader() != null ? HeaderWriter.newRequestId() : null;
            Context context = parent;
            if (!owned && telemetry.isMeasuring()) {
                span = startSpan(parent, request, place, ordinal, session, requestId);
                context = telemetry.tracer() == null ? parent : OtherInstrumentations.withHttpClientSpan(parent, span);
                attempt = new AttemptSpan(spans, span, true, request, place, state, context);
            } else if (state.logical().modelCall() != null) {
                attempt = new AttemptSpan(spans, Span.getInvalid(), false, request, place, state, context);
            }
            if (!owned && allowed) {
                trace(headers, context, settings.baggageDestinations().allows(url, state.origin()));
            }
            if (requestId != null && settings.requestIdHeader() != null) {
                headers.header(settings.requestIdHeader(), requestId);
            }
            if ((session != null || !settings.correlationHeaders().isEmpty())
                    && settings.sessionDestinations().allows(url, state.origin())) {
                correlate(headers, session);
            }
            return new Prepared(headers.request(), attempt, context, state.capture());
        } catch (Throwable e) { // a span processor of the program's, say: whatever it throws, the call goes out
            diagnostics.report("An attempt could not be traced; it goes out without headers of ours", e);
            if (attempt != null) {
                attempt.dropped();
            } else {
                end(span);
            }
            Throwables.propagateIfFatal(e);
            return null;
        }
    }

    private CallState state(Call call, Context here) {
        CallState known = running.find(call);
        if (known != null) {
            return known;
        }
        diagnostics.report(
                "An interceptor went on with a call that was over, so that attempt knows neither its caller nor the service"
                        + " that the client is for",
                null);
        return new CallState(call, new LogicalCall(here, false), null, null, 0, CallState.startNanos(call, null), here);
    }

    /** Whether this sends telemetry: such a request is left alone. */
    private boolean isExport(Context context, HttpUrl url) {
        return OtherInstrumentations.isSuppressed(context)
                || settings.otlpEndpoints().matches(url);
    }

    /** Ends the span of an attempt that could not be prepared. */
    private void end(Span span) {
        try {
            span.end();
        } catch (Throwable e) { // a span processor of the program's, say
            diagnostics.report("A span could not be ended", e);
            Throwables.propagateIfFatal(e);
        }
    }

    private Span startSpan(
            Context parent,
            Request request,
            ShownPlace place,
            int ordinal,
            @Nullable String session,
            @Nullable String requestId) {
        Tracer tracer = telemetry.tracer();
        if (tracer == null) {
            return Span.getInvalid();
        }
        SpanBuilder builder = spans.builder(tracer, parent, request, place, ordinal);
        if (session != null) {
            builder.setAttribute(Attribute.SESSION_ID.key(), session);
            builder.setAttribute(Attribute.CONVERSATION_ID.key(), session);
        }
        if (requestId != null) {
            builder.setAttribute(Attribute.REQUEST_ID.key(), requestId);
        }
        return builder.startSpan();
    }

    private void trace(HeaderWriter headers, Context context, boolean baggageAllowed) {
        try {
            headers.trace(telemetry.propagator(), telemetry.propagatedFields(), context, baggageAllowed);
        } catch (Throwable e) { // the propagator is the program's: whatever it throws, the call goes out
            diagnostics.report("The propagator failed; the request goes out without trace headers", e);
            Throwables.propagateIfFatal(e);
        }
    }

    private void correlate(HeaderWriter headers, @Nullable String session) {
        if (session != null) {
            headers.header(settings.sessionIdHeader(), session);
        }
        for (CorrelationHeader header : settings.correlationHeaders()) {
            String value = header.fitValue(diagnostics);
            if (value != null) {
                headers.header(header.name(), value);
            }
        }
    }

    private @Nullable String session(LogicalCall logical) {
        LlmSession fixed = logical.session();
        String id = fixed != null ? fixed.id() : supplied();
        if (SessionIds.isFit(id)) {
            return id;
        }
        if (id != null && !id.isEmpty()) { // LlmSession.none() has the empty id
            diagnostics.report(
                    "A session id is unfit for a header, so requests go out without it; use 1 to 256 visible ASCII"
                            + " characters",
                    null);
        }
        return null;
    }

    private @Nullable String supplied() {
        if (settings.sessionId() == null) {
            return null;
        }
        try {
            return settings.sessionId().get();
        } catch (Throwable e) { // the supplier is the program's: whatever it throws, the call goes out
            diagnostics.report("The supplier of the session id failed; the request goes out without it", e);
            Throwables.propagateIfFatal(e);
            return null;
        }
    }

    private record Prepared(
            Request request,
            @Nullable AttemptSpan attempt,
            Context context,
            @Nullable CallEventListener capture) {

        /** Without the request: its headers hold a key. */
        @Override
        public String toString() {
            return request.method();
        }
    }
}
