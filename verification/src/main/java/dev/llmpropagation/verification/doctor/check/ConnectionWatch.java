package dev.llmpropagation.verification.doctor.check;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.Handshake;
import okhttp3.Interceptor;
import okhttp3.Protocol;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** Sees how far the connections of a client come, and which headers leave. Thread-safe. */
final class ConnectionWatch extends EventListener implements Interceptor {

    private @Nullable Protocol protocol;
    private @Nullable Handshake handshake;
    private @Nullable Set<String> sentHeaders;
    private boolean connected;
    private boolean tlsStarted;
    private long connectStart;
    private long tlsStart;
    private long connectMillis;
    private long tlsMillis;

    @Override
    public synchronized void connectStart(Call call, InetSocketAddress address, Proxy proxy) {
        connectStart = System.nanoTime();
    }

    @Override
    public synchronized void secureConnectStart(Call call) {
        tlsStarted = true;
        tlsStart = System.nanoTime();
        connectMillis = (tlsStart - connectStart) / 1_000_000;
    }

    @Override
    public synchronized void secureConnectEnd(Call call, @Nullable Handshake done) {
        handshake = done;
        tlsMillis = (System.nanoTime() - tlsStart) / 1_000_000;
    }

    @Override
    public synchronized void connectEnd(Call call, InetSocketAddress address, Proxy proxy, @Nullable Protocol spoken) {
        connected = true;
        protocol = spoken;
        if (!tlsStarted) {
            connectMillis = (System.nanoTime() - connectStart) / 1_000_000;
        }
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        Set<String> names = new TreeSet<>();
        chain.request().headers().names().forEach(name -> names.add(name.toLowerCase(Locale.ROOT)));
        synchronized (this) {
            sentHeaders = Set.copyOf(names);
        }
        return chain.proceed(chain.request());
    }

    synchronized boolean connected() {
        return connected;
    }

    synchronized boolean tlsStarted() {
        return tlsStarted;
    }

    synchronized @Nullable Handshake handshake() {
        return handshake;
    }

    synchronized String protocol() {
        return protocol == null ? "" : protocol.toString();
    }

    /** Until TLS begins, with what a proxy asks for. */
    synchronized long connectMillis() {
        return connectMillis;
    }

    synchronized long tlsMillis() {
        return tlsMillis;
    }

    /** Names in lower case, of the last request; null if none went out. */
    synchronized @Nullable Set<String> sentHeaders() {
        return sentHeaders;
    }
}
