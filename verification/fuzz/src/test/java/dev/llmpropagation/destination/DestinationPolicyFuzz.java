package dev.llmpropagation.destination;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.llmpropagation.fuzz.Hosts;
import dev.llmpropagation.fuzz.Parts;
import java.net.URI;
import java.util.Locale;
import okhttp3.HttpUrl;

/** No policy allows what a strict URL parser puts on another host. */
class DestinationPolicyFuzz {

    @FuzzTest
    void hosts_allowExactlyWhatLabelsAndBitsSay(byte[] input) {
        Parts parts = Parts.of(input);
        HttpUrl url = Hosts.url(parts.get(1));
        DestinationPolicy policy;
        try {
            policy = DestinationPolicy.hosts(parts.get(0));
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageStartingWith("Host pattern '");
            return;
        }
        if (url == null) {
            return;
        }
        boolean allowed = policy.allows(url, null);
        assertThat(policy.explain(url, null)).contains(allowed ? " is allowed: " : " is refused: ");
        assertThat(allowed)
                .as(policy + " and " + url)
                .isEqualTo(isNamedBy(parts.get(0), url.host().toLowerCase(Locale.ROOT), url.port()));
        URI strict = Hosts.strict(parts.get(1).strip());
        if (strict != null) {
            assertThat(allowed)
                    .as(policy + " and " + strict)
                    .isEqualTo(isNamedBy(parts.get(0), Hosts.host(strict), Hosts.port(strict)));
        }
    }

    @FuzzTest
    void configuredOrigin_allowsItsHostAlone(byte[] input) {
        Parts parts = Parts.of(input);
        HttpUrl url = Hosts.url(parts.get(1));
        Origin origin;
        try {
            origin = Origin.parse("baseUrl", parts.get(0));
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageStartingWith("baseUrl: '");
            return;
        }
        URI base = Hosts.strict(parts.get(0).strip());
        URI other = Hosts.strict(parts.get(1).strip());
        if (url == null || base == null || other == null) {
            return;
        }
        boolean same = base.getScheme().equalsIgnoreCase(other.getScheme())
                && Hosts.isSame(Hosts.host(base), Hosts.host(other))
                && Hosts.port(base) == Hosts.port(other);
        assertThat(DestinationPolicy.configuredOrigin().allows(url, origin))
                .as(base + " and " + other)
                .isEqualTo(same);
    }

    /** By the grammar of {@link DestinationPolicy#hosts}, for a pattern that was taken. */
    private static boolean isNamedBy(String pattern, String host, int hostPort) {
        String address = pattern.strip();
        if (address.equals("*")) {
            return true;
        }
        boolean below = address.startsWith("*.");
        address = below ? address.substring(2) : address;
        int bracket = address.indexOf(']');
        int slash = address.indexOf('/');
        int colon = address.indexOf(':', Math.max(0, Math.max(bracket, slash)));
        boolean ipv6 = bracket < 0 && slash < 0 && colon != address.lastIndexOf(':');
        if (colon >= 0 && !ipv6) {
            if (Integer.parseInt(address.substring(colon + 1)) != hostPort) {
                return false;
            }
            address = address.substring(0, colon);
        }
        int prefix = -1;
        if (slash >= 0) {
            prefix = Integer.parseInt(address.substring(slash + 1));
            address = address.substring(0, slash);
        }
        byte[] range = Hosts.literal(address);
        return range == null ? Hosts.isAtOrBelow(address, host, below) : Hosts.isInRange(range, host, prefix);
    }
}
