package dev.llmpropagation.internal.span;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Text that a service, a model or a client decides, made fit for spans, metrics and log records: one rule for all of it.
 * Visible characters alone, at most so many, and nothing that looks like a credential, which a service may echo.
 */
public final class OutsideText {

    /** What stands in the place of a value that looks like a credential. */
    public static final String REDACTED = "REDACTED";

    private static final char CUT = '…';
    private static final char HIDDEN = '\ufffd';

    // How the keys of model services, clouds and forges begin, and JSON web tokens.
    private static final String[] KEY_STARTS = {
        "sk-",
        "sk_",
        "pk-",
        "rk_",
        "AIza",
        "AKIA",
        "ASIA",
        "ABSK",
        "ya29.",
        "eyJ",
        "ghp_",
        "gho_",
        "ghr_",
        "ghs_",
        "ghu_",
        "github_pat_",
        "glpat-",
        "npm_",
        "xoxa-",
        "xoxb-",
        "xoxp-",
        "xoxr-",
        "xoxs-",
        "xapp-",
        "hf_",
        "gsk_",
        "r8_",
        "nvapi-",
        "pplx-",
        "xai-",
        "tvly-"
    };
    // By their first character: every text of a span is searched for them.
    private static final String[][] STARTS_BY_FIRST = new String[128][];

    static {
        Stream.of(KEY_STARTS)
                .collect(Collectors.groupingBy(start -> start.charAt(0)))
                .forEach((first, starts) -> STARTS_BY_FIRST[first] = starts.toArray(String[]::new));
    }

    // What stands before a credential, whatever that looks like.
    private static final Pattern SIGN = Pattern.compile("(?i)\\b(?:bearer|basic)\\s++\\S{8}"
            + "|(?:key|token|secret|password|passwd|pwd)[\"']?\\s*+[=:]\\s*+[\"']?[^\\s\"']{8}"
            + "|PRIVATE KEY-----");
    private static final int MAX_TEXTS = 128;
    private static final int MIN_KEY = 8;

    private OutsideText() {}

    /**
     * The same String if there is nothing to change.
     *
     * @param max characters; longer text is cut and ends with {@code …}
     */
    public static String shown(String text, int max) {
        String bounded = bounded(text, max);
        if (isPlain(bounded)) {
            return bounded;
        }
        return looksLikeCredential(bounded) ? REDACTED : visible(bounded);
    }

    /** Whether it needs no closer look, as most texts: visible, with no key, and with nothing that a sign is made of. */
    private static boolean isPlain(String text) {
        boolean inWord = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c > '~' || mayBeOfSign(c) || (!inWord && isKey(text, i))) {
                return false;
            }
            inWord = Character.isLetterOrDigit(c);
        }
        return true;
    }

    /** As {@link #shown}, for text that is known to hold no credential. */
    public static String visible(String text, int max) {
        return visible(bounded(text, max));
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

    private static String bounded(String text, int max) {
        return text.length() <= max ? text : text.substring(0, max - 1) + CUT;
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

    /** Whether it holds what keys and tokens begin with, or what stands before them, and enough after it. */
    public static boolean looksLikeCredential(String text) {
        return (mayHaveSign(text) && SIGN.matcher(text).find()) || firstKey(text, 0) >= 0;
    }

    /** Most texts have none of what each of the signs has, and need no search. */
    private static boolean mayHaveSign(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (mayBeOfSign(text.charAt(i))) {
                return true;
            }
        }
        return false;
    }

    private static boolean mayBeOfSign(char c) {
        return c <= ' ' || c == '=' || c == ':';
    }

    /** The same text, with {@value #REDACTED} in the place of each key. The same String if there is none. */
    public static String withoutKeys(String text) {
        int at = firstKey(text, 0);
        if (at < 0) {
            return text;
        }
        StringBuilder open = new StringBuilder(text.length());
        int from = 0;
        while (at >= 0) {
            open.append(text, from, at).append(REDACTED);
            from = at + keyLength(text, at);
            at = firstKey(text, from);
        }
        return open.append(text, from, text.length()).toString();
    }

    /** Where it begins; -1 if there is none. */
    private static int firstKey(String text, int from) {
        boolean inWord = from > 0 && Character.isLetterOrDigit(text.charAt(from - 1));
        for (int i = from; i < text.length(); i++) {
            if (!inWord && isKey(text, i)) { // not within a word, such as "task-list"
                return i;
            }
            inWord = Character.isLetterOrDigit(text.charAt(i));
        }
        return -1;
    }

    /** One that the bound has cut is one however little is left of it. */
    private static boolean isKey(String text, int at) {
        char first = text.charAt(at);
        String[] starts = first < STARTS_BY_FIRST.length ? STARTS_BY_FIRST[first] : null;
        if (starts == null) {
            return false;
        }
        for (String start : starts) {
            if (text.startsWith(start, at)) {
                int length = keyLength(text, at + start.length());
                int end = at + start.length() + length;
                boolean cut = end == text.length() - 1 && text.charAt(end) == CUT;
                if (length >= MIN_KEY || (cut && length > 0)) {
                    return true;
                }
            }
        }
        return false;
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

    private static int keyLength(String text, int from) {
        int end = from;
        while (end < text.length()
                && (Character.isLetterOrDigit(text.charAt(end)) || "-_.".indexOf(text.charAt(end)) >= 0)) {
            end++;
        }
        return end - from;
    }
}
