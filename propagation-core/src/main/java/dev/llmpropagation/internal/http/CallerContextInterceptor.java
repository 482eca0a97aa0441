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

    // A client nearly always has the same base URL, and to verify it again costs more than all other work here.
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
        Entered entered;
        try {
            entered = enter(chain.call(), chain.request());
        } catch (Throwable e) { // whatever of ours fails, the call goes out
            diagnostics.report("The context of a call could not be found; it goes out untraced", e);
            Throwables.propagateIfFatal(e);
            return chain.proceed(PrivateHeaders.strip(chain.request()));
        }
        return entered.state == null ? cancelled(entered) : proceed(chain, entered, entered.state);
    }

    /** Finds whose call it is, and starts the model call if this is the first request of one. */
    private Entered enter(Call call, Request original) {
        CallEventListener capture = started.take(call);
        Context here = capture != null ? capture.context() : contextWithoutCapture(original);
        LogicalCalls calls = profile.calls();
        BaseUrl baseUrl = calls == null ? null : baseUrl(original, calls.headers());
        Caller caller = caller(original, here, calls, baseUrl != null);
        LogicalCall logical = caller.logical;
        Context context = caller.context();
        Origin origin = baseUrl != null ? baseUrl.origin : profile.origin().get();
        Request request = PrivateHeaders.strip(original);
        Integer sdkRetries = sdkRetries(original);
        ModelCall modelCall = null;
        if (!logical.isCancelled()) {
            if ((calls != null || caller.named) && !caller.again) {
                logical.begins(original, sdkRetries);
                logical.started(call, diagnostics);
            }
            ContextExecutor.holdUntilCallbackReturned(context);
            modelCall = models == null ? null : models.of(logical, request, profile);
        }
        if (logical.isCancelled()) { // also while the span of the model call started
            return new Entered(request, caller, modelCall, null);
        }
        CallState state = new CallState(
                call,
                logical,
                origin,
                capture,
                caller.named || caller.again || sdkRetries == null ? 0 : sdkRetries,
                CallState.startNanos(call, capture),
                modelCall == null || caller.isWithin() ? context : modelCall.context(context));
        running.add(state);
        return new Entered(request, caller, modelCall, state);
    }

    private Caller caller(Request request, Context here, @Nullable LogicalCalls calls, boolean fromFacade) {
        LogicalCall named = request.tag(LogicalCall.class);
        if (named == null && calls != null) {
            named = facadeCall(request, here, calls, fromFacade);
        }
        if (named != null) {
            return new Caller(named, true, running.isInside(named), here);
        }
        LogicalCall around = LogicalCall.fromContext(here);
        return around != null && around.isAskedAgainBy(request)
                ? new Caller(around, false, true, here)
                : new Caller(new LogicalCall(here, false), false, false, here);
    }

    private Response proceed(Chain chain, Entered entered, CallState state) throws IOException {
        ModelCall modelCall = entered.caller.again ? null : entered.modelCall; // otherwise the outer call ends it
        Response response = null;
        try {
            // Mostly it is current already; not every ContextStorage skips the work then.
            Scope scope = state.context() == current.get() ? Scope.noop() : current.set(state.context());
            try {
                response = chain.proceed(entered.request);
                if (!state.wasAttempted()) {
                    response = attempts.respondedBeforeThem(state, response);
                }
                if (modelCall != null) {
                    modelCall.responded(TrackedBody.responseTo(modelCall, response), response.code());
                }
            } finally {
                running.remove(state);
                current.restore(scope);
            }
            return response;
        } catch (Throwable e) { // rethrown
            try {
                AttemptHandler.closeUnseen(response);
            } finally {
                running.remove(state); // again, in case no Context could be set
                if (!entered.caller.again) {
                    failed(e, state, modelCall);
                }
            }
            throw e;
        }
    }

    private void failed(Throwable failure, CallState state, @Nullable ModelCall modelCall) {
        LogicalCall logical = state.logical();
        Outcome outcome = CallOutcome.of(failure, state.call(), state.startNanos());
        if (outcome == Outcome.CANCELLED && state.call().isCanceled()) { // an interrupt is no cancel: the SDK may go on
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

    private Response cancelled(Entered entered) throws IOException {
        LogicalCall logical = entered.caller.logical;
        ModelCall modelCall = entered.modelCall;
        if (modelCall != null && !entered.caller.again && !logical.sdkMayRetry()) { // otherwise a facade ends it
            modelCall.finished(logical.stopped(), null);
        }
        if (profile.cancelledResponse() == null) {
            throw new IOException("Canceled");
        }
        return profile.cancelledResponse().apply(entered.request);
    }

    /**
     * The current Context, if this is the caller's own thread. A queued call can be started by a thread of another
     * session: without a listener, it was made in the root Context. A WebSocket has no listener either, but it hardly
     * ever waits in a queue.
     */
    private Context contextWithoutCapture(Request request) {
        boolean onCallersThread = !ContextExecutor.runsCall() || request.header("Upgrade") != null;
        if (!onCallersThread
                && attempts.areMeasured()) { // otherwise there was no listener because there was no Context to remember
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
        // A request without the base URL of the facade is one of the SDK's own, for a token, inside a call of the
        // program.
        return fromFacade ? LogicalCall.fromContext(caller) : null;
    }

    /** Null if the request does not say. */
    private @Nullable Integer sdkRetries(Request request) {
        String name = profile.retryCountHeader();
        String value = name == null ? null : request.header(name);
        if (value == null) {
            return null;
        }
        try {
            return Math.max(0, Integer.parseInt(value));
        } catch (NumberFormatException e) {
            return null;
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

    /**
     * Whose call an OkHttp call is.
     *
     * @param named whether the facade or the SDK's adapter says so
     * @param again whether it is made inside another OkHttp call of the same logical one
     * @param here the Context that was found for it
     */
    private record Caller(LogicalCall logical, boolean named, boolean again, Context here) {

        /** Whether its Context stands inside the model call already. */
        boolean isWithin() {
            return again && LogicalCall.fromContext(here) == logical;
        }

        Context context() {
            return isWithin() ? here : logical.caller();
        }
    }

    /**
     * A call on its way to the steps.
     *
     * @param state null if it is cancelled
     */
    private record Entered(
            Request request,
            Caller caller,
            @Nullable ModelCall modelCall,
            @Nullable CallState state) {

        /** Without the request: its headers hold a key. */
        @Override
        public String toString() {
            return request.method();
        }
    }

    /** @param value of the header, which was verified */
    private record BaseUrl(String value, @Nullable Origin origin) {

        /** Without the value, which is signed. */
        @Override
        public String toString() {
            return String.valueOf(origin);
        }
    }
}
