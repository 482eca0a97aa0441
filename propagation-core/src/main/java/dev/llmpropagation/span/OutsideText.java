package dev.llmpropagation.span;

import java.util.List;

/**
 * Text that a service, a model or a client decides, made fit for spans, metrics and log records: one rule for all of it.
 * Visible characters alone, at most so many, and nothing that looks like a credential, which a service may echo.
 */
public final class OutsideText {

    /** What stands in the place of a value that looks like a credential. */
    public static final String REDACTED = "REDACTED";

    private static final char CUT = '…';
    private static final char HIDDEN = '\ufffd';

    // How the keys of model services, clouds and forges begin.
    private static final String[] KEY_STARTS = {
        "sk-",
        "sk_",
        "pk-",
        "rk_",
        "AIza",
        "AKIA",
        "ASIA",
        "ya29.",
        "ghp_",
        "gho_",
        "ghs_",
        "ghu_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "xoxp-",
        "xapp-",
        "hf_",
        "gsk_",
        "r8_",
        "nvapi-",
        "pplx-",
        "xai-",
        "tvly-"
    };
    // What stands before a key, and the middle of a JSON web token.
    private static final String[] SIGNS = {"earer ", "asic ", "key=", "token=", "secret=", "password=", ".eyJ"};
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
        return looksLikeCredential(bounded) ? REDACTED : visible(bounded);
    }

    /** As {@link #shown}, for text that is known to hold no credential. */
    public static String visible(String text, int max) {
        return visible(bounded(text, max));
    }

    /** As {@link #shown}, for a text or a list of texts; any other value is the same. */
    @SuppressWarnings("unchecked") // a text for a text, a list for a list
    public static <T> T shownValue(T value, int max) {
        if (value instanceof String text) {
            return (T) shown(text, max);
        }
        if (value instanceof List<?> list) {
            return (T) list.stream()
                    .limit(MAX_TEXTS)
                    .map(item -> item instanceof String text ? shown(text, max) : item)
                    .toList();
        }
        return value;
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
        for (String sign : SIGNS) {
            int at = text.indexOf(sign);
            if (at >= 0 && wordLength(text, at + sign.length()) >= MIN_KEY) {
                return true;
            }
        }
        return firstKey(text, 0) >= 0;
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
        int first = -1;
        for (String start : KEY_STARTS) {
            int at = text.indexOf(start, from);
            while (at >= 0 && (first < 0 || at < first)) {
                // Not within a word, such as "task-list".
                boolean begins = at == 0 || !Character.isLetterOrDigit(text.charAt(at - 1));
                if (begins && keyLength(text, at + start.length()) >= MIN_KEY) {
                    first = at;
                }
                at = text.indexOf(start, at + 1);
            }
        }
        return first;
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

    private static int wordLength(String text, int from) {
        int end = from;
        while (end < text.length() && !Character.isWhitespace(text.charAt(end))) {
            end++;
        }
        return end - from;
    }
}
