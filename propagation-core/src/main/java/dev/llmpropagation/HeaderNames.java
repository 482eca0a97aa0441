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

    // Of other propagators, which a program can have beside that of W3C, or instead of it.
    private static final Set<String> TRACE = Set.of(
            "traceparent",
            "tracestate",
            "baggage",
            "b3",
            "uber-trace-id",
            "sentry-trace",
            "x-amzn-trace-id",
            "x-cloud-trace-context",
            "grpc-trace-bin");
    // Of a request, or of its way through proxies and caches.
    private static final Set<String> HTTP = Set.of(
            "alt-used",
            "cache-control",
            "connection",
            "date",
            "early-data",
            "expect",
            "forwarded",
            "from",
            "host",
            "http2-settings",
            "idempotency-key",
            "keep-alive",
            "last-event-id",
            "max-forwards",
            "origin",
            "pragma",
            "prefer",
            "priority",
            "range",
            "referer",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "user-agent",
            "via",
            "warning",
            "x-http-method-override",
            "x-idempotency-key");
    private static final List<String> PREFIXES = List.of(
            "accept",
            "access-control-",
            "content-",
            "if-",
            "proxy-",
            "sec-",
            "x-forwarded-",
            "x-b3-",
            "x-datadog-",
            "x-stainless-", // openai-java's, of retries and timeouts
            "openai-",
            "x-goog-",
            "llm-propagation-"); // private ones, which never leave

    private HeaderNames() {}

    /** A header that this library writes: in place of another one, it would break requests or lose a key. */
    static String own(String setting, String name) {
        String lower = checked(setting, name).toLowerCase(Locale.ROOT);
        if (CredentialHeaders.suggestedBy(lower)
                || TRACE.contains(lower)
                || HTTP.contains(lower)
                || PREFIXES.stream().anyMatch(lower::startsWith)) {
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
