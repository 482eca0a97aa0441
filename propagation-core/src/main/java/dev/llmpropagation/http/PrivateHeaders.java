package dev.llmpropagation.http;

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

    static Request strip(Request request) {
        if (request.header(CALL) == null && request.header(BASE_URL) == null) {
            return request;
        }
        return request.newBuilder().removeHeader(CALL).removeHeader(BASE_URL).build();
    }
}
