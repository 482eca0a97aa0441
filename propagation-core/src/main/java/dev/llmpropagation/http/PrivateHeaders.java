package dev.llmpropagation.http;

import okhttp3.Headers;
import okhttp3.Request;

/**
 * Headers by which a provider's facade speaks to {@link CallContext} across the SDK's own layers and threads. They never
 * reach the wire: CallContext, outermost of the steps, always removes them.
 */
public final class PrivateHeaders {

    /** Id of the {@link LogicalCall} in the client's {@link LogicalCalls}. */
    public static final String CALL = "Llm-Propagation-Call";

    /** Base URL of the client that made the request, so that a derived client can have another one. */
    public static final String BASE_URL = "Llm-Propagation-Base-Url";

    private PrivateHeaders() {}

    /** Whether a facade has written any of them. */
    static boolean areIn(Request request) {
        return anyIn(request.headers());
    }

    static Request strip(Request request) {
        return areIn(request) ? without(request) : request;
    }

    // Cheaper than Headers.get for each: every request of every client comes by here.
    private static boolean anyIn(Headers headers) {
        for (int i = 0; i < headers.size(); i++) {
            if (CALL.equalsIgnoreCase(headers.name(i)) || BASE_URL.equalsIgnoreCase(headers.name(i))) {
                return true;
            }
        }
        return false;
    }

    static Request without(Request request) {
        return request.newBuilder().removeHeader(CALL).removeHeader(BASE_URL).build();
    }
}
