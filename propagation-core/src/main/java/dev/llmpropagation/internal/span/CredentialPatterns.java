package dev.llmpropagation.internal.span;

import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a credential in a text looks like: how keys and tokens begin, and what stands before any of them. */
public final class CredentialPatterns {

    /** What stands in the place of a value that looks like a credential. */
    public static final String REDACTED = "REDACTED";

    /** Ends a text that was cut. */
    static final char CUT = '…';

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
    private static final Pattern USER_INFO = Pattern.compile("://[^/\\s]{1,512}@");
    private static final Pattern SECRET =
            // After the name of such a header the whole line is one: schemes and cookies have many forms.
            Pattern.compile("(?i)(?:\\bauthorization|\\bcookie)[\"']?\\s*[=:][^\\r\\n]*+"
                    + "|\\b(?:bearer|basic)\\s+[\\w.~+/=-]{4,}+"
                    + "|(?<![A-Za-z])(?:api[_-]?key|access[_-]?token|token|secret|password|key)[\"']?\\s*[=:][\\s\"'\\[]*+"
                    + "[^\\s,;&\"'\\]]++"
                    + "|\\bsk-[\\w-]{8,}+|\\bAIza[\\w-]{20,}+");

    private static final int MIN_KEY = 8;

    private CredentialPatterns() {}

    /** Whether it holds what keys and tokens begin with, or what stands before them, and enough after it. */
    public static boolean areIn(String text) {
        return (mayHaveSign(text) && SIGN.matcher(text).find()) || firstKey(text, 0) >= 0;
    }

    /** A quick test: each sign has at least one of these characters, and most texts have none. */
    private static boolean mayHaveSign(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (mayBeOfSign(text.charAt(i))) {
                return true;
            }
        }
        return false;
    }

    /** Whether a sign can have this character: no other text is searched for one. */
    static boolean mayBeOfSign(char c) {
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

    /** As {@link #withoutKeys}, and without what stands after the sign of a credential, or as user info in a URL. */
    static String withoutCredentials(String text) {
        String open = USER_INFO.matcher(text).replaceAll("://REDACTED@");
        return withoutKeys(SECRET.matcher(open).replaceAll(REDACTED));
    }

    /** Where the first one from here begins; -1 if there is none. */
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

    /** Whether a key begins here. One that was cut is one however little is left of it. */
    static boolean isKey(String text, int at) {
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

    private static int keyLength(String text, int from) {
        int end = from;
        while (end < text.length()
                && (Character.isLetterOrDigit(text.charAt(end)) || "-_.".indexOf(text.charAt(end)) >= 0)) {
            end++;
        }
        return end - from;
    }
}
