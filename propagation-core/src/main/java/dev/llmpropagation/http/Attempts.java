package dev.llmpropagation.http;

import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.SessionIds;
import dev.llmpropagation.span.CurrentContext;
import dev.llmpropagation.span.Diagnostics;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.util.Collection;
import okhttp3.Call;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * One wire attempt. Starts its span, writes the headers that its destination may have, and follows the body
 * to its end. Whatever fails here, the request goes out as if this were not there.
 */
final class Attempts {

    private final Telemetry telemetry;
    private final Settings settings;
    private final AttemptSpans spans;
    private final OpenBodies openBodies;
    private final Collection<String> correlationHeaders;
    private final Diagnostics diagnostics;
    private final CurrentContext current;

    Attempts(
            Telemetry telemetry,
            Settings settings,
            AttemptSpans spans,
            OpenBodies openBodies,
            Collection<String> correlationHeaders,
            Diagnostics diagnostics) {
        this.telemetry = telemetry;
        this.settings = settings;
        this.spans = spans;
        this.openBodies = openBodies;
        this.correlationHeaders = correlationHeaders;
        this.diagnostics = diagnostics;
        this.current = new CurrentContext(diagnostics::report);
    }

    Response send(Interceptor.Chain chain, Request unchecked) throws IOException {
        Request request = PrivateHeaders.strip(unchecked); // an interceptor of the program's may relay some as well
        // Of a redirect, the request that Redirects began with.
        Prepared prepared = prepare(chain.call(), request, chain.request() == unchecked ? request : chain.request());
        if (prepared == null) {
            return chain.proceed(request);
        }
        if (prepared.capture != null && prepared.request != request) {
            prepared.capture.sends(prepared.request, correlationHeaders);
        }
        Attempt attempt = prepared.attempt;
        if (attempt == null) {
            Response response = chain.proceed(prepared.request);
            tellOfAnotherOrigin(request, prepared, response);
            return response;
        }
        Response response;
        Scope scope = current.set(prepared.context);
        try {
            response = chain.proceed(prepared.request);
        } catch (Throwable e) {
            current.restore(scope);
            tellOfAnotherOrigin(request, prepared, null);
            attempt.failed(e);
            throw e;
        }
        current.restore(scope);
        tellOfAnotherOrigin(request, prepared, response);
        if (response.priorResponse() != null && response.priorResponse().isRedirect()) {
            diagnostics.report(
                    "OkHttp itself follows the redirects of a client, and takes headers to other hosts; set"
                            + " followRedirects before instrument(...), not after it",
                    null);
        }
        return attempt.responded(response, openBodies);
    }

    /** Interceptors that the program added behind ours can send a request elsewhere, which only shows afterwards. */
    private void tellOfAnotherOrigin(Request original, Prepared prepared, @Nullable Response response) {
        if (prepared.request == original) {
            return; // none of ours are in it
        }
        CallCapture capture = prepared.capture;
        boolean strayed = capture != null && capture.strayed();
        if (strayed
                || (response != null && CallCapture.strays(response.request(), prepared.request, correlationHeaders))) {
            diagnostics.report(
                    "A request went to another origin with headers of this library: an interceptor or an authenticator"
                            + " that was added after instrument(...) sent it there; add it before",
                    null);
        }
    }

    /** What to send, or null to send the request as it is. */
    private @Nullable Prepared prepare(Call call, Request request, Request first) {
        Attempt attempt = null;
        Span span = Span.getInvalid();
        try {
            Context parent = current.get();
            HttpUrl url = request.url();
            if (Suppression.isSuppressed(parent)
                    || settings.otlpEndpoints().matches(url)
                    || Suppression.isSentOn(parent, request, telemetry.propagatedFields())) {
                return null;
            }
            openBodies.sweep();
            CallState state = CallState.current(call);
            if (state == null) {
                state = new CallState(
                        call, new LogicalCall(parent, false), null, null, 0, CallState.startNanos(call, null));
            }
            int ordinal = state.priorRetries() + state.logical().nextAttempt();
            boolean allowed = settings.destinations().allows(url, state.origin());
            String session = session(state.logical());
            boolean owned = Suppression.hasHttpClientSpan(parent);

            ShownPlace place = ShownPlace.of(request, first);
            HeaderWriter headers = new HeaderWriter(request);
            String requestId = allowed && settings.requestIdHeader() != null ? HeaderWriter.newRequestId() : null;
            Context context = parent;
            if (!owned && telemetry.isMeasuring()) {
                span = startSpan(parent, place, ordinal, session, requestId);
                context = telemetry.tracer() == null ? parent : Suppression.withHttpClientSpan(parent, span);
                attempt = new Attempt(spans, span, true, place, state, context);
            } else if (state.logical().modelRequest() != null) {
                attempt = new Attempt(spans, Span.getInvalid(), false, place, state, context);
            }
            if (!owned && allowed) {
                trace(headers, context, settings.baggageDestinations().allows(url, state.origin()));
            }
            if (requestId != null && settings.requestIdHeader() != null) {
                headers.header(settings.requestIdHeader(), requestId);
            }
            if (session != null && settings.sessionDestinations().allows(url, state.origin())) {
                headers.header(settings.sessionIdHeader(), session);
            }
            return new Prepared(headers.request(), attempt, context, state.capture());
        } catch (Throwable e) { // a span processor of the program's, say: whatever it throws, the call goes out
            diagnostics.report("An attempt could not be traced; it goes out without headers of ours", e);
            if (attempt != null) {
                attempt.dropped();
            } else {
                end(span);
            }
            return null;
        }
    }

    /** Of an attempt that came to nothing. */
    private void end(Span span) {
        try {
            span.end();
        } catch (Throwable e) { // a span processor of the program's, say
            diagnostics.report("A span could not be ended", e);
        }
    }

    private Span startSpan(
            Context parent, ShownPlace place, int ordinal, @Nullable String session, @Nullable String requestId) {
        Tracer tracer = telemetry.tracer();
        if (tracer == null) {
            return Span.getInvalid();
        }
        SpanBuilder builder = spans.builder(tracer, parent, place, ordinal);
        if (session != null) {
            builder.setAttribute(Names.SESSION_ID, session);
            builder.setAttribute(Names.CONVERSATION_ID, session);
        }
        if (requestId != null) {
            builder.setAttribute(Names.REQUEST_ID, requestId);
        }
        return builder.startSpan();
    }

    private void trace(HeaderWriter headers, Context context, boolean baggageAllowed) {
        try {
            headers.trace(telemetry.propagator(), telemetry.propagatedFields(), context, baggageAllowed);
        } catch (Throwable e) { // the propagator is the program's: whatever it throws, the call goes out
            diagnostics.report("The propagator failed; the request goes out without trace headers", e);
        }
    }

    private @Nullable String session(LogicalCall logical) {
        LlmSession fixed = logical.session();
        String id = fixed != null ? fixed.id() : supplied();
        if (SessionIds.isFit(id)) {
            return id;
        }
        if (id != null && !id.isEmpty()) { // the empty one is that of LlmSession.none()
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
            return null;
        }
    }

    private record Prepared(
            Request request,
            @Nullable Attempt attempt,
            Context context,
            @Nullable CallCapture capture) {}
}
