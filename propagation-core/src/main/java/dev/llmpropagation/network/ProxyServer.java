package dev.llmpropagation.network;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.internal.url.IpRange;
import dev.llmpropagation.internal.url.UrlParser;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * One proxy.
 *
 * @param host as OkHttp spells it: lower case, punycode, IPv6 without brackets
 */
record ProxyServer(
        Kind kind, String host, int port, @Nullable ProxyCredentials credentials) {

    enum Kind {
        HTTP(80),
        SOCKS5(1080);

        final int defaultPort;

        Kind(int defaultPort) {
            this.defaultPort = defaultPort;
        }
    }

    /** @throws IllegalArgumentException naming the setting, without the value, which can be a URL with a password */
    static ProxyServer of(String setting, Kind kind, String host, int port) {
        if (port < 1 || port > 65535) {
            throw new IllegalArgumentException(setting + ": the port is not a number from 1 to 65535.");
        }
        return new ProxyServer(kind, canonical(setting, host), port, null);
    }

    private static String canonical(String setting, String host) {
        String text = requireNonNull(host, setting + ": the host").strip();
        // OkHttp decodes percent signs, and would take user info for a part of the name.
        boolean plain = !text.isEmpty() && text.chars().noneMatch(c -> c <= ' ' || "%@/\\?#".indexOf(c) >= 0);
        String spelled = plain ? UrlParser.host(text) : null;
        if (spelled == null) {
            throw new IllegalArgumentException(
                    setting
                            + ": the host is not a name or an IP address. Write it as proxy.example.com, 10.0.0.1 or [fd00::1].");
        }
        return spelled;
    }

    ProxyServer with(ProxyCredentials newCredentials) {
        String user = newCredentials.user();
        if (kind == Kind.HTTP && user.indexOf(':') >= 0) {
            throw new IllegalArgumentException(
                    "The user name for the proxy " + this + " has a colon, which Basic authentication cannot carry.");
        }
        if (kind == Kind.SOCKS5 && !Socks5.isFit(user)) {
            throw new IllegalArgumentException(
                    "The user name for the proxy " + this + " is empty or longer than 255 bytes.");
        }
        return new ProxyServer(kind, host, port, newCredentials);
    }

    /** Not resolved, so that the client's own DNS is asked. */
    InetSocketAddress address() {
        return InetSocketAddress.createUnresolved(host, port);
    }

    /** As other HTTP clients than ours must see it. */
    Proxy javaProxy() {
        return new Proxy(kind == Kind.HTTP ? Proxy.Type.HTTP : Proxy.Type.SOCKS, address());
    }

    /** Whether a connection to this address is one to this proxy. Nothing is resolved. */
    boolean isAt(InetSocketAddress endpoint) {
        if (endpoint.getPort() != port) {
            return false;
        }
        InetAddress literal = literal();
        return literal != null
                ? literal.equals(endpoint.getAddress())
                : host.equalsIgnoreCase(endpoint.getHostString());
    }

    private @Nullable InetAddress literal() {
        try {
            boolean literal = host.indexOf(':') >= 0 || IpRange.isLiteral(host);
            return literal ? InetAddress.getByName(host) : null;
        } catch (UnknownHostException e) {
            return null;
        }
    }

    /** Scheme, host and port; no credentials. */
    @Override
    public String toString() {
        String name = host.indexOf(':') < 0 ? host : "[" + host + "]";
        return (kind == Kind.HTTP ? "http://" : "socks5://") + name + ":" + port;
    }
}
