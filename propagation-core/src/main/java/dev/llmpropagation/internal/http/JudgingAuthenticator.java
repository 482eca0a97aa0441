package dev.llmpropagation.internal.http;

import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.internal.span.Diagnostics;
import dev.llmpropagation.internal.span.Throwables;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;
import okhttp3.Authenticator;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.Route;
import org.jspecify.annotations.Nullable;

/**
 * Wraps an authenticator of the program's. OkHttp sends the request that it returns within the same attempt, whatever
 * its URL is. So a request for another origin is checked once more, and loses the headers that this origin must not
 * have.
 */
final class JudgingAuthenticator implements Authenticator {

    private final Authenticator program;
    private final PropagationSettings settings;
    private final List<String> traceFields;
    private final Collection<String> ours;
    private final Supplier<@Nullable Origin> origin;
    private final Diagnostics diagnostics;

    private JudgingAuthenticator(
            Authenticator program,
            PropagationSettings settings,
            List<String> traceFields,
            Collection<String> ours,
            Supplier<@Nullable Origin> origin,
            Diagnostics diagnostics) {
        this.program = program;
        this.settings = settings;
        this.traceFields = traceFields;
        this.ours = ours;
        this.origin = origin;
        this.diagnostics = diagnostics;
    }

    /**
     * @param program the client's own, or one of these around it
     * @param traceFields names of the propagator's headers
     * @param ours names of all headers of this library
     * @param origin that the client was built for
     * @return {@link Authenticator#NONE} for the same
     */
    static Authenticator around(
            Authenticator program,
            PropagationSettings settings,
            List<String> traceFields,
            Collection<String> ours,
            Supplier<@Nullable Origin> origin,
            Diagnostics diagnostics) {
        Authenticator own = program instanceof JudgingAuthenticator judging ? judging.program : program;
        return own == Authenticator.NONE
                ? own
                : new JudgingAuthenticator(own, settings, traceFields, ours, origin, diagnostics);
    }

    @Override
    public @Nullable Request authenticate(@Nullable Route route, Response response) throws IOException {
        Request followUp = program.authenticate(route, response);
        if (followUp == null) {
            return null;
        }
        boolean sameOrigin = Origin.of(response.request().url()).contains(followUp.url());
        return sameOrigin && addsNone(followUp, response) ? followUp : judged(followUp);
    }

    /** A program can keep a request that has our headers, and return it for the host of a redirect. */
    private boolean addsNone(Request followUp, Response response) {
        Request before = response.request();
        for (String name : ours) {
            if (!before.headers(name).containsAll(followUp.headers(name))) {
                return false;
            }
        }
        return true;
    }

    private Request judged(Request followUp) {
        Request.Builder judged = followUp.newBuilder();
        HttpUrl url = followUp.url();
        boolean trace = false;
        boolean session = false;
        boolean baggage = false;
        try {
            Origin configured = origin.get();
            trace = settings.destinations().allows(url, configured);
            session = settings.sessionDestinations().allows(url, configured);
            baggage = trace && settings.baggageDestinations().allows(url, configured);
        } catch (Throwable e) { // the origin can be the program's: it gets none of ours
            diagnostics.report("The destination of an authenticator's request could not be judged", e);
            Throwables.propagateIfFatal(e);
        }
        if (!trace) {
            traceFields.forEach(judged::removeHeader);
            judged.removeHeader("traceparent").removeHeader("tracestate");
            if (settings.requestIdHeader() != null) {
                judged.removeHeader(settings.requestIdHeader());
            }
        }
        if (!baggage) {
            judged.removeHeader("baggage");
        }
        if (!session) {
            judged.removeHeader(settings.sessionIdHeader());
            settings.correlationHeaders().forEach(header -> judged.removeHeader(header.name()));
        }
        if (!trace || !session) {
            diagnostics.report(
                    "An authenticator answered with a request for another origin, which goes there without the headers of"
                            + " this library",
                    null);
        }
        return judged.build();
    }
}
