package dev.llmpropagation.testkit.trace;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Text of others, for a terminal. */
public final class Plain {

    /** They move the cursor, start a line, or turn the direction of what follows. */
    private static final Pattern ACTIVE =
            Pattern.compile("[\\p{Cc}\\u2028\\u2029\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]");

    private Plain() {}

    /** With a sign in place of each character that does something. */
    public static String text(@Nullable String text) {
        return text == null ? "" : ACTIVE.matcher(text).replaceAll("\ufffd");
    }
}
