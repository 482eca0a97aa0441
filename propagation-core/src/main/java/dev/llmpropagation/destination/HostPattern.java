package dev.llmpropagation.destination;

import dev.llmpropagation.internal.url.IpRange;
import dev.llmpropagation.internal.url.UrlParser;
import java.util.Locale;
import java.util.Set;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/** One entry of {@link DestinationPolicy#hosts}; the grammar stands there. */
final class HostPattern {

    private static final int ANY_PORT = -1;

    // A host of such a name would get nothing of ours, and nobody would know why.
    private static final Set<String> POLICIES = Set.of("all", "none", "configuredorigin", "firstparty");

    private final String text;
    private final boolean any;
    private final boolean subdomains;
    private final String name;
    private final @Nullable IpRange range;
    private final int port;

    private HostPattern(String text, boolean any, boolean subdomains, String name, @Nullable IpRange range, int port) {
        this.text = text;
        this.any = any;
        this.subdomains = subdomains;
        this.name = name;
        this.range = range;
        this.port = port;
    }

    static HostPattern parse(@Nullable String pattern) {
        String text = pattern == null ? "" : pattern.strip();
        if (text.isEmpty()) {
            throw refused(pattern, "it is blank");
        }
        if (text.equals("*")) {
            return new HostPattern(text, true, false, "", null, ANY_PORT);
        }
        if (POLICIES.contains(text.replaceAll("[-_]", "").toLowerCase(Locale.ROOT))) {
            throw refused(text, "it is the name of a policy of its own");
        }
        boolean subdomains = text.startsWith("*.");
        String address = subdomains ? text.substring(2) : text;
        requireNoUrl(text, address);
        int end = hostEnd(address);
        String rest = address.substring(end);
        if (!rest.isEmpty() && rest.charAt(0) != ':' && rest.charAt(0) != '/') {
            throw refused(text, "it is not a host name or IP address");
        }
        int colon = rest.indexOf(':');
        int port = colon < 0 ? ANY_PORT : number(text, "port", rest.substring(colon + 1), 1, 65535);
        String path = colon < 0 ? rest : rest.substring(0, colon);

        String literal = address.substring(0, end);
        String host = canonical(text, literal);
        if (IpRange.isLiteral(host)) {
            if (subdomains) {
                throw refused(text, "an IP address has no subdomains");
            }
            return ofAddress(text, literal, host, path, port);
        }
        if (!path.isEmpty()) {
            throw refused(text, "it has a path");
        }
        return new HostPattern(
                (subdomains ? "*." : "") + host + portText(port), false, subdomains, name(text, host), null, port);
    }

    private static void requireNoUrl(String text, String address) {
        if (text.contains("://")) {
            throw refused(text, "it has a scheme");
        }
        if (text.contains("@")) {
            throw refused(text, "it has user info");
        }
        if (address.contains("*")) {
            throw refused(text, "'*' may only stand alone or as the first label");
        }
    }

    /** @param path the prefix length after its slash; empty for a single address */
    private static HostPattern ofAddress(String text, String literal, String host, String path, int port) {
        if (!path.isEmpty() && !host.contains(":") && literal.contains(":")) {
            throw refused(text, "OkHttp writes these addresses as IPv4, and so must the range");
        }
        int prefix = path.isEmpty() ? -1 : number(text, "prefix length", path.substring(1), 0, 128);
        IpRange range = IpRange.of(host, prefix);
        if (range == null) {
            throw refused(text, "its prefix length is out of range");
        }
        String shown = host.contains(":") ? "[" + host + "]" : host;
        return new HostPattern(shown + path + portText(port), false, false, "", range, port);
    }

    /** Allocates nothing, resolves nothing and never throws. */
    boolean matches(HttpUrl url) {
        if (any) {
            return true;
        }
        if (port != ANY_PORT && port != url.port()) {
            return false;
        }
        String host = url.host();
        if (range != null) {
            return range.contains(host);
        }
        int length = host.endsWith(".") ? host.length() - 1 : host.length();
        int start = length - name.length();
        boolean anchored = start == 0 || (subdomains && start > 1 && host.charAt(start - 1) == '.');
        return anchored && host.startsWith(name, start);
    }

    /** Where the host ends: behind the bracket, before a path, or before the only colon. */
    private static int hostEnd(String address) {
        if (address.startsWith("[")) {
            return address.indexOf(']') + 1;
        }
        int slash = address.indexOf('/');
        String host = slash < 0 ? address : address.substring(0, slash);
        int colon = host.indexOf(':');
        boolean onlyOne = colon >= 0 && colon == host.lastIndexOf(':');
        return onlyOne ? colon : host.length();
    }

    /** The host as OkHttp spells it in a URL, so that both sides are compared in one spelling. */
    private static String canonical(String text, String host) {
        String spelled = host.isEmpty() || host.contains("%") ? null : UrlParser.host(host);
        if (spelled == null) {
            throw refused(text, "it is not a host name or IP address");
        }
        return spelled;
    }

    private static String name(String text, String host) {
        String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        String[] labels = name.split("\\.", -1);
        for (String label : labels) {
            if (!label.matches("[a-z0-9_-]+")) {
                throw refused(text, "it is not a host name or IP address");
            }
        }
        // Resolvers read these as IPv4 addresses in disguise: 127.1, 0x7f000001, 010.0.0.1.
        if (labels[labels.length - 1].matches("[0-9]+|0x[0-9a-f]*")) {
            throw refused(text, "an IPv4 address needs four decimal numbers without leading zeros");
        }
        return name;
    }

    private static int number(String text, String what, String digits, int min, int max) {
        if (digits.matches("[0-9]{1,5}")) {
            int value = Integer.parseInt(digits);
            if (value >= min && value <= max) {
                return value;
            }
        }
        throw refused(text, "its " + what + " is not a number from " + min + " to " + max);
    }

    private static String portText(int port) {
        return port == ANY_PORT ? "" : ":" + port;
    }

    private static IllegalArgumentException refused(@Nullable String pattern, String reason) {
        return new IllegalArgumentException("Host pattern '" + SettingText.of(pattern) + "' is refused: " + reason
                + ". Write gw.example.com, *.corp.example, 10.0.0.0/8 or [fd00::]/8, each with an optional :port,"
                + " or * for all.");
    }

    @Override
    public String toString() {
        return text;
    }
}
