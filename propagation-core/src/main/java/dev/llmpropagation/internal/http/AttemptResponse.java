package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.content.OutputReader;
import dev.llmpropagation.internal.model.ResponseFacts;
import dev.llmpropagation.internal.model.ResponseScanner;
import dev.llmpropagation.internal.span.FewValues;
import dev.llmpropagation.internal.span.Throwables;
import okio.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * What one attempt of a model call brings: its response as it is read, and its end. Guarded by the lock of {@link
 * ModelCallProgress}.
 */
final class AttemptResponse {

    private @Nullable ResponseScanner scanner;
    private @Nullable OutputReader content;
    // Its service may echo the key that it carries. The requests themselves are not kept while a stream is open.
    private @Nullable RequestCredentials credentials;
    private boolean followed;

    @Nullable
    AttemptEnd end;

    /**
     * The body will be followed, if there is one.
     *
     * @param response null for what is not read
     * @param said null if nothing of it is recorded
     */
    void starts(@Nullable ResponseScanner response, @Nullable OutputReader said, RequestCredentials carried) {
        followed = true;
        scanner = response;
        content = response == null ? null : said;
        credentials = carried;
    }

    boolean isFollowed() {
        return followed;
    }

    /** @return who tells of the bytes that came; null if nobody reads them */
    @Nullable
    ResponseScanner accept(Buffer buffer, long byteCount, long nanos) {
        ResponseScanner reads = scanner;
        if (reads != null) {
            reads.accept(buffer, byteCount, nanos);
            if (content != null) {
                content.accept(buffer, byteCount, reads.isStream());
            }
        }
        return reads;
    }

    /** @param left as of {@link ResponseScanner#finish(boolean)} */
    @Nullable
    ResponseFacts facts(boolean left) {
        return scanner == null ? null : scanner.finish(left);
    }

    /** What was said. Null when it has been taken before. */
    @Nullable
    OutputReader takeContent() {
        OutputReader taken = content;
        content = null;
        return taken;
    }

    /**
     * What the response itself says, or lets see, went wrong.
     *
     * @param toItsEnd whether there are no more bytes
     */
    @Nullable
    String error(boolean toItsEnd, FewValues codes) {
        if (scanner == null) {
            return null;
        }
        String code = scanner.errorType();
        if (code == null) {
            return scanner.fault(toItsEnd);
        }
        return credentials().areIn(code) ? FewValues.OTHER : codes.of(code);
    }

    RequestCredentials credentials() {
        return credentials == null ? RequestCredentials.NONE : credentials;
    }

    /** Its message, where it is known that no credential of the request stands in it. */
    @Nullable
    String words(Throwable failure) {
        if (credentials == null) {
            return null;
        }
        try {
            String message = failure.getMessage();
            return message == null || credentials.areIn(message) ? null : message;
        } catch (Throwable e) { // an exception of the program's can override it
            Throwables.propagateIfFatal(e);
            return null;
        }
    }

    /** Its body can be held for long, and this with it, by a program that does not close what it has read. */
    void release() {
        scanner = null;
        content = null;
        credentials = null;
    }
}
