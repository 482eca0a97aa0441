package dev.llmpropagation.doctor;

import com.github.tomakehurst.wiremock.http.HttpHeader;
import com.github.tomakehurst.wiremock.http.Request;
import dev.llmpropagation.doctor.show.Secrets;
import java.util.Collections;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A request as a service received it. Immutable.
 *
 * @param headers names in lower case
 */
record WireRequest(ServiceName service, String method, String path, Map<String, String> headers) {

    static final String TRACEPARENT = "traceparent";
    static final String SESSION = "x-qwen-code-session-id";

    private static final Set<String> OURS =
            Set.of(TRACEPARENT, "tracestate", "baggage", SESSION, "x-qwen-code-request-id");
    private static final String PRIVATE_PREFIX = "llm-propagation-";

    static WireRequest of(ServiceName service, Request request) {
        Map<String, String> headers = new TreeMap<>();
        for (HttpHeader header : request.getHeaders().all()) {
            headers.put(header.key().toLowerCase(Locale.ROOT), String.join(", ", header.values()));
        }
        return new WireRequest(
                service, request.getMethod().getName(), request.getUrl(), Collections.unmodifiableMap(headers));
    }

    /** Without its path, whose query can hold a key, and with the names of its headers alone. */
    @Override
    public String toString() {
        return "WireRequest{" + service + ", " + method + ", headers=" + headers.keySet() + '}';
    }

    @Nullable
    String header(String name) {
        return headers.get(name);
    }

    static boolean isPrivate(String header) {
        return header.startsWith(PRIVATE_PREFIX);
    }

    static boolean isOurs(String header) {
        return OURS.contains(header) || isPrivate(header);
    }

    static boolean isCredential(String header) {
        return Secrets.isCredential(header);
    }

    /** The value for a human: a credential shows its scheme and nothing else. */
    static String shown(String header, String value) {
        return isCredential(header) ? Secrets.masked(value) : value;
    }
}
