package dev.llmpropagation.spring;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.SessionIds;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.util.StringUtils;
import org.springframework.web.filter.OncePerRequestFilter;

/**
 * Serves each request under the session that its header names: calls to models carry it, and the span of the request shows
 * it. An id that cannot stand in a header is left out. Thread-safe.
 */
final class SessionFilter extends OncePerRequestFilter implements Ordered {

    /** Right after the filter that starts the span of the request, which is at HIGHEST_PRECEDENCE + 1. */
    static final int ORDER = Ordered.HIGHEST_PRECEDENCE + 2;

    private static final String PROPERTY = LlmPropagationProperties.PREFIX + ".session.request-header";

    private final String header;
    private final @Nullable SessionObservation observation;
    private final FailureGuard guard = new FailureGuard();

    SessionFilter(@Nullable String header, @Nullable SessionObservation observation) {
        if (!StringUtils.hasText(header)) {
            throw new InvalidPropertyException(
                    PROPERTY, "it is blank; name a header, as X-Session-Id, or leave it out", null);
        }
        this.header = showable(header.strip());
        this.observation = observation;
    }

    /** A session is shown on spans and sent to services, so its header is none that the library refuses to show. */
    private static String showable(String header) {
        try {
            LlmPropagation.builder(OpenTelemetry.noop()).capturedRequestHeaders(List.of(header));
        } catch (IllegalArgumentException e) { // tells of a setting that nobody has made
            throw new InvalidPropertyException(
                    PROPERTY,
                    "it is no header's name, or that of a credential, whose value no session id may be; name another, as"
                            + " X-Session-Id",
                    e);
        }
        return header;
    }

    @Override
    public int getOrder() {
        return ORDER;
    }

    /** What goes on after an async start belongs to the session too. */
    @Override
    protected boolean shouldNotFilterAsyncDispatch() {
        return false;
    }

    @Override
    protected void doFilterInternal(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
            throws ServletException, IOException {
        String id = request.getHeader(header);
        if (id == null || !SessionIds.isFit(id)) {
            chain.doFilter(request, response);
            return;
        }
        LlmSession session = LlmSession.of(id);
        Context around = guard.get("The current Context could not be read", Context::current, Context.root());
        guard.run("The session of a request could not be put on its observation", () -> {
            if (observation != null) {
                observation.carry(session);
            }
        });
        guard.run("The session of a request could not be shown", () -> Span.fromContext(around)
                .setAttribute("session.id", id));
        Scope scope = current(around.with(session));
        try {
            chain.doFilter(request, response);
        } finally {
            guard.run("A Context could not be taken back", scope::close);
        }
    }

    @SuppressWarnings("MustBeClosedChecker") // handed on to one who closes it
    private Scope current(Context context) {
        return guard.get("A Context could not be made current", context::makeCurrent, Scope.noop());
    }
}
