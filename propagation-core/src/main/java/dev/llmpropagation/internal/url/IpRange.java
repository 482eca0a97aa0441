package dev.llmpropagation.internal.url;

import org.jspecify.annotations.Nullable;

/**
 * A CIDR range of IPv4 or IPv6 addresses. It reads the host of a URL as text: a name is in no range, whatever it would
 * resolve to, and so is an IPv4 address in a short, octal or hexadecimal spelling.
 */
public final class IpRange {

    private final boolean v6;
    private final long high;
    private final long low;
    private final long highMask;
    private final long lowMask;

    private IpRange(boolean v6, long high, long low, int prefix) {
        this.v6 = v6;
        this.high = high;
        this.low = low;
        this.highMask = v6 ? upperBits(prefix) : 0;
        this.lowMask = v6 ? upperBits(prefix - 64) : upperBits(prefix + 32);
    }

    /**
     * The range of this address and prefix.
     *
     * @param host as {@link okhttp3.HttpUrl#host()} prints it
     * @param prefix number of leading bits that must agree, or -1 for all
     * @return null if the host is not an IP literal, or the prefix is longer than its address
     */
    public static @Nullable IpRange of(String host, int prefix) {
        boolean v6 = host.indexOf(':') >= 0;
        long ipv4 = v6 ? 0 : ipv4(host);
        if (ipv4 < 0 || prefix > bits(v6)) {
            return null;
        }
        int length = prefix < 0 ? bits(v6) : prefix;
        return v6
                ? new IpRange(true, ipv6Half(host, 0), ipv6Half(host, 4), length)
                : new IpRange(false, 0, ipv4, length);
    }

    public static boolean isLiteral(String host) {
        return host.indexOf(':') >= 0 || ipv4(host) >= 0;
    }

    public boolean contains(String host) {
        if (v6) {
            return host.indexOf(':') >= 0
                    && ((ipv6Half(host, 0) ^ high) & highMask) == 0
                    && ((ipv6Half(host, 4) ^ low) & lowMask) == 0;
        }
        long ipv4 = ipv4(host);
        return ipv4 >= 0 && ((ipv4 ^ low) & lowMask) == 0;
    }

    private static int bits(boolean v6) {
        return v6 ? 128 : 32;
    }

    private static long upperBits(int count) {
        return count <= 0 ? 0 : count >= 64 ? -1 : -1L << (64 - count);
    }

    /** The address as a number, or -1 unless it is four decimal numbers without leading zeros. */
    private static long ipv4(String host) {
        long address = 0;
        int parts = 0;
        int pos = 0;
        while (parts < 4) {
            int start = pos;
            int part = 0;
            while (pos < host.length() && pos - start < 3 && isDigit(host.charAt(pos))) {
                part = part * 10 + host.charAt(pos++) - '0';
            }
            boolean leadingZero = pos - start > 1 && host.charAt(start) == '0';
            if (pos == start || part > 255 || leadingZero) {
                return -1;
            }
            address = address << 8 | part;
            parts++;
            if (parts < 4 && (pos == host.length() || host.charAt(pos++) != '.')) {
                return -1;
            }
        }
        return pos == host.length() ? address : -1;
    }

    /** Four of the eight groups, starting with this one, of an IPv6 address as OkHttp prints it. */
    private static long ipv6Half(String host, int firstGroup) {
        long half = 0;
        long group = 0;
        int index = 0;
        for (int pos = 0; pos <= host.length(); pos++) {
            char c = pos < host.length() ? host.charAt(pos) : ':';
            if (c != ':') {
                group = group << 4 | Character.digit(c, 16);
                continue;
            }
            if (index >= firstGroup && index < firstGroup + 4) {
                half |= group << (16 * (firstGroup + 3 - index));
            }
            group = 0;
            index++;
            if (host.startsWith(":", pos + 1)) {
                pos++;
                index = 8 - groupsFrom(host, pos + 1);
            }
        }
        return half;
    }

    private static int groupsFrom(String host, int start) {
        int groups = 1;
        for (int i = start; i < host.length(); i++) {
            if (host.charAt(i) == ':') {
                groups++;
            }
        }
        return groups;
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }
}
