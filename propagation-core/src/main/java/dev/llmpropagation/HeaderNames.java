package dev.llmpropagation;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.internal.http.CredentialHeaders;
import dev.llmpropagation.internal.http.HeaderToken;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/** Header names as a program gives them. Messages show no value that may have slipped in behind a name. */
final class HeaderNames {

    private static final Set<String> TRACE = Set.of("traceparent", "tracestate", "baggage");
    private static final Set<String> HTTP = Set.of(
            "accept",
            "accept-encoding",
            "connection",
            "content-encoding",
            "content-length",
            "content-type",
            "expect",
            "host",
            "keep-alive",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "user-agent");
    private static final String PRIVATE_PREFIX = "llm-propagation-";

    private HeaderNames() {}

    /** A header that this library writes: in place of another one, it would break requests or lose a key. */
    static String own(String setting, String name) {
        String lower = checked(setting, name).toLowerCase(Locale.ROOT);
        if (CredentialHeaders.contain(lower)
                || TRACE.contains(lower)
                || HTTP.contains(lower)
                || lower.startsWith(PRIVATE_PREFIX)) {
            throw new IllegalArgumentException(
                    setting + ": " + name + " has a meaning of its own, which an id would replace; use another name");
        }
        return name;
    }

    /** Lower-case names of headers that spans show. */
    static List<String> captured(String setting, Collection<String> names) {
        return requireNonNull(names, setting).stream()
                .map(name -> shown(setting, checked(setting, name).toLowerCase(Locale.ROOT)))
                .distinct()
                .toList();
    }

    /** Lower-case names of query parameters whose values spans show. */
    static Set<String> queryParameters(String setting, Collection<String> names) {
        return requireNonNull(names, setting).stream()
                .map(name -> requireNonNull(name, setting).toLowerCase(Locale.ROOT))
                .map(name -> shown(setting, named(setting, name)))
                .collect(Collectors.toUnmodifiableSet());
    }

    private static String named(String setting, String name) {
        if (name.isEmpty()) {
            throw new IllegalArgumentException(setting + ": a parameter's name is not empty");
        }
        return name;
    }

    private static String shown(String setting, String lower) {
        if (CredentialHeaders.suggestedBy(lower)) {
            throw new IllegalArgumentException(
                    setting + ": " + lower + " carries a credential, which no span may show; leave it out");
        }
        return lower;
    }

    private static String checked(String setting, String name) {
        requireNonNull(name, setting);
        int end = HeaderToken.lengthIn(name);
        if (end == 0 || end < name.length()) {
            throw new IllegalArgumentException(setting + ": "
                    + (name.isEmpty()
                            ? "a header name is not empty"
                            : String.format(
                                    "no header name has the character U+%04X, which comes after \"%s\"",
                                    (int) name.charAt(end), name.substring(0, end)))
                    + "; use letters, digits and hyphens");
        }
        return name;
    }
}
