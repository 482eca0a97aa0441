package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.CurrentContext;
import dev.llmpropagation.internal.span.Diagnostics;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.Throwables;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.ImplicitContextKeyed;
import okhttp3.Call;
import okhttp3.HttpUrl;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/**
 * One call as the program made it, around all its wire attempts. A provider's facade opens it where the SDK's retries
 * stand above HTTP; else {@link CallerContextInterceptor} makes one for each OkHttp call. Thread-safe.
 */
public final class LogicalCall implements ImplicitContextKeyed {

    private static final ContextKey<LogicalCall> KEY = ContextKey.named("llm-propagation-logical-call");

    private final Context caller;
    private final @Nullable LlmSession session;
    private final boolean sdkMayRetry;
    // Under the lock of this object: an interceptor of the program's can have two attempts at once.
    private int attempts;
    private @Nullable HttpUrl url;
    private @Nullable String method;
    private volatile @Nullable Ending stopped;
    private volatile @Nullable Call running;
    private volatile @Nullable Diagnostics diagnostics; // of the client that runs it
    private volatile boolean closing;
    private volatile boolean known;
    private volatile @Nullable ModelCall modelCall;
    // Under the lock of this object, with the model call.
    private boolean over;
    private @Nullable Throwable failure;

    /** @param caller the Context of the thread that made the call: parent of its attempts, and source of its session */
    public LogicalCall(Context caller) {
        this(caller, true);
    }

    /**
     * Of one OkHttp call, whose request carries this as a tag of this class: for an SDK that makes its requests on threads
     * where nobody is the caller.
     */
    public static LogicalCall ofOneRequest(Context caller) {
        return new LogicalCall(caller, false);
    }

    /** @param sdkMayRetry whether the SDK may make further OkHttp calls, until {@link #finished()} */
    LogicalCall(Context caller, boolean sdkMayRetry) {
        this.caller = caller;
        this.sdkMayRetry = sdkMayRetry;
        this.session = LlmSession.fromContext(caller);
    }

    /**
     * The Context of what is called on this thread, now. The program was asked for that of a facade's call, and is not asked
     * again for the requests in it.
     */
    static Context caller(CurrentContext current) {
        Context here = current.get();
        return fromContext(here) == null ? current.caller() : here;
    }

    /** For a facade whose SDK stays on the caller's thread: the call that this context belongs to. */
    static @Nullable LogicalCall fromContext(Context context) {
        return context.get(KEY);
    }

    @Override
    public Context storeInContext(Context context) {
        return context.with(KEY, this);
    }

    /** The Context that the program made the call in. */
    public Context caller() {
        return caller;
    }

    /** Cancels what runs and lets no further attempt reach the wire. */
    public void cancel() {
        cancel(Ending.of(Outcome.CANCELLED));
    }

    /**
     * As {@link #cancel()}, for a program that says why: a deadline of its own is no cancel.
     *
     * @param why the first one counts
     */
    public void cancel(Ending why) {
        markStopped(why);
        Call call = running;
        Diagnostics told = diagnostics;
        if (call != null && told != null) {
            cancel(call, told);
        }
    }

    /**
     * The SDK makes no further attempt: the program has its result, or has given up. A body may still be read, by the
     * program itself.
     */
    public void finished() {
        finished(null);
    }

    /**
     * As {@link #finished()}, and what the program gets instead of a result, before it gets it: bytes that were sent
     * and read to their end can still be no response.
     *
     * @param thrown null for a result. Means nothing once the program {@link #closing() closes} what it got
     */
    public void finished(@Nullable Throwable thrown) {
        ModelCall asked;
        Throwable told = closing ? null : thrown;
        synchronized (this) {
            over = true;
            failure = told;
            asked = modelCall;
        }
        if (asked != null) {
            asked.finished(stopped, told);
        }
    }

    /**
     * The program has a response that it reads by itself, through the facade: {@link #resumed()} comes before each
     * step, this or {@link #finished} after it. The SDK makes no further attempt.
     */
    public void handedOver() {
        ModelCall asked = modelCall;
        if (asked != null) {
            asked.handedOver();
        }
    }

    /** The SDK reads again, for the program. */
    public void resumed() {
        ModelCall asked = modelCall;
        if (asked != null) {
            asked.resumed();
        }
    }

    /**
     * The program closes what it got. An end that the SDK reports from now on is caused by that, and does not say how
     * the call ended. {@link #finished()} comes after it.
     */
    public void closing() {
        closing = true;
    }

    public boolean isClosing() {
        return closing;
    }

    /** Whether the program stopped the call, here or by {@link Call#cancel()}. */
    public boolean isCancelled() {
        return stopped != null;
    }

    /** Why the program stopped the call, or null if it has not. */
    @Nullable
    Ending stopped() {
        return stopped;
    }

    @Nullable
    LlmSession session() {
        return session;
    }

    boolean sdkMayRetry() {
        return sdkMayRetry;
    }

    /** Whether its first request has told what it is about. */
    boolean isKnown() {
        return known;
    }

    /**
     * The program can be done with the call while its model call starts, on another thread.
     *
     * @param asked null if it asks no model for anything
     */
    void isAbout(@Nullable ModelCall asked) {
        boolean late;
        Throwable told;
        synchronized (this) {
            modelCall = asked;
            known = true;
            late = over;
            told = failure;
        }
        if (late && asked != null) {
            asked.finished(stopped, told);
        }
    }

    @Nullable
    ModelCall modelCall() {
        return modelCall;
    }

    /** Whether the request asks what this call has asked a model, since an interceptor of the program's sends it once more. */
    boolean isAskedAgainBy(Request request) {
        ModelCall asked = modelCall;
        return asked != null && asked.isAskedBy(request.body());
    }

    /** Ordinal of the next wire attempt of the request that the SDK sends, from 0. */
    synchronized int nextAttempt() {
        return attempts++;
    }

    /**
     * One method of an SDK can make several requests: each counts its attempts from 0.
     *
     * @param sdkRetries as the request says it, see {@link ClientProfile#retryCountHeader()}; null if it does not
     */
    synchronized void begins(Request request, @Nullable Integer sdkRetries) {
        boolean samePlace = request.url().equals(url) && request.method().equals(method);
        if (sdkRetries == null ? !samePlace : sdkRetries == 0) {
            attempts = 0;
        }
        url = request.url();
        method = request.method();
    }

    /** @param told if it cannot be cancelled */
    void started(Call call, Diagnostics told) {
        diagnostics = told;
        running = call;
        if (stopped != null) {
            cancel(call, told);
        }
    }

    /**
     * Cancels it for a program that did not ask OkHttp for that itself, so nobody expects here what listeners of the
     * program's throw. Never throws.
     */
    static void cancel(Call call, Diagnostics diagnostics) {
        try {
            call.cancel();
        } catch (Throwable e) { // of such a listener: OkHttp tells it last, and the call is cancelled all the same
            diagnostics.report("A listener failed when its call was cancelled", e);
            Throwables.propagateIfFatal(e);
        }
    }

    void ended(Call call) {
        // The body may still be read: a later cancel() must reach it, so only a failed call is let go.
        if (running == call) {
            running = null;
        }
    }

    void markCancelled() {
        markStopped(Ending.of(Outcome.CANCELLED));
    }

    private synchronized void markStopped(Ending why) {
        if (stopped == null) {
            stopped = why;
        }
    }
}
