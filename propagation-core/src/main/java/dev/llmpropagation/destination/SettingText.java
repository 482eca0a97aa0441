package dev.llmpropagation.destination;

import dev.llmpropagation.internal.url.UrlParser;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/** Setting values as they may be shown: without user info, query and fragment, on one line, bounded. */
final class SettingText {

    private static final int MAX_LENGTH = 200;

    private SettingText() {}

    /** Any text at all. What might be a secret is left out rather than guessed at, since the text need not be a URL. */
    static String of(@Nullable String value) {
        if (value == null) {
            return "null";
        }
        HttpUrl url = UrlParser.parse(value);
        if (url != null) {
            return of(url);
        }
        int scheme = value.indexOf("://");
        int start = scheme < 0 ? 0 : scheme + 3;
        String prefix = value.substring(0, start).matches("[A-Za-z][A-Za-z0-9+]*://") ? value.substring(0, start) : "";
        int at = value.lastIndexOf('@');
        int cut = indexOfAny(value, "?#");
        if (at > cut) {
            // An '@' behind a '?' may end a password with a '?' in it, or stand in a query: show neither side.
            return oneLine(prefix + "...");
        }
        return oneLine(prefix + hideOddPort(value.substring(Math.min(cut, Math.max(at + 1, start)), cut)));
    }

    static String of(HttpUrl url) {
        return oneLine(Origin.of(url) + url.encodedPath());
    }

    /** {@code user:password} without a host reads like a host with a strange port. */
    private static String hideOddPort(String rest) {
        String authority = rest.substring(0, indexOfAny(rest, "/\\"));
        int colon = authority.indexOf(':');
        boolean plain = colon < 0 || authority.matches("[^:]*:[0-9]*|\\[?[0-9A-Fa-f:.]+]?(:[0-9]*)?");
        return plain ? rest : rest.substring(0, colon) + ":...";
    }

    private static int indexOfAny(String value, String characters) {
        for (int i = 0; i < value.length(); i++) {
            if (characters.indexOf(value.charAt(i)) >= 0) {
                return i;
            }
        }
        return value.length();
    }

    private static String oneLine(String text) {
        StringBuilder line = new StringBuilder(Math.min(text.length(), MAX_LENGTH));
        for (int i = 0; i < text.length() && i < MAX_LENGTH; i++) {
            char c = text.charAt(i);
            line.append(Character.isISOControl(c) || c == '\u2028' || c == '\u2029' ? ' ' : c);
        }
        return text.length() > MAX_LENGTH ? line + "..." : line.toString();
    }
}
