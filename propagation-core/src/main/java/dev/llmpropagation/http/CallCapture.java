package dev.llmpropagation.http;

import io.opentelemetry.context.Context;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.util.Collection;
import java.util.List;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.EventListener;
import okhttp3.HttpUrl;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/**
 * The Context of the thread that made the call, and what only OkHttp's events tell: the peer, and how often the request
 * was written. Made in {@code newCall}, the one place that is on the caller's thread also when the dispatcher queues.
 */
final class CallCapture extends EventListener {

    // Both are let go of with the call: Okio's watchdog keeps the last timeout that it saw, and with it the listener.
    private @Nullable Call call;
    private Context context;
    private final StartedCalls started;
    private final @Nullable ConnectionPhases phases;

    private @Nullable Thread startThread;
    private long startNanos;
    private volatile @Nullable InetSocketAddress peer;
    private volatile int requestsSent;
    private volatile @Nullable Request prepared;
    private volatile boolean strayed;
    private Collection<String> headers = List.of(); // published by prepared

    CallCapture(Call call, Context context, StartedCalls started, @Nullable ConnectionPhases phases) {
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

    /** Where the last connection went, or was tried: the service, or the proxy before it. */
    @Nullable
    InetSocketAddress peer() {
        return peer;
    }

    /** Null unless they are asked for. */
    @Nullable
    ConnectionPhases phases() {
        return phases;
    }

    /** How often OkHttp began to write the request. */
    int requestsSent() {
        return requestsSent;
    }

    /**
     * Looks from here on for requests that {@link #strays stray}.
     *
     * @param request as this library has prepared it
     * @param names of its headers
     */
    void sends(Request request, Collection<String> names) {
        strayed = false;
        headers = names;
        prepared = request;
    }

    /** Whether one was written to the wire that strays, by whoever changed it on the way; false if the call is over. */
    boolean strayed() {
        return strayed;
    }

    /** Whether it is for another origin, and has one of the headers all the same. */
    static boolean strays(Request sent, Request prepared, Collection<String> headers) {
        if (JudgingAuthenticator.isSameOrigin(sent.url(), prepared.url())) {
            return false;
        }
        for (String name : headers) {
            String value = prepared.header(name);
            if (value != null && value.equals(sent.header(name))) {
                return true;
            }
        }
        return false;
    }

    /** Else the call has waited in the dispatcher's queue, while its timeout did not run yet. */
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
        started.take(ending);
        call = null;
        context = Context.root();
        startThread = null;
        prepared = null;
        strayed = false;
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
    public void requestHeadersEnd(Call call, Request request) {
        Request expected = prepared;
        if (expected != null && strays(request, expected, headers)) {
            strayed = true;
        }
    }
}
