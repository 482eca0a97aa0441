package dev.llmpropagation.network;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The URL of a proxy, as curl writes it. No message here shows the value: any part of it can be a password. */
final class ProxyUrl {

    private ProxyUrl() {}

    /** @param setting what the user calls this value, for the message */
    static ProxyServer parse(String setting, String value) {
        String text = value.strip();
        int schemeEnd = text.indexOf("://");
        ProxyServer.Kind kind = kind(setting, schemeEnd < 0 ? "http" : text.substring(0, schemeEnd));
        String rest = text.substring(schemeEnd < 0 ? 0 : schemeEnd + 3);

        int end = 0;
        while (end < rest.length() && "/?#".indexOf(rest.charAt(end)) < 0) {
            end++;
        }
        String path = rest.substring(end);
        if (!path.isEmpty() && !path.equals("/")) {
            // A raw '/', '?' or '#' in a password ends here too.
            throw refused(setting, "there is something behind host and port, or a character to be percent-encoded");
        }
        int at = rest.lastIndexOf('@', end);
        String authority = rest.substring(at + 1, end);
        int colon = authority.startsWith("[") ? authority.indexOf(':', authority.indexOf(']')) : authority.indexOf(':');
        if (colon >= 0 && !authority.startsWith("[") && authority.indexOf(':', colon + 1) >= 0) {
            throw refused(setting, "an IPv6 address needs brackets");
        }
        String host = colon < 0 ? authority : authority.substring(0, colon);
        int port = colon < 0 ? kind.defaultPort : port(authority.substring(colon + 1));
        ProxyServer server = ProxyServer.of(setting, kind, host, port);
        ProxyCredentials credentials = at < 0 ? null : credentials(setting, rest.substring(0, at));
        return credentials == null ? server : server.with(credentials);
    }

    private static ProxyServer.Kind kind(String setting, String scheme) {
        return switch (scheme.toLowerCase(Locale.ROOT)) {
            case "http" -> ProxyServer.Kind.HTTP;
            case "socks5", "socks5h" -> ProxyServer.Kind.SOCKS5;
            case "https" ->
                throw refused(
                        setting,
                        "OkHttp cannot speak TLS to a proxy. Most proxies speak HTTP on another port, and CONNECT keeps"
                                + " https requests encrypted all the way");
            case "socks", "socks4", "socks4a" -> throw refused(setting, "of SOCKS, only version 5 is spoken");
            default -> throw refused(setting, "its scheme is none of http, socks5 and socks5h");
        };
    }

    private static @Nullable ProxyCredentials credentials(String setting, String userInfo) {
        if (userInfo.isEmpty()) {
            return null;
        }
        int colon = userInfo.indexOf(':');
        String user = decode(setting, colon < 0 ? userInfo : userInfo.substring(0, colon));
        String password = colon < 0 ? "" : decode(setting, userInfo.substring(colon + 1));
        return new ProxyCredentials(user, () -> password);
    }

    private static String decode(String setting, String text) {
        byte[] encoded = text.getBytes(UTF_8);
        ByteArrayOutputStream decoded = new ByteArrayOutputStream(encoded.length);
        for (int i = 0; i < encoded.length; i++) {
            int octet = encoded[i];
            if (octet == '%') {
                int high = i + 2 < encoded.length ? Character.digit(encoded[i + 1], 16) : -1;
                int low = high < 0 ? -1 : Character.digit(encoded[i + 2], 16);
                if (low < 0) {
                    throw refused(setting, "a '%' is not followed by two hexadecimal digits; write '%' itself as %25");
                }
                octet = high * 16 + low;
                i += 2;
            }
            decoded.write(octet);
        }
        return decoded.toString(UTF_8);
    }

    private static int port(String digits) {
        return digits.matches("[0-9]{1,5}") ? Integer.parseInt(digits) : -1;
    }

    private static IllegalArgumentException refused(String setting, String reason) {
        return new IllegalArgumentException(setting + ": the proxy is refused: " + reason
                + ". Write http://[user:password@]host:port or socks5://[user:password@]host:port, with user and"
                + " password percent-encoded.");
    }
}
