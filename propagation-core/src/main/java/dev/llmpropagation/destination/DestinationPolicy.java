package dev.llmpropagation.destination;

import java.util.Arrays;
import java.util.stream.Collectors;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * Which destinations may receive a header of ours. It is asked for the URL of every wire attempt, so a redirect or a
 * token endpoint is judged by itself. It judges by the URL alone and says no when in doubt. Immutable and thread-safe.
 */
public final class DestinationPolicy {

    private static final HostPattern[] NO_PATTERNS = {};

    private static final DestinationPolicy CONFIGURED_ORIGIN =
            new DestinationPolicy(Kind.CONFIGURED_ORIGIN, "configuredOrigin()", NO_PATTERNS);
    private static final DestinationPolicy ALL = new DestinationPolicy(Kind.ALL, "all()", NO_PATTERNS);
    private static final DestinationPolicy NONE = new DestinationPolicy(Kind.NONE, "none()", NO_PATTERNS);
    private static final DestinationPolicy FIRST_PARTY = new DestinationPolicy(
            Kind.HOSTS,
            "firstParty()",
            patterns(
                    "*.dashscope.aliyuncs.com",
                    "*.dashscope-intl.aliyuncs.com",
                    "*.alibaba-inc.com",
                    "*.aliyun-inc.com"));

    private enum Kind {
        CONFIGURED_ORIGIN,
        HOSTS,
        ALL,
        NONE
    }

    private final Kind kind;
    private final String description;
    private final HostPattern[] patterns;

    private DestinationPolicy(Kind kind, String description, HostPattern[] patterns) {
        this.kind = kind;
        this.description = description;
        this.patterns = patterns;
    }

    /** The origin of the client's base URL and no other. A client without a base URL sends nothing. */
    public static DestinationPolicy configuredOrigin() {
        return CONFIGURED_ORIGIN;
    }

    /**
     * The hosts of the vendor of the session header: {@code dashscope.aliyuncs.com}, {@code
     * dashscope-intl.aliyuncs.com}, {@code alibaba-inc.com}, {@code aliyun-inc.com}, and all their subdomains.
     */
    public static DestinationPolicy firstParty() {
        return FIRST_PARTY;
    }

    /**
     * The hosts that one of these patterns matches; without a pattern, none. Case, IDN (punycode) and a final dot make
     * no difference, nor does the scheme. The host of the URL is compared as it stands: no name is ever resolved.
     *
     * <ul>
     *   <li>{@code gw.example.com}: this host
     *   <li>{@code *.corp.example}: this host and its subdomains, but not {@code evil-corp.example}
     *   <li>{@code 10.1.2.3}, {@code [fd00::1]}, {@code fd00::1}: this address
     *   <li>{@code 10.0.0.0/8}, {@code [fd00::]/8}, {@code fd00::/8}: an address in this range, if the URL has an
     *       address as its host
     *   <li>{@code *}: all
     * </ul>
     *
     * <p>All but the last may end in {@code :port}, which is then the only effective port; else any port will do. An
     * IPv6 address with a port needs its brackets. Spaces around a pattern are ignored.
     *
     * <p>Exceptions of a proxy follow the rules of {@code NO_PROXY}, where {@code example.com} has its subdomains, and {@code
     * *.example.com} is these alone.
     *
     * @throws IllegalArgumentException if a pattern is null, blank or anything else than the above, as the name of a policy
     *     is in any spelling: {@code ALL}, {@code first-party}
     */
    public static DestinationPolicy hosts(String... patterns) {
        HostPattern[] parsed = patterns(patterns);
        String description = Arrays.stream(parsed).map(HostPattern::toString).collect(Collectors.joining(", "));
        return new DestinationPolicy(Kind.HOSTS, "hosts(" + description + ")", parsed);
    }

    /** Every destination. */
    public static DestinationPolicy all() {
        return ALL;
    }

    /** No destination. */
    public static DestinationPolicy none() {
        return NONE;
    }

    private static HostPattern[] patterns(String... patterns) {
        if (patterns == null) {
            throw new IllegalArgumentException("The host patterns are null. Use none() to allow no destination.");
        }
        return Arrays.stream(patterns).map(HostPattern::parse).toArray(HostPattern[]::new);
    }

    /**
     * Whether this URL may receive the header. Allocates nothing and never throws.
     *
     * @param configured the origin of the client's base URL, or null if it has none
     */
    public boolean allows(HttpUrl url, @Nullable Origin configured) {
        if (url == null) {
            return false;
        }
        return switch (kind) {
            case ALL -> true;
            case NONE -> false;
            case CONFIGURED_ORIGIN -> configured != null && configured.contains(url);
            case HOSTS -> match(url) != null;
        };
    }

    /** One sentence that says whether {@link #allows} and why. It names the origin of the URL and nothing else of it. */
    public String explain(HttpUrl url, @Nullable Origin configured) {
        if (url == null) {
            return "An unknown destination is refused.";
        }
        return Origin.of(url) + (allows(url, configured) ? " is allowed: " : " is refused: ") + reason(url, configured);
    }

    private String reason(HttpUrl url, @Nullable Origin configured) {
        return switch (kind) {
            case ALL -> "all() allows every destination.";
            case NONE -> "none() allows no destination.";
            case CONFIGURED_ORIGIN ->
                configured == null
                        ? "configuredOrigin() allows the client's base URL only, and this client has none."
                        : "it is "
                                + (configured.contains(url) ? "" : "not ")
                                + "the origin of the client's base URL"
                                + (configured.contains(url) ? "." : ", " + configured + ".");
            case HOSTS -> {
                HostPattern match = match(url);
                yield match != null
                        ? "pattern " + match + " of " + description + " matches it."
                        : "no pattern of " + description + " matches it.";
            }
        };
    }

    private @Nullable HostPattern match(HttpUrl url) {
        for (HostPattern pattern : patterns) {
            if (pattern.matches(url)) {
                return pattern;
            }
        }
        return null;
    }

    /** The call that makes it, with the patterns in canonical spelling. */
    @Override
    public String toString() {
        return description;
    }
}
