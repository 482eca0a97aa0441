package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.content.AnswerReader;
import dev.llmpropagation.internal.content.ContentReader;
import dev.llmpropagation.internal.span.CallContent;
import dev.llmpropagation.internal.span.Diagnostics;
import dev.llmpropagation.internal.span.Throwables;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/**
 * What is asked in a model call whose content is recorded.
 *
 * @param request whose credentials are no content
 */
record AskedContent(ContentReader reader, Request request) {

    /** Not the request, whose headers hold a key. */
    @Override
    public String toString() {
        return "AskedContent";
    }

    /**
     * With what was answered; null if it cannot be shown. The program's redaction runs in it: not under a lock of ours.
     *
     * @param carried by the request that was answered
     */
    @Nullable
    CallContent told(@Nullable AnswerReader answer, RequestCredentials carried, Diagnostics diagnostics) {
        try {
            return carried.hiddenFrom(RequestCredentials.of(request).hiddenFrom(reader.told(answer)));
        } catch (Throwable e) { // of the program's redaction: whatever it throws, nothing is shown
            diagnostics.report("The content of a model call could not be shown; it is not recorded", e);
            Throwables.propagateIfFatal(e);
            return null;
        }
    }
}
