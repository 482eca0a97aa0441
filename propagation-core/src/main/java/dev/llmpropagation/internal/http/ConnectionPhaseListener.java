package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.Attribute;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.util.List;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.Handshake;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import org.jspecify.annotations.Nullable;

/**
 * How long the parts of an attempt took before its first byte, as OkHttp tells. A connection that was there already has
 * no part of its own. Thread-safe: newer OkHttps try several addresses at once.
 */
final class ConnectionPhaseListener extends EventListener {

    private final Phase dns = new Phase();
    private final Phase connect = new Phase();
    private final Phase tls = new Phase();
    private final Phase request = new Phase();

    /** Forgets the phases of the attempt before: a call can have several. */
    synchronized void attemptStarts(long nanos) {
        dns.clear();
        connect.clear();
        tls.clear();
        request.clear();
        request.start(nanos);
    }

    synchronized void describe(Span span) {
        set(span, Attribute.DNS_DURATION.key(), dns);
        set(span, Attribute.CONNECT_DURATION.key(), connect);
        set(span, Attribute.TLS_DURATION.key(), tls);
        set(span, Attribute.TIME_TO_REQUEST_SENT.key(), request);
    }

    private static void set(Span span, AttributeKey<Double> key, Phase phase) {
        double seconds = phase.seconds();
        if (seconds >= 0) {
            span.setAttribute(key, seconds);
        }
    }

    @Override
    public synchronized void dnsStart(Call call, String domainName) {
        dns.start(System.nanoTime());
    }

    @Override
    public synchronized void dnsEnd(Call call, String domainName, List<InetAddress> addresses) {
        dns.end();
    }

    @Override
    public synchronized void connectStart(Call call, InetSocketAddress address, Proxy proxy) {
        connect.start(System.nanoTime());
    }

    @Override
    public synchronized void secureConnectStart(Call call) {
        connect.end();
        tls.start(System.nanoTime());
    }

    @Override
    public synchronized void secureConnectEnd(Call call, @Nullable Handshake handshake) {
        tls.end();
    }

    @Override
    public synchronized void connectEnd(
            Call call, InetSocketAddress address, Proxy proxy, @Nullable Protocol protocol) {
        if (!tls.started()) {
            connect.end();
        }
    }

    @Override
    public synchronized void connectFailed(
            Call call, InetSocketAddress address, Proxy proxy, @Nullable Protocol protocol, IOException failure) {
        // What counts is the address that answered; the next one starts anew.
        connect.startAnew();
        tls.startAnew();
    }

    @Override
    public synchronized void requestHeadersEnd(Call call, Request sent) {
        RequestBody body = sent.body();
        if (body == null) {
            request.end();
        }
    }

    @Override
    public synchronized void requestBodyEnd(Call call, long byteCount) {
        request.end();
    }

    /** From the first start, or the first after a failure, to the last end. */
    private static final class Phase {
        private boolean started;
        private boolean ended;
        private boolean anew;
        private long startNanos;
        private long endNanos;

        void clear() {
            started = false;
            ended = false;
            anew = false;
        }

        boolean started() {
            return started;
        }

        void startAnew() {
            anew = true;
        }

        void start(long nanos) {
            if (!started || anew) {
                started = true;
                ended = false;
                anew = false;
                startNanos = nanos;
            }
        }

        void end() {
            ended = started;
            endNanos = System.nanoTime();
        }

        /** Negative if there was none, or it did not come to its end. */
        double seconds() {
            return ended ? (endNanos - startNanos) / 1e9 : -1;
        }
    }
}
