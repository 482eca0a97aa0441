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

    private static final String PREFIX = "Llm-Propagation-";

    private PrivateHeaders() {}

    static Request strip(Request request) {
        return anyIn(request.headers()) ? without(request) : request;
    }

    // One look at each name: every request of every client comes by here.
    private static boolean anyIn(Headers headers) {
        for (int i = 0; i < headers.size(); i++) {
            if (headers.name(i).regionMatches(true, 0, PREFIX, 0, PREFIX.length())) {
                return true;
            }
        }
        return false;
    }

    private static Request without(Request request) {
        return request.newBuilder().removeHeader(CALL).removeHeader(BASE_URL).build();
    }
}
