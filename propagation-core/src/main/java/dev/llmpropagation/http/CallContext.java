package dev.llmpropagation.http;

import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.destination.UrlParser;
import dev.llmpropagation.span.CurrentContext;
import dev.llmpropagation.span.Diagnostics;
import dev.llmpropagation.span.Ending;
import dev.llmpropagation.span.Outcome;
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
 * First step: finds the Context and session of the program that made the call and makes them current, for the steps
 * after it and for the callback. Removes the private headers.
 */
final class CallContext implements Interceptor {

    private final ClientProfile profile;
    private final StartedCalls started;
    private final @Nullable ModelRequests models;
    private final CurrentContext current;
    private final Diagnostics diagnostics;

    // The base URL of a client hardly ever changes, and to verify it on each request would cost more than the rest.
    private volatile @Nullable BaseUrl lastBaseUrl;

    /** @param models null if nothing is measured */
    CallContext(
            ClientProfile profile,
            StartedCalls started,
            @Nullable ModelRequests models,
            CurrentContext current,
            Diagnostics diagnostics) {
        this.profile = profile;
        this.started = started;
        this.models = models;
        this.current = current;
        this.diagnostics = diagnostics;
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        Call call = chain.call();
        CallState state;
        LogicalCall logical;
        Request request;
        boolean cancelled;
        ModelRequest model = null;
        try {
            request = chain.request();
            state = stateOf(call, request);
            request = PrivateHeaders.strip(request);
            logical = state.logical();
            cancelled = logical.isCancelled();
            if (!cancelled) {
                if (profile.calls() != null || logical == request.tag(LogicalCall.class)) {
                    logical.started(call);
                }
                ContextExecutor.holdUntilCallbackReturned(logical.caller());
                model = models == null ? null : models.of(logical, request, profile);
                cancelled = logical.isCancelled(); // while the span of the model call started
            }
        } catch (Throwable e) { // whatever of ours fails, the call goes out
            diagnostics.report("The context of a call could not be found; it goes out untraced", e);
            return chain.proceed(PrivateHeaders.strip(chain.request()));
        }
        if (cancelled) {
            return answerCancelled(request);
        }
        CallState outer = state.makeCurrent();
        Context inside = model == null ? logical.caller() : model.context(logical.caller());
        // On the caller's own thread it mostly is current, which not every ContextStorage notices.
        Scope scope = inside == current.get() ? Scope.noop() : current.set(inside);
        try {
            Response response = chain.proceed(request);
            if (model != null) {
                model.answered(response);
            }
            return response;
        } catch (Throwable e) {
            Outcome outcome = CallEnd.of(e, call, state.startNanos());
            if (outcome == Outcome.CANCELLED && e instanceof IOException) {
                logical.markCancelled();
            }
            if (model != null) {
                Ending stopped = outcome == Outcome.CANCELLED ? logical.stopped() : null;
                if (stopped == null || stopped.failure() == null) {
                    model.failed(outcome, e);
                } else {
                    model.failed(stopped.outcome(), stopped.failure());
                }
            }
            logical.ended(call);
            throw e;
        } finally {
            current.restore(scope);
            CallState.restore(outer);
        }
    }

    private Response answerCancelled(Request request) throws IOException {
        if (profile.cancelledAnswer() == null) {
            throw new IOException("Canceled");
        }
        return profile.cancelledAnswer().apply(request);
    }

    private CallState stateOf(Call call, Request request) {
        CallCapture capture = started.take(call);
        Context caller = capture != null ? capture.context() : contextWithoutCapture(request);
        LogicalCalls calls = profile.calls();
        BaseUrl baseUrl = calls == null ? null : baseUrl(request, calls.headers());
        LogicalCall logical = request.tag(LogicalCall.class);
        if (logical == null && calls != null) {
            logical = facadeCall(request, caller, calls, baseUrl != null);
        }
        int priorRetries = 0;
        if (logical == null) {
            logical = new LogicalCall(caller, false);
            priorRetries = retryCount(request);
        }
        return new CallState(
                call,
                logical,
                baseUrl != null ? baseUrl.origin : profile.origin().get(),
                capture,
                priorRetries,
                CallState.startNanos(call, capture));
    }

    /**
     * On the caller's own thread, its Context. A queued call, though, can be handed over by the thread of another
     * session: one without a capture was made in the root Context, or it is a WebSocket, which has no listener and hardly
     * ever waits.
     */
    private Context contextWithoutCapture(Request request) {
        boolean onCallersThread = !ContextExecutor.runsCall() || request.header("Upgrade") != null;
        return onCallersThread ? current.caller() : Context.root();
    }

    private static @Nullable LogicalCall facadeCall(
            Request request, Context caller, LogicalCalls calls, boolean fromFacade) {
        String id = request.header(calls.headers().call());
        if (id != null) {
            return calls.find(id);
        }
        // Without the mark of the facade's client it is a call of the SDK's own (a token, say) inside the program's.
        return fromFacade ? LogicalCall.fromContext(caller) : null;
    }

    private int retryCount(Request request) {
        String name = profile.retryCountHeader();
        String value = name == null ? null : request.header(name);
        if (value == null) {
            return 0;
        }
        try {
            return Math.max(0, Integer.parseInt(value));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private @Nullable BaseUrl baseUrl(Request request, PrivateHeaders headers) {
        String value = request.header(headers.baseUrl());
        if (value == null) {
            return null;
        }
        BaseUrl last = lastBaseUrl;
        if (last == null || !last.value.equals(value)) {
            String text = headers.verified(value);
            if (text == null) {
                return null;
            }
            HttpUrl url = UrlParser.parse(text);
            last = new BaseUrl(value, url == null ? null : Origin.of(url));
            lastBaseUrl = last;
        }
        return last;
    }

    /** @param value of the header, which was verified */
    private record BaseUrl(String value, @Nullable Origin origin) {}
}
