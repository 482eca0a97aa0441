package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.CredentialPatterns;
import dev.llmpropagation.internal.span.SpanText;
import dev.llmpropagation.internal.url.UrlParser;
import java.util.Locale;
import java.util.Set;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * URLs as they may stand on a span: user info is replaced, and so is each value in the query but those of parameters that
 * are known to be harmless, or that the program has named. Gateways invent names for their keys faster than a list of such
 * names could grow. All else stays as OkHttp prints it. A fragment is never sent, but conventions want it if it is known;
 * it is treated as a query, since sign-in redirects carry tokens there.
 */
final class RedactedUrl {

    /** Characters of a URL. A service can redirect to one of hundreds of thousands, hop for hop. */
    static final int MAX_LENGTH = 2048;

    private static final String REDACTED = CredentialPatterns.REDACTED;

    /** In lower case: what model services take in a query that says nothing of who asks. */
    private static final Set<String> HARMLESS = Set.of(
            "$alt",
            "after",
            "alt",
            "api-version",
            "before",
            "beta",
            "bucket_width",
            "end_time",
            "fields",
            "group_by",
            "group_by[]",
            "include",
            "include[]",
            "include_obfuscation",
            "intent",
            "limit",
            "model",
            "order",
            "orderby",
            "page",
            "page_size",
            "pagesize",
            "prettyprint",
            "$prettyprint",
            "purpose",
            "start_time",
            "starting_after",
            "stream",
            "updatemask",
            "upload_protocol",
            "uploadtype");

    private static final int MAX_HARMLESS_LENGTH = 100;

    private RedactedUrl() {}

    /**
     * The same String as {@link HttpUrl#toString()} if there is nothing to hide. One that is longer than {@link
     * #MAX_LENGTH} is cut, and ends with {@code …}.
     *
     * @param shown lower-case names of parameters whose values the program wants to see
     */
    static String of(HttpUrl url, Set<String> shown) {
        String whole = url.toString();
        // Before its parts are looked for, each of which may be searched for to the end.
        int user = url.encodedUsername().length() + url.encodedPassword().length();
        boolean fits = whole.length() - user <= MAX_LENGTH;
        String redacted = redacted(url, fits ? whole : whole.substring(0, user + MAX_LENGTH), shown);
        return SpanText.visible(CredentialPatterns.withoutKeys(fits ? redacted : redacted + '…'), MAX_LENGTH);
    }

    private static String redacted(HttpUrl url, String text, Set<String> shown) {
        boolean userInfo = !url.username().isEmpty() || !url.password().isEmpty();
        if (!userInfo && url.querySize() == 0 && text.indexOf('#') < 0) {
            return text;
        }
        int authority = url.scheme().length() + 3;
        int path = text.indexOf('/', authority);
        StringBuilder redacted = new StringBuilder(text.length() + 32);
        redacted.append(text, 0, authority);
        if (userInfo) {
            redacted.append(REDACTED).append(':').append(REDACTED).append('@');
        }
        redacted.append(text, userInfo ? text.lastIndexOf('@', path) + 1 : authority, path);

        int query = indexOf(text, '?', path);
        int fragment = indexOf(text, '#', path);
        redacted.append(text, path, Math.min(query, fragment));
        if (query < fragment) {
            appendPairs(redacted, text, query, fragment, shown);
        }
        if (fragment < text.length()) {
            appendPairs(redacted, text, fragment, text.length(), shown);
        }
        return redacted.toString().equals(text) ? text : redacted.toString();
    }

    /** Any text that should be a URL, such as a {@code Location} header; a placeholder if it is not an absolute one. */
    static String ofText(@Nullable String text, Set<String> shown) {
        HttpUrl url = UrlParser.parse(text);
        return url == null ? REDACTED : of(url, shown);
    }

    /** Appends the delimiter at {@code start} and the pairs behind it. */
    private static void appendPairs(StringBuilder redacted, String text, int start, int end, Set<String> shown) {
        int pos = start;
        while (pos < end) {
            redacted.append(text.charAt(pos++));
            int pairEnd = pos;
            while (pairEnd < end && !isSeparator(text.charAt(pairEnd))) {
                pairEnd++;
            }
            int equals = Math.min(indexOf(text, '=', pos), pairEnd);
            if (pos == pairEnd || isShown(text, pos, equals, pairEnd, shown)) {
                redacted.append(text, pos, pairEnd);
            } else if (equals < pairEnd) {
                redacted.append(text, pos, equals + 1).append(REDACTED);
            } else {
                redacted.append(REDACTED); // nobody can tell whether this is a name
            }
            pos = pairEnd;
        }
    }

    /** Whether the value of this parameter is shown without being asked for. */
    static boolean isHarmless(String name) {
        return HARMLESS.contains(name.toLowerCase(Locale.ROOT));
    }

    /** Some services take a semicolon; a client that joins URLs carelessly puts a second {@code ?} into the query. */
    private static boolean isSeparator(char c) {
        return c == '&' || c == ';' || c == '?';
    }

    private static boolean isShown(String text, int start, int equals, int end, Set<String> shown) {
        String name = decoded(text, start, equals).toLowerCase(Locale.ROOT);
        return shown.contains(name) || (HARMLESS.contains(name) && isPlain(text, Math.min(equals + 1, end), end));
    }

    /** Not what another URL, with a query of its own, or a name and a value would look like. */
    private static boolean isPlain(String text, int start, int end) {
        for (int i = start; i < end; i++) {
            char c = text.charAt(i);
            if (c > '~' || (!Character.isLetterOrDigit(c) && "-._~:,*()/".indexOf(c) < 0)) {
                return false;
            }
        }
        return end - start <= MAX_HARMLESS_LENGTH;
    }

    private static String decoded(String text, int start, int end) {
        StringBuilder decoded = new StringBuilder(end - start);
        for (int pos = start; pos < end; pos++) {
            char c = text.charAt(pos);
            if (c == '%' && pos + 2 < end) {
                int high = Character.digit(text.charAt(pos + 1), 16);
                int low = Character.digit(text.charAt(pos + 2), 16);
                if (high >= 0 && low >= 0) {
                    c = (char) (high << 4 | low);
                    pos += 2;
                }
            }
            decoded.append(c);
        }
        return decoded.toString();
    }

    private static int indexOf(String text, char c, int from) {
        int index = text.indexOf(c, from);
        return index < 0 ? text.length() : index;
    }
}
