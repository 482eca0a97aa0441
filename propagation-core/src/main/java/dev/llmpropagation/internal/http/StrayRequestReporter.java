package dev.llmpropagation.internal.http;

import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.internal.span.Diagnostics;
import java.util.Collection;
import java.util.List;
import okhttp3.Headers;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Reports requests that were changed after our steps: by an interceptor that the program added after {@code
 * instrument(...)}, or on an SDK's builder. Looks at the request as it is written to the wire. Thread-safe.
 */
final class StrayRequestReporter {

    private final Collection<String> correlationHeaders;
    private final List<String> alsoAdded;
    private final Diagnostics diagnostics;

    /**
     * @param correlationHeaders names of all headers that an attempt may write
     * @param alsoAdded names of those that others write too
     */
    StrayRequestReporter(Collection<String> correlationHeaders, List<String> alsoAdded, Diagnostics diagnostics) {
        this.correlationHeaders = correlationHeaders;
        this.alsoAdded = alsoAdded;
        this.diagnostics = diagnostics;
    }

    /**
     * @param prepared the request of the attempt, with headers of ours
     * @param response null if none came
     * @param responsesBefore how many had come before the attempt
     */
    void tell(Request prepared, @Nullable CallEventListener capture, @Nullable Response response, int responsesBefore) {
        boolean strayed = capture != null && capture.strayed();
        if (strayed || (response != null && strays(response.request(), prepared))) {
            diagnostics.report(
                    "A request went to another origin with headers of this library: an interceptor or an authenticator"
                            + " that was added after instrument(...) sent it there; add it before",
                    null);
        }
        if (capture == null) {
            return;
        }
        if (capture.doubled()) {
            diagnostics.report(
                    "A request went out with two values of traceparent, or of the session header: an interceptor that was"
                            + " added after instrument(...), or on an SDK's builder, adds its own; add it before, or to"
                            + " httpClient(base), where ours replace it",
                    null);
        }
        if (response != null && capture.responses() - responsesBefore > 1 + priors(response)) {
            diagnostics.report(
                    "An interceptor that was added after instrument(...), or on an SDK's builder, sent a request more than"
                            + " once: these are one attempt with one traceparent; add it before, or to"
                            + " httpClient(base)",
                    null);
        }
    }

    /** Whether it is for another origin, and has one of the headers all the same. */
    boolean strays(Request sent, Request prepared) {
        if (Origin.of(prepared.url()).contains(sent.url())) {
            return false;
        }
        for (String name : correlationHeaders) {
            String value = prepared.header(name);
            if (value != null && value.equals(sent.header(name))) {
                return true;
            }
        }
        return false;
    }

    boolean hasDoubled(Headers headers) {
        for (int n = 0; n < alsoAdded.size(); n++) { // without an iterator: every request comes by here
            String name = alsoAdded.get(n);
            int count = 0;
            for (int i = 0; i < headers.size(); i++) {
                if (headers.name(i).equalsIgnoreCase(name)) {
                    count++;
                }
            }
            if (count > 1) {
                return true;
            }
        }
        return false;
    }

    /** Those that OkHttp itself followed up, as for an authenticator. */
    private static int priors(Response response) {
        int count = 0;
        for (Response prior = response.priorResponse(); prior != null; prior = prior.priorResponse()) {
            count++;
        }
        return count;
    }
}
