package dev.llmpropagation.doctor.listen;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpException;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ErrorHandler;
import org.eclipse.jetty.util.Callback;

/** Answers what the server could not read, and says so. */
final class Unreadable extends ErrorHandler {

    private final Journal journal;

    Unreadable(Journal journal) {
        this.journal = journal;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        int status = response.getStatus();
        Object reason = request.getAttribute(ERROR_MESSAGE);
        Object failure = request.getAttribute(ERROR_EXCEPTION);
        String said = failure instanceof HttpException http && http.getReason() != null
                ? http.getReason()
                : String.valueOf(reason);
        journal.problem("a request could not be read, and was answered with status " + status + ": " + said);
        PlayedAnswer answer = PlayedAnswer.refused(status, "doctor listen could not read this request: " + said);
        response.getHeaders().put("Content-Type", answer.contentType());
        response.write(true, ByteBuffer.wrap(answer.parts().get(0).getBytes(StandardCharsets.UTF_8)), callback);
        return true;
    }
}
