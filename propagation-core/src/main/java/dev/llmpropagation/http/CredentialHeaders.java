package dev.llmpropagation.http;

import java.util.Set;
import java.util.TreeSet;

/** Headers that carry credentials: no other origin gets them, no span shows them, and no id of ours takes their place. */
public final class CredentialHeaders {

    private static final Set<String> NAMES = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

    static {
        NAMES.addAll(Set.of(
                "Authorization",
                "Proxy-Authorization",
                "api-key",
                "x-api-key",
                "x-goog-api-key",
                "Cookie",
                "Cookie2",
                "Set-Cookie"));
    }

    private CredentialHeaders() {}

    /** @param name in upper or lower case */
    public static boolean contain(String name) {
        return NAMES.contains(name);
    }

    /** Their case means nothing. */
    static Set<String> names() {
        return Set.copyOf(NAMES);
    }
}
