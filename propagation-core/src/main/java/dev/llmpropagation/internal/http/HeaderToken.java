package dev.llmpropagation.internal.http;

/** The characters of a header's name: a token of HTTP. */
public final class HeaderToken {

    private HeaderToken() {}

    /** How many characters a token has that this text begins with. */
    public static int lengthIn(String text) {
        int end = 0;
        while (end < text.length() && isPartOfOne(text.charAt(end))) {
            end++;
        }
        return end;
    }

    private static boolean isPartOfOne(char c) {
        return c > ' ' && c < 0x7f && "\"(),/:;<=>?@[\\]{}".indexOf(c) < 0;
    }
}
