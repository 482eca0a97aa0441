package dev.llmpropagation.gemini;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Timeout;

/**
 * Responses of which the SDK wants no body: of a response to a chunk of an upload it reads the headers, and neither
 * reads nor closes the rest, but of the last one, which it reads; what answers a cancel of a batch, or a delete in a
 * file search store, it closes unread. All other responses it reads. Such a body is received here, so that its attempt
 * ends when it has come, and its connection serves the next request. What was received can still be read.
 */
final class UnreadResponses {

    private static final String COMMAND = "X-Goog-Upload-Command"; // on each request of an upload
    private static final int MAX_BYTES = 64 * 1024; // these bodies have some hundred
    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(1); // the SDK would not wait at all

    private UnreadResponses() {}

    /** The response, whose body has been received if it is one of these. */
    static Response received(Request request, Response response) {
        ResponseBody body = response.body();
        if (body != null && response.isSuccessful() && isUnread(request)) {
            receive(body);
        }
        return response;
    }

    private static boolean isUnread(Request request) {
        String command = request.header(COMMAND);
        String path = request.url().encodedPath();
        return (command != null && !command.contains("finalize"))
                || (request.method().equals("DELETE") && path.contains("/fileSearchStores/"))
                || (path.endsWith(":cancel") && (path.contains("/batches/") || path.contains("/batchPredictionJobs/")));
    }

    private static void receive(ResponseBody body) {
        Timeout timeout = body.source().timeout();
        boolean hadDeadline = timeout.hasDeadline();
        long deadline = hadDeadline ? timeout.deadlineNanoTime() : Long.MAX_VALUE;
        timeout.deadlineNanoTime(Math.min(deadline, System.nanoTime() + WAIT_NANOS));
        try {
            boolean unused = body.source().request(MAX_BYTES);
        } catch (IOException e) {
            // whoever reads the body gets the same exception
        } finally {
            if (hadDeadline) {
                timeout.deadlineNanoTime(deadline);
            } else {
                timeout.clearDeadline();
            }
        }
    }
}
