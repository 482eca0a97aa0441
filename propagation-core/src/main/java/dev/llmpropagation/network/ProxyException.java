package dev.llmpropagation.network;

import java.io.EOFException;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.SocketException;
import java.net.SocketTimeoutException;

/**
 * A proxy was reached and did not do what was asked. The message names the proxy, the destination and the reply; it
 * holds no secret. A proxy that was not reached is a {@link java.net.ConnectException} or
 * {@link java.net.UnknownHostException}, as for any host.
 */
// A ProtocolException, because OkHttp does not try again after one: a wrong password stays wrong.
public final class ProxyException extends ProtocolException {

    private static final long serialVersionUID = 1;

    /** What the proxy refused. */
    public enum Reason {
        /** User name or password, or their absence: 407 of an HTTP proxy. */
        CREDENTIALS,
        /** The destination: any other status of an HTTP proxy, an error reply of a SOCKS proxy. */
        DESTINATION,
        /** It answered in another protocol than the one that was set. */
        PROTOCOL
    }

    private final Reason reason;

    ProxyException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** The proxy's part of a failure that came while it was asked; else only the service would be known. */
    static IOException whileAsking(ProxyServer server, IOException failure) {
        if (failure instanceof ProxyException) {
            return failure;
        }
        if (failure instanceof EOFException) {
            return new ProxyException(
                    Reason.PROTOCOL, "The proxy " + server + " closed the connection instead of answering.");
        }
        IOException named = failure instanceof SocketTimeoutException
                ? new SocketTimeoutException("The proxy " + server + " did not answer in time")
                : new SocketException("The connection to the proxy " + server + " broke off before it answered");
        named.initCause(failure);
        return named;
    }

    /** What the proxy refused. */
    public Reason reason() {
        return reason;
    }
}
