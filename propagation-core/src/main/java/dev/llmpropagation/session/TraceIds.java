package dev.llmpropagation.session;

import io.opentelemetry.api.trace.TraceId;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/** Trace ids derived from sessions. */
public final class TraceIds {

    private static final int BYTES = 16;

    private TraceIds() {}

    /** The first 32 hex digits of the SHA-256 of this session id in UTF-8, in lower case. Of null, the invalid id. */
    public static String ofSession(@Nullable String sessionId) {
        if (sessionId == null) {
            return TraceId.getInvalid();
        }
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(sessionId.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java platform has SHA-256", e);
        }
    }
}
