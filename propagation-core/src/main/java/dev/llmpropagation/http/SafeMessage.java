package dev.llmpropagation.http;

import dev.llmpropagation.network.ProxyException;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Set;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * What a span may show of an exception. A message can hold a key or a URL with one, so it is shown only for classes of the
 * network whose messages are the JDK's, OkHttp's and our own.
 */
final class SafeMessage {

    private static final Set<Class<?>> SAFE_MESSAGES = Set.of(
            ConnectException.class,
            EOFException.class,
            NoRouteToHostException.class,
            PortUnreachableException.class,
            ProxyException.class,
            SocketException.class,
            SocketTimeoutException.class,
            SSLHandshakeException.class,
            SSLPeerUnverifiedException.class,
            UnknownHostException.class);

    private SafeMessage() {}

    /** Null if it has none, or none that may be shown. */
    static @Nullable String of(Throwable failure) {
        return SAFE_MESSAGES.contains(failure.getClass()) ? failure.getMessage() : null;
    }
}
