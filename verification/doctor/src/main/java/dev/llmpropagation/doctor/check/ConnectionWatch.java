package dev.llmpropagation.doctor.check;

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

    private static final int PAGE_BYTES = 4096;

    private @Nullable Protocol protocol;
    private @Nullable Handshake handshake;
    private @Nullable Set<String> sentHeaders;
    private boolean connected;
    private boolean tlsStarted;
    private boolean wantsCertificate;
    private boolean answered;
    private long accepted;
    private long firstByte;
    private long connectStart;
    private long tlsStart;
    private long connectMillis;
    private long tlsMillis;

    @Override
    public synchronized void callStart(Call call) {
        answered = false;
        accepted = 0;
        firstByte = 0;
    }

    @Override
    public synchronized void responseBodyStart(Call call) {
        firstByte = System.nanoTime();
    }

    @Override
    public synchronized void responseHeadersEnd(Call call, Response response) {
        answered = true;
        accepted = response.isSuccessful() ? System.nanoTime() : 0;
    }

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
        Response response = chain.proceed(chain.request());
        if (response.code() == 400 && asksForCertificate(response)) {
            synchronized (this) {
                wantsCertificate = true;
            }
        }
        return response;
    }

    /** nginx finishes the handshake without the client's certificate, and then answers with a page that asks for it. */
    private static boolean asksForCertificate(Response response) {
        try {
            return response.request().isHttps()
                    && response.peekBody(PAGE_BYTES).string().contains("SSL certificate");
        } catch (IOException e) {
            return false; // who reads the body meets it too
        }
    }

    /** Whether the service said, in a page and not in the handshake, that it asks for a certificate of the client. */
    synchronized boolean wantsCertificate() {
        return wantsCertificate;
    }

    /** Whether the last call got an answer, however it goes on. */
    synchronized boolean answered() {
        return answered;
    }

    synchronized boolean connected() {
        return connected;
    }

    synchronized boolean tlsStarted() {
        return tlsStarted;
    }

    /** When the last call got an answer that is no error, as {@link System#nanoTime}; 0 if it did not. */
    synchronized long acceptedNanos() {
        return accepted;
    }

    /** When the body of the last call's answer began, as {@link System#nanoTime}; 0 if it did not. */
    synchronized long firstByteNanos() {
        return firstByte;
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
