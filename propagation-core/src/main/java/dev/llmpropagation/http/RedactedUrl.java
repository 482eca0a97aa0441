package dev.llmpropagation.http;

import dev.llmpropagation.span.OutsideText;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * URLs as they may stand on a span: user info and the values of known secret parameters are replaced, all else stays
 * as OkHttp prints it. A fragment is never sent, but conventions want it if it is known; it is kept, and treated as a
 * query, since sign-in redirects carry tokens there.
 */
final class RedactedUrl {

    /** Characters of a URL. A service can redirect to one of hundreds of thousands, hop for hop. */
    static final int MAX_LENGTH = 2048;

    private static final String REDACTED = OutsideText.REDACTED;

    /** In lower case: the seven of the semantic conventions, then those that model services are known to use. */
    private static final String[] SECRET_KEYS = {
        "x-amz-signature",
        "x-amz-credential",
        "x-amz-security-token",
        "awsaccesskeyid",
        "signature",
        "sig",
        "x-goog-signature",
        "key",
        "api_key",
        "api-key",
        "access_token",
        "token"
    };

    private RedactedUrl() {}

    /**
     * The same String as {@link HttpUrl#toString()} if there is nothing to hide. One that is longer than {@link
     * #MAX_LENGTH} is cut, and ends with {@code …}.
     */
    static String of(HttpUrl url) {
        String whole = url.toString();
        // Before its parts are looked for, each of which may be searched for to the end.
        int user = url.encodedUsername().length() + url.encodedPassword().length();
        boolean fits = whole.length() - user <= MAX_LENGTH;
        String redacted = redacted(url, fits ? whole : whole.substring(0, user + MAX_LENGTH));
        return OutsideText.visible(OutsideText.withoutKeys(fits ? redacted : redacted + '…'), MAX_LENGTH);
    }

    private static String redacted(HttpUrl url, String text) {
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
            appendPairs(redacted, text, query, fragment);
        }
        if (fragment < text.length()) {
            appendPairs(redacted, text, fragment, text.length());
        }
        return redacted.toString().equals(text) ? text : redacted.toString();
    }

    /** Any text that should be a URL, such as a {@code Location} header; a placeholder if it is not an absolute one. */
    static String ofText(@Nullable String text) {
        try {
            HttpUrl url = text == null ? null : HttpUrl.parse(text);
            return url == null ? REDACTED : of(url);
        } catch (RuntimeException e) {
            return REDACTED;
        }
    }

    /** Appends the delimiter at {@code start} and the pairs behind it. */
    private static void appendPairs(StringBuilder redacted, String text, int start, int end) {
        int pos = start;
        while (pos < end) {
            redacted.append(text.charAt(pos++));
            int pairEnd = Math.min(indexOf(text, '&', pos), end);
            int equals = indexOf(text, '=', pos);
            // A client that joins URLs carelessly, or a route in a fragment, puts a second '?' before the name.
            int name = Math.max(pos, text.lastIndexOf('?', equals) + 1);
            if (equals < pairEnd && isSecret(text, name, equals)) {
                redacted.append(text, pos, equals + 1).append(REDACTED);
            } else {
                redacted.append(text, pos, pairEnd);
            }
            pos = pairEnd;
        }
    }

    /** Whether the value of this parameter is never shown. */
    static boolean isSecret(String name) {
        return isSecret(name, 0, name.length());
    }

    private static boolean isSecret(String text, int start, int end) {
        for (String key : SECRET_KEYS) {
            if (spells(key, text, start, end)) {
                return true;
            }
        }
        return false;
    }

    /** Compares in any case, decoding {@code %xx} on the way. */
    private static boolean spells(String key, String text, int start, int end) {
        int matched = 0;
        for (int pos = start; pos < end; pos++, matched++) {
            int c = text.charAt(pos);
            if (c == '%' && pos + 2 < end) {
                int high = Character.digit(text.charAt(pos + 1), 16);
                int low = Character.digit(text.charAt(pos + 2), 16);
                if (high >= 0 && low >= 0) {
                    c = high << 4 | low;
                    pos += 2;
                }
            }
            int lower = c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
            if (matched == key.length() || lower != key.charAt(matched)) {
                return false;
            }
        }
        return matched == key.length();
    }

    private static int indexOf(String text, char c, int from) {
        int index = text.indexOf(c, from);
        return index < 0 ? text.length() : index;
    }
}
