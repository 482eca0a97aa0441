package dev.llmpropagation.internal.span;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Text made fit for spans, metrics and log records. Whatever a service, a model or a client decides goes through {@link
 * #shown}: visible characters alone, at most so many, and nothing that looks like a credential, which a service may echo.
 */
public final class SpanText {

    private static final int MAX_ERROR_LENGTH = 1024;
    private static final String ERROR_CUT = "…[truncated]";

    /** Characters of an error, with the mark of one that was cut. */
    static final int MAX_ERROR = MAX_ERROR_LENGTH + ERROR_CUT.length();

    private static final char HIDDEN = '\ufffd';
    private static final int MAX_TEXTS = 128;
    private static final Pattern TERMINAL = Pattern.compile("\u001b\\[[0-9;?]{0,32}[ -/]?[@-~]|\u001b[@-_]");

    private SpanText() {}

    /**
     * The same String if there is nothing to change.
     *
     * @param max characters; longer text is cut and ends with {@code …}
     */
    public static String shown(String text, int max) {
        String bounded = cut(text, max);
        if (isPlain(bounded)) {
            return bounded;
        }
        return CredentialPatterns.areIn(bounded) ? CredentialPatterns.REDACTED : visible(bounded);
    }

    /** As {@link #shown}, for text that is known to hold no credential. */
    public static String visible(String text, int max) {
        return visible(cut(text, max));
    }

    /** As {@link #shown}, for a text or a list of texts; any other value is the same. */
    @SuppressWarnings("unchecked") // a text for a text
    public static <T> T shownValue(T value, int max) {
        return value instanceof String text ? (T) shown(text, max) : eachText(value, text -> shown(text, max));
    }

    /** What this makes of a text, or of each in a list of them; any other value is the same, as is a list that stays so. */
    @SuppressWarnings("unchecked") // a text for a text, a list for a list
    public static <T> T eachText(T value, UnaryOperator<String> change) {
        if (value instanceof String text) {
            return (T) change.apply(text);
        }
        if (!(value instanceof List<?> list)) {
            return value;
        }
        int size = Math.min(list.size(), MAX_TEXTS);
        List<Object> changed = size == list.size() ? null : new ArrayList<>(list.subList(0, size));
        for (int i = 0; i < size; i++) {
            Object item = list.get(i);
            Object now = item instanceof String text ? change.apply(text) : item;
            if (now != item) {
                changed = changed == null ? new ArrayList<>(list) : changed;
                changed.set(i, now);
            }
        }
        return changed == null ? value : (T) Collections.unmodifiableList(changed);
    }

    /** A name: on one line, and no longer than this. */
    public static String line(String text, int max) {
        return wellFormed(controlFree(start(text, max), false));
    }

    /** An error of the program's: no control characters, no credentials, at most {@value #MAX_ERROR_LENGTH} units. */
    public static @Nullable String error(@Nullable String text) {
        if (text == null || text.isBlank()) {
            return null;
        }
        // Bounded first, so that a huge text costs no more than a long one.
        String bounded = text.length() > 64 * MAX_ERROR_LENGTH ? text.substring(0, 64 * MAX_ERROR_LENGTH) : text;
        String plain = controlFree(TERMINAL.matcher(bounded).replaceAll(""), true);
        String clean = controlFree(CredentialPatterns.withoutCredentials(plain), false);
        String end = clean.length() > MAX_ERROR_LENGTH ? ERROR_CUT : "";
        return wellFormed(start(clean, MAX_ERROR_LENGTH) + end);
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
                json.append(isLone(text, i) ? HIDDEN : c);
            }
        }
        return json.append('"').toString();
    }

    /** Whether it needs no closer look, as most texts: visible characters, no key, and no sign of a credential. */
    private static boolean isPlain(String text) {
        boolean inWord = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c > '~' || CredentialPatterns.mayBeOfSign(c) || (!inWord && CredentialPatterns.isKey(text, i))) {
                return false;
            }
            inWord = Character.isLetterOrDigit(c);
        }
        return true;
    }

    private static String visible(String bounded) {
        for (int i = 0; i < bounded.length(); i++) {
            char c = bounded.charAt(i);
            if (c < ' ' || c > '~') {
                return replaced(bounded);
            }
        }
        return bounded;
    }

    /** Without characters that nobody sees, or that change how others are seen. */
    private static String replaced(String text) {
        StringBuilder visible = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); ) {
            int c = text.codePointAt(i);
            visible.appendCodePoint(isVisible(c) ? c : HIDDEN);
            i += Character.charCount(c);
        }
        return visible.toString();
    }

    private static boolean isVisible(int codePoint) {
        return switch (Character.getType(codePoint)) {
            // FORMAT: bidi controls, blanks without width, tags. SURROGATE: strict collectors refuse a batch for one.
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> false;
            default -> true;
        };
    }

    private static String cut(String text, int max) {
        return text.length() <= max ? text : text.substring(0, max - 1) + CredentialPatterns.CUT;
    }

    private static String start(String text, int max) {
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
            fixed.append(isLone(text, i) ? HIDDEN : text.charAt(i));
        }
        return fixed.toString();
    }
}
