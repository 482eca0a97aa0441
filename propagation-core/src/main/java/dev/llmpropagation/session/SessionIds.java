package dev.llmpropagation.session;

import org.jspecify.annotations.Nullable;

/** What a session id must look like to be sent. */
public final class SessionIds {

    /** Longest id that is sent, in characters. */
    public static final int MAX_LENGTH = 256;

    private SessionIds() {}

    /**
     * Whether this id may stand in a header: 1 to {@value #MAX_LENGTH} characters of visible ASCII, no space. Anything
     * else is left out, because a header value that breaks a request or is refused by a gateway costs more than it
     * tells.
     */
    public static boolean isFit(@Nullable String id) {
        if (id == null || id.isEmpty() || id.length() > MAX_LENGTH) {
            return false;
        }
        for (int i = 0; i < id.length(); i++) {
            char c = id.charAt(i);
            if (c <= ' ' || c > '~') {
                return false;
            }
        }
        return true;
    }
}
