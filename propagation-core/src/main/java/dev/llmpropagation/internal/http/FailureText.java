package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.SpanText;
import dev.llmpropagation.network.ProxyException;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * What a span shows instead of an exception's message: anybody can have written that, and it may hold a key. It is made
 * of facts: the class, the service, and a phrase of the JDK's or OkHttp's where the message begins with one.
 */
final class FailureText {

    private static final int MAX_LENGTH = 512;
    private static final int MAX_DEPTH = 4; // a chain of causes can be a ring

    private static final Map<Class<?>, String> STAGES = Map.of(
            ConnectException.class, "Could not connect to ",
            EOFException.class, "The connection was closed too early by ",
            NoRouteToHostException.class, "There is no route to ",
            PortUnreachableException.class, "The port is not open of ",
            SocketException.class, "The connection broke off to ",
            SocketTimeoutException.class, "There was no response in time from ",
            SSLHandshakeException.class, "The TLS handshake failed with ",
            SSLPeerUnverifiedException.class, "The certificate is not accepted of ",
            UnknownHostException.class, "A host name could not be resolved on the way to ");

    // How messages of the JDK and OkHttp begin. What follows is not shown.
    private static final List<String> PHRASES = List.of(
            "The proxy's name is not known",
            "Connection refused",
            "Connection reset",
            "Connection timed out",
            "Connect timed out",
            "connect timed out",
            "Read timed out",
            "timeout",
            "Broken pipe",
            "Socket closed",
            "Socket is closed",
            "Network is unreachable",
            "Host is unreachable",
            "No route to host",
            "PKIX path building failed",
            "PKIX path validation failed",
            "Remote host terminated the handshake",
            "No appropriate protocol",
            "No subject alternative",
            "No name matching",
            "Certificate pinning failure",
            "Received fatal alert: handshake_failure",
            "Received fatal alert: protocol_version",
            "Received fatal alert: bad_certificate",
            "Received fatal alert: certificate_required",
            "Received fatal alert: certificate_unknown",
            "Received fatal alert: certificate_expired",
            "Received fatal alert: unknown_ca",
            "Received fatal alert: access_denied",
            "Received fatal alert: unrecognized_name",
            "Received fatal alert: internal_error");

    private FailureText() {}

    /**
     * Null if nothing is known of this class.
     *
     * @param place of the service
     * @param peer where the connection went, or was tried; null if none was
     */
    static @Nullable String of(Throwable failure, ShownPlace place, @Nullable InetSocketAddress peer) {
        if (failure instanceof ProxyException) { // a final class, with messages of our own
            String message = place.hidden() ? null : failure.getMessage(); // it names where the proxy should have led
            return message == null ? null : SpanText.shown(message, MAX_LENGTH);
        }
        String stage = STAGES.get(failure.getClass());
        if (stage == null) {
            return null;
        }
        String service = place.host() + ':' + place.port();
        InetAddress address = peer == null ? null : peer.getAddress();
        String at = address == null || peer == null ? "" : " at " + address.getHostAddress() + ':' + peer.getPort();
        String phrase = phrase(failure);
        return stage + service + at + (phrase == null ? "" : ": " + phrase);
    }

    private static @Nullable String phrase(Throwable failure) {
        Throwable current = failure;
        for (int depth = 0; current != null && depth < MAX_DEPTH; depth++) {
            if (!STAGES.containsKey(current.getClass())) {
                return null; // getMessage() could be the program's
            }
            String message = current.getMessage();
            for (String phrase : PHRASES) {
                if (message != null && message.startsWith(phrase)) {
                    return phrase;
                }
            }
            current = current.getCause();
        }
        return null;
    }
}
