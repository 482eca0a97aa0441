package dev.llmpropagation.openai;

import com.openai.errors.OpenAIIoException;
import com.openai.errors.OpenAIServiceException;
import dev.llmpropagation.internal.http.LogicalCall;
import java.io.IOException;
import java.util.concurrent.CompletionException;
import okhttp3.MediaType;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;

/**
 * The SDK takes a cancelled call for a network failure and tries again. The next try gets a made-up response that ends
 * the retries, and the program gets the exception of a cancelled call.
 */
final class CancelledCalls {

    private static final int CLIENT_CLOSED_REQUEST = 499;

    private CancelledCalls() {}

    static Response response(Request request) {
        return new Response.Builder()
                .request(request)
                .protocol(Protocol.HTTP_1_1)
                .code(CLIENT_CLOSED_REQUEST)
                .message("Client Closed Request")
                .header("X-Should-Retry", "false")
                .body(ResponseBody.create("", (MediaType) null))
                .build();
    }

    /** What the program sees: this failure, or if it comes from {@link #response}, that of a cancelled call. */
    static Throwable translated(Throwable failure, LogicalCall call) {
        if (!call.isCancelled()) {
            return failure;
        }
        if (failure instanceof CompletionException && failure.getCause() != null) {
            Throwable cause = translated(failure.getCause(), call);
            return cause == failure.getCause() ? failure : new CompletionException(cause);
        }
        return failure instanceof OpenAIServiceException refusal && refusal.statusCode() == CLIENT_CLOSED_REQUEST
                ? new OpenAIIoException("Request failed", new IOException("Canceled"))
                : failure;
    }
}
