package dev.llmpropagation.internal.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.UUID;
import javax.crypto.KeyGenerator;
import javax.crypto.Mac;
import javax.crypto.SecretKey;
import okhttp3.Headers;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/**
 * Headers by which the facade of one client speaks to its {@link CallerContextInterceptor} across the SDK's own layers
 * and threads. They never reach the wire: that interceptor, the outermost of the steps, always removes them.
 *
 * <p>A program that relays headers lets its caller write any name it knows. So the names are random, and nobody outside
 * can know them. A base URL is signed as well, because a log of the SDK can show the names. Any other header that
 * begins with the prefix has no meaning, and every client removes it. Immutable and thread-safe.
 */
public final class PrivateHeaders {

    private static final String PREFIX = "Llm-Propagation-";
    private static final String ALGORITHM = "HmacSHA256";

    private final String call = PREFIX + UUID.randomUUID();
    private final String baseUrl = PREFIX + UUID.randomUUID();
    private final SecretKey key;

    PrivateHeaders() {
        try {
            key = KeyGenerator.getInstance(ALGORITHM).generateKey();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java has " + ALGORITHM, e);
        }
    }

    /** Name of the header with the id of the {@link LogicalCall} in the client's {@link LogicalCalls}. */
    public String call() {
        return call;
    }

    /**
     * Name of the header with the {@link #signed} base URL of the client that made the request: a derived client can
     * have another one, and a request of the SDK's own, for a token, has none.
     */
    public String baseUrl() {
        return baseUrl;
    }

    /** The value that says this base URL, for {@link #baseUrl()}. */
    public String signed(String url) {
        return url + ' ' + signature(url);
    }

    /** The base URL that this value says, or null if it is not the facade that says so. */
    @Nullable
    String verified(String value) {
        int end = value.lastIndexOf(' ');
        String url = value.substring(0, Math.max(0, end));
        return MessageDigest.isEqual(signed(url).getBytes(UTF_8), value.getBytes(UTF_8)) ? url : null;
    }

    private String signature(String text) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return HexFormat.of().formatHex(mac.doFinal(text.getBytes(UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java has " + ALGORITHM, e);
        }
    }

    /** Whether anybody has written a header of this kind. */
    static boolean areIn(Request request) {
        Headers headers = request.headers();
        for (int i = 0; i < headers.size(); i++) { // without a set of names, as it runs for every request
            if (isPrivate(headers.name(i))) {
                return true;
            }
        }
        return false;
    }

    /** The request without any, or the same if it has none. */
    static Request strip(Request request) {
        if (!areIn(request)) {
            return request;
        }
        Request.Builder stripped = request.newBuilder();
        request.headers().names().stream().filter(PrivateHeaders::isPrivate).forEach(stripped::removeHeader);
        return stripped.build();
    }

    private static boolean isPrivate(String name) {
        return name.regionMatches(true, 0, PREFIX, 0, PREFIX.length());
    }
}
