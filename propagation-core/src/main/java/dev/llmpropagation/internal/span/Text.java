package dev.llmpropagation.internal.span;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Text of the program's, made fit for a span. */
public final class Text {

    static final int MAX_ERROR_LENGTH = 1024;

    private static final String MARK = "…[truncated]";

    /** Characters of an error, with the mark of one that was cut. */
    public static final int MAX_ERROR = MAX_ERROR_LENGTH + MARK.length();

    private static final Pattern TERMINAL = Pattern.compile("\u001b\\[[0-9;?]{0,32}[ -/]?[@-~]|\u001b[@-_]");
    private static final Pattern USER_INFO = Pattern.compile("://[^/\\s]{1,512}@");
    private static final Pattern SECRET =
            // After the name of such a header the whole line is one: schemes and cookies have many forms.
            Pattern.compile("(?i)(?:\\bauthorization|\\bcookie)[\"']?\\s*[=:][^\\r\\n]*+"
                    + "|\\b(?:bearer|basic)\\s+[\\w.~+/=-]{4,}+"
                    + "|(?<![A-Za-z])(?:api[_-]?key|access[_-]?token|token|secret|password|key)[\"']?\\s*[=:][\\s\"'\\[]*+"
                    + "[^\\s,;&\"'\\]]++"
                    + "|\\bsk-[\\w-]{8,}+|\\bAIza[\\w-]{20,}+");

    private Text() {}

    /** An error of the program's: no control characters, no credentials, at most {@value #MAX_ERROR_LENGTH} units. */
    public static @Nullable String error(@Nullable String text) {
        if (text == null || text.isBlank()) {
            return null;
        }
        // Bounded first, so that a huge text costs no more than a long one.
        String bounded = text.length() > 64 * MAX_ERROR_LENGTH ? text.substring(0, 64 * MAX_ERROR_LENGTH) : text;
        String plain = controlFree(TERMINAL.matcher(bounded).replaceAll(""), true);
        String open = USER_INFO.matcher(plain).replaceAll("://REDACTED@");
        String clean = controlFree(OutsideText.withoutKeys(SECRET.matcher(open).replaceAll("REDACTED")), false);
        return wellFormed(cut(clean, MAX_ERROR_LENGTH));
    }

    /** A name: on one line, and no longer than this. */
    public static String bounded(String text, int max) {
        return wellFormed(controlFree(cutPlain(text, max), false));
    }

    /** No half of a surrogate pair: strict collectors refuse a whole batch for one. */
    public static String wellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (isLone(text, i)) {
                return replaceLone(text);
            }
        }
        return text;
    }

    /** As a JSON string, quotes included. */
    public static String json(String text) {
        StringBuilder json = new StringBuilder(text.length() + 16).append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(isLone(text, i) ? '\ufffd' : c);
            }
        }
        return json.append('"').toString();
    }

    private static String cut(String text, int max) {
        return text.length() <= max ? text : cutPlain(text, max) + MARK;
    }

    private static String cutPlain(String text, int max) {
        if (text.length() <= max) {
            return text;
        }
        return text.substring(0, Character.isHighSurrogate(text.charAt(max - 1)) ? max - 1 : max);
    }

    private static String controlFree(String text, boolean withLines) {
        StringBuilder line = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            boolean control = Character.isISOControl(c) || c == '\u2028' || c == '\u2029' || isFormat(c);
            line.append(control && !(withLines && c == '\n') ? ' ' : c);
        }
        return line.toString();
    }

    /** Bidi controls, say, which show a text in another order. */
    private static boolean isFormat(char c) {
        return c > '~' && Character.getType(c) == Character.FORMAT;
    }

    private static boolean isLone(String text, int i) {
        char c = text.charAt(i);
        if (Character.isHighSurrogate(c)) {
            return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
        }
        return Character.isLowSurrogate(c) && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
    }

    private static String replaceLone(String text) {
        StringBuilder fixed = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            fixed.append(isLone(text, i) ? '\ufffd' : text.charAt(i));
        }
        return fixed.toString();
    }
}
