package dev.llmpropagation.fuzz;

import java.math.BigInteger;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/** Hosts as labels and bits, and URLs as a strict parser reads them. Nothing is resolved. */
public final class Hosts {

    private static final Pattern IPV4 = Pattern.compile("(0|[1-9][0-9]{0,2})(\\.(0|[1-9][0-9]{0,2})){3}");

    private Hosts() {}

    /** As OkHttp reads it; null if it does not, for whatever reason: its parser throws what it should not at some. */
    public static @Nullable HttpUrl url(String text) {
        try {
            return HttpUrl.parse(text);
        } catch (RuntimeException e) {
            return null;
        }
    }

    /** Null if this is no URL with a host for {@link URI}. */
    public static @Nullable URI strict(String text) {
        try {
            URI uri = new URI(text).parseServerAuthority();
            return uri.getHost() == null || uri.getScheme() == null ? null : uri;
        } catch (URISyntaxException e) {
            return null;
        }
    }

    /** In lower case; IPv6 with its brackets; punycode as OkHttp spells it, since it has more than one way to write a name. */
    public static String host(URI uri) {
        String host = uri.getHost().toLowerCase(Locale.ROOT);
        HttpUrl spelled = host.startsWith("xn--") || host.contains(".xn--") ? url("http://" + host) : null;
        return spelled == null ? host : spelled.host();
    }

    /** The port that is written, or that of the scheme. */
    public static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equalsIgnoreCase("https") ? 443 : 80;
    }

    public static boolean isSame(String one, String other) {
        byte[] address = literal(one);
        return address == null ? one.equals(other) : Arrays.equals(address, literal(other));
    }

    /** Whether the labels of the host end with those of the name, as OkHttp spells it; whole labels alone. */
    public static boolean isAtOrBelow(String name, String host, boolean below) {
        List<String> labels = labels(HttpUrl.get("http://" + name).host());
        List<String> hostLabels = literal(host) == null ? labels(host) : List.of(host);
        int extra = hostLabels.size() - labels.size();
        return extra >= 0
                && (extra == 0 || below)
                && hostLabels.subList(extra, hostLabels.size()).equals(labels);
    }

    /** Null if it is no address: four decimal numbers with zeros in front are one address to some and another to others. */
    public static byte @Nullable [] literal(String host) {
        String bare = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        if (!bare.contains(":") && !IPV4.matcher(bare).matches()) {
            return null;
        }
        try {
            return InetAddress.getByName(bare).getAddress();
        } catch (UnknownHostException e) {
            return null;
        }
    }

    /** @param prefix leading bits that must agree; -1 for all */
    public static boolean isInRange(byte[] range, String host, int prefix) {
        byte[] other = literal(host);
        if (other == null || other.length != range.length) {
            return false;
        }
        int rest = prefix < 0 ? 0 : 8 * range.length - prefix;
        return new BigInteger(1, range).shiftRight(rest).equals(new BigInteger(1, other).shiftRight(rest));
    }

    private static List<String> labels(String host) {
        String name = host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
        return Arrays.asList(name.split("\\.", -1));
    }
}
