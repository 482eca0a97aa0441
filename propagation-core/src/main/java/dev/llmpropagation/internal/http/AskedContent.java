package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.content.ContentReader;
import dev.llmpropagation.internal.content.OutputReader;
import dev.llmpropagation.internal.span.CallContent;
import dev.llmpropagation.internal.span.Diagnostics;
import dev.llmpropagation.internal.span.Throwables;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/**
 * The input of a model call whose content is recorded.
 *
 * @param request its credentials are removed from what is recorded
 */
record AskedContent(ContentReader reader, Request request) {

    /** Without the request: its headers hold a key. */
    @Override
    public String toString() {
        return "AskedContent";
    }

    /**
     * Input and output; null if they cannot be shown. It runs the program's redaction: hold no lock while calling it.
     *
     * @param carried by the request that this is the response to
     */
    @Nullable
    CallContent told(@Nullable OutputReader response, RequestCredentials carried, Diagnostics diagnostics) {
        try {
            return carried.hiddenFrom(RequestCredentials.of(request).hiddenFrom(reader.told(response)));
        } catch (Throwable e) { // of the program's redaction: whatever it throws, nothing is shown
            diagnostics.report("The content of a model call could not be shown; it is not recorded", e);
            Throwables.propagateIfFatal(e);
            return null;
        }
    }
}
