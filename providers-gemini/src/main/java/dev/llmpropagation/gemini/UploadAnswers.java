package dev.llmpropagation.gemini;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Timeout;

/**
 * The SDK reads the headers of an answer to a chunk of an upload, and neither reads nor closes its body. That is received
 * here, so that its attempt ends when it has come and its connection serves the next chunk. What was received can still be
 * read.
 */
final class UploadAnswers {

    private static final String COMMAND = "X-Goog-Upload-Command"; // of each request of an upload
    private static final int MAX_BYTES = 64 * 1024; // a file's description is some hundred
    private static final long WAIT_NANOS = TimeUnit.SECONDS.toNanos(1); // the SDK would not wait at all

    private UploadAnswers() {}

    /** The response, whose body has been received if it answers a part of an upload. */
    static Response received(Request request, Response response) {
        ResponseBody body = response.body();
        if (body != null && request.header(COMMAND) != null && response.isSuccessful()) {
            receive(body);
        }
        return response;
    }

    private static void receive(ResponseBody body) {
        Timeout timeout = body.source().timeout();
        boolean hadDeadline = timeout.hasDeadline();
        long deadline = hadDeadline ? timeout.deadlineNanoTime() : Long.MAX_VALUE;
        timeout.deadlineNanoTime(Math.min(deadline, System.nanoTime() + WAIT_NANOS));
        try {
            boolean unused = body.source().request(MAX_BYTES);
        } catch (IOException e) {
            // who reads it sees this too, and the SDK does not
        } finally {
            if (hadDeadline) {
                timeout.deadlineNanoTime(deadline);
            } else {
                timeout.clearDeadline();
            }
        }
    }
}
