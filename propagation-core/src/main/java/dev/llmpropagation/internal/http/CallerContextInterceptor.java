package dev.llmpropagation.internal.http;

import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.internal.span.CurrentContext;
import dev.llmpropagation.internal.span.Diagnostics;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.Throwables;
import dev.llmpropagation.internal.url.UrlParser;
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
final class CallerContextInterceptor implements Interceptor {

    private final ClientProfile profile;
    private final StartedCalls started;
    private final RunningCalls running;
    private final @Nullable ModelCallFactory models;
    private final AttemptHandler attempts;
    private final CurrentContext current;
    private final Diagnostics diagnostics;

    // The base URL of a client hardly ever changes, and to verify it on each request would cost more than the rest.
    private volatile @Nullable BaseUrl lastBaseUrl;

    /** @param models null if nothing is measured */
    CallerContextInterceptor(
            ClientProfile profile,
            StartedCalls started,
            RunningCalls running,
            @Nullable ModelCallFactory models,
            AttemptHandler attempts,
            CurrentContext current,
            Diagnostics diagnostics) {
        this.profile = profile;
        this.started = started;
        this.running = running;
        this.models = models;
        this.attempts = attempts;
        this.current = current;
        this.diagnostics = diagnostics;
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        Call call = chain.call();
        Request request;
        LogicalCall logical;
        ModelCall modelCall = null;
        CallState state = null;
        boolean again;
        try {
            Request original = chain.request();
            CallEventListener capture = started.take(call);
            Context found = capture != null ? capture.context() : contextWithoutCapture(original);
            LogicalCalls calls = profile.calls();
            BaseUrl baseUrl = calls == null ? null : baseUrl(original, calls.headers());
            LogicalCall tagged = original.tag(LogicalCall.class);
            LogicalCall known =
                    tagged == null && calls != null ? facadeCall(original, found, calls, baseUrl != null) : tagged;
            LogicalCall around = known == null ? LogicalCall.fromContext(found) : null;
            again = known != null ? running.isInside(known) : around != null && around.isAskedAgainBy(original);
            logical = known != null ? known : around != null && again ? around : new LogicalCall(found, false);
            boolean within = again && LogicalCall.fromContext(found) == logical;
            Context caller = within ? found : logical.caller();
            Origin origin = baseUrl != null ? baseUrl.origin : profile.origin().get();
            request = PrivateHeaders.strip(original);
            if (!logical.isCancelled()) {
                if ((calls != null || tagged != null) && !again) {
                    logical.started(call);
                }
                ContextExecutor.holdUntilCallbackReturned(caller);
                modelCall = models == null ? null : models.of(logical, request, profile);
            }
            if (!logical.isCancelled()) { // nor while the span of the model call started
                state = new CallState(
                        call,
                        logical,
                        origin,
                        capture,
                        known == null && !again ? retryCount(original) : 0,
                        CallState.startNanos(call, capture),
                        modelCall == null || within ? caller : modelCall.context(caller));
                running.add(state);
            }
        } catch (Throwable e) { // whatever of ours fails, the call goes out
            diagnostics.report("The context of a call could not be found; it goes out untraced", e);
            Throwables.propagateIfFatal(e);
            return chain.proceed(PrivateHeaders.strip(chain.request()));
        }
        if (state == null) {
            if (modelCall != null && !again && !logical.sdkMayRetry()) { // else a facade ends it
                modelCall.finished(logical.stopped(), null);
            }
            return answerCancelled(request);
        }
        // On the caller's own thread it mostly is current, which not every ContextStorage notices.
        Response response = null;
        try {
            Scope scope = state.context() == current.get() ? Scope.noop() : current.set(state.context());
            try {
                response = chain.proceed(request);
                if (!state.wasAttempted()) {
                    response = attempts.answeredBeforeThem(state, response);
                }
                if (modelCall != null && !again) {
                    modelCall.answered(TrackedBody.reading(response, modelCall), response.code());
                }
            } finally {
                running.remove(state);
                current.restore(scope);
            }
            return response;
        } catch (Throwable e) { // goes on as it is
            try {
                AttemptHandler.closeUnseen(response);
            } finally {
                running.remove(state); // not yet if no Context could be set
                if (!again) { // else the interceptor that makes this call inside another decides what comes of that
                    failed(e, state, modelCall);
                }
            }
            throw e;
        }
    }

    private void failed(Throwable failure, CallState state, @Nullable ModelCall modelCall) {
        LogicalCall logical = state.logical();
        Outcome outcome = CallOutcome.of(failure, state.call(), state.startNanos());
        if (outcome == Outcome.CANCELLED && state.call().isCanceled()) { // after an interrupt the SDK decides
            logical.markCancelled();
        }
        try {
            if (modelCall != null) {
                Ending stopped = outcome == Outcome.CANCELLED ? logical.stopped() : null;
                if (stopped == null || stopped.failure() == null) {
                    modelCall.failed(outcome, failure);
                } else {
                    modelCall.failed(stopped.outcome(), stopped.failure());
                }
            }
        } finally {
            logical.ended(state.call());
        }
    }

    private Response answerCancelled(Request request) throws IOException {
        if (profile.cancelledAnswer() == null) {
            throw new IOException("Canceled");
        }
        return profile.cancelledAnswer().apply(request);
    }

    /**
     * On the caller's own thread, its Context. A queued call, though, can be handed over by the thread of another
     * session: one without a capture was made in the root Context, or it is a WebSocket, which has no listener and hardly
     * ever waits.
     */
    private Context contextWithoutCapture(Request request) {
        boolean onCallersThread = !ContextExecutor.runsCall() || request.header("Upgrade") != null;
        if (!onCallersThread
                && attempts.areMeasured()) { // else nothing was captured where there is nothing to remember
            diagnostics.report(
                    "A queued call does not know its caller, since the event listener of its client was set after"
                            + " instrument(...); set it before",
                    null);
        }
        return onCallersThread ? LogicalCall.caller(current) : Context.root();
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
    private record BaseUrl(String value, @Nullable Origin origin) {

        /** Not the value, which is signed. */
        @Override
        public String toString() {
            return String.valueOf(origin);
        }
    }
}
