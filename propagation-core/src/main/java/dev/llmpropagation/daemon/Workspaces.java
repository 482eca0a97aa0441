package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.FewValues;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The workspaces of a daemon, as spans and metrics name them: by a hash, and metrics a few of them. Thread-safe. */
final class Workspaces {

    /** For a session without a known workspace. */
    static final String NONE = "";

    private static final HexFormat HEX = HexFormat.of();

    private final FewValues few = new FewValues();
    private final Set<String> seen = ConcurrentHashMap.newKeySet();

    /** First 16 hex digits of the SHA-256 of this path. */
    static String hash(String path) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(path.getBytes(StandardCharsets.UTF_8));
            return HEX.formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every JVM has SHA-256", e);
        }
    }

    /** A label for metrics. */
    String label(String path) {
        String label = few.of(hash(path));
        seen.add(label);
        return label;
    }

    /** All labels that there have been, so that a gauge can tell that none of their sessions is left. */
    Set<String> seen() {
        return seen;
    }
}
