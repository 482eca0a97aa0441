package dev.llmpropagation.internal.http;

import io.opentelemetry.context.Context;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.EventListener;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * The Context of the thread that made the call, and what only OkHttp's events tell: the peer, and how often the request
 * was written. Made in {@code newCall}, the one place that is on the caller's thread also when the dispatcher queues.
 */
final class CallEventListener extends EventListener {

    // Both are cleared when the call ends: Okio's watchdog keeps the last timeout that it saw, and with it this
    // listener.
    private @Nullable Call call;
    private Context context;
    private final StartedCalls started;
    private final @Nullable ConnectionPhaseListener phases;

    private volatile boolean taken;
    private @Nullable Thread startThread;
    private long startNanos;
    private volatile @Nullable InetSocketAddress peer;
    private volatile int requestsSent;
    private volatile int responses;
    private volatile @Nullable Request prepared;
    private volatile boolean strayed;
    private volatile boolean doubled;
    private @Nullable StrayRequestReporter later; // published by prepared

    CallEventListener(Call call, Context context, StartedCalls started, @Nullable ConnectionPhaseListener phases) {
        this.phases = phases;
        this.call = call;
        this.context = context;
        this.started = started;
    }

    @Nullable
    Call call() {
        return call;
    }

    Context context() {
        return context;
    }

    /** The first step has found it, so nobody looks for it any more. */
    void taken() {
        taken = true;
    }

    /** Where the last connection went, or was tried: the service, or the proxy before it. */
    @Nullable
    InetSocketAddress peer() {
        return peer;
    }

    /** Null unless the program asks for the phases of connections. */
    @Nullable
    ConnectionPhaseListener phases() {
        return phases;
    }

    /** How often OkHttp began to write the request. */
    int requestsSent() {
        return requestsSent;
    }

    /** How many responses have come. */
    int responses() {
        return responses;
    }

    /**
     * Looks from here on at the requests that are written.
     *
     * @param request as this library has prepared it
     * @param interceptors that can change it on the way
     */
    void sends(Request request, StrayRequestReporter interceptors) {
        strayed = false;
        doubled = false;
        later = interceptors;
        prepared = request;
    }

    /** Looks no longer, and forgets the request: the body of the response can be open for long. */
    void hasSent(Request request) {
        if (prepared == request) {
            prepared = null;
            later = null;
        }
    }

    /** Whether one was written to the wire that {@link StrayRequestReporter#strays strays}. */
    boolean strayed() {
        return strayed;
    }

    /** Whether one was written to the wire with a second value of a header of ours. */
    boolean doubled() {
        return doubled;
    }

    /** If not, the call waited in the dispatcher's queue, where its timeout does not run yet. */
    boolean startedOnThisThread() {
        return startThread == Thread.currentThread();
    }

    long startNanos() {
        return startNanos;
    }

    @Override
    public void callStart(Call call) {
        if (call.timeout().timeoutNanos() > 0) {
            startThread = Thread.currentThread();
            startNanos = System.nanoTime();
        }
        started.put(call, this);
    }

    @Override
    public void callEnd(Call call) {
        ended(call);
    }

    @Override
    public void callFailed(Call call, IOException e) {
        // Also a call that the dispatcher rejected, which no interceptor ever sees.
        ended(call);
    }

    private void ended(Call ending) {
        if (!taken) {
            started.take(ending);
        }
        call = null;
        context = Context.root();
        startThread = null;
        prepared = null;
        later = null;
        strayed = false;
        doubled = false;
    }

    @Override
    public void proxySelectStart(Call call, HttpUrl url) {
        // A connection that the call still has serves its next attempt without an event; a search for another begins
        // here.
        peer = null;
    }

    @Override
    public void connectStart(Call call, InetSocketAddress address, Proxy proxy) {
        peer = address;
    }

    @Override
    public void connectionAcquired(Call call, Connection connection) {
        peer = connection.route().socketAddress();
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // only the call's own thread writes
    public void requestHeadersStart(Call call) {
        requestsSent++;
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // only the call's own thread writes
    public void responseHeadersEnd(Call call, Response response) {
        responses++;
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // only the call's own thread writes
    public void requestHeadersEnd(Call call, Request request) {
        Request expected = prepared;
        StrayRequestReporter interceptors = later;
        if (expected != null && interceptors != null) {
            strayed |= interceptors.strays(request, expected);
            doubled |= interceptors.hasDoubled(request.headers());
        }
    }
}
