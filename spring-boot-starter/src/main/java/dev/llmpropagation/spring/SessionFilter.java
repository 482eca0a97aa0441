package dev.llmpropagation.spring;

import dev.llmpropagation.internal.span.CurrentContext;
import dev.llmpropagation.internal.span.Diagnostics;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.SessionIds;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
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

    private final String header;
    private final @Nullable SessionObservation observation;
    private final Diagnostics diagnostics = Diagnostics.to(null);
    private final CurrentContext contexts = new CurrentContext(diagnostics::report);

    SessionFilter(@Nullable String header, @Nullable SessionObservation observation) {
        if (!StringUtils.hasText(header)) {
            throw new InvalidPropertyException(
                    LlmPropagationProperties.PREFIX + ".session.request-header",
                    "it is blank; name a header, as X-Session-Id, or leave it out",
                    null);
        }
        this.header = header.strip();
        this.observation = observation;
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
        Context around = contexts.get();
        diagnostics.quietly("The session of a request could not be put on its observation", () -> {
            if (observation != null) {
                observation.carry(session);
            }
        });
        diagnostics.quietly("The session of a request could not be shown", () -> Span.fromContext(around)
                .setAttribute("session.id", id));
        Scope scope = contexts.set(around.with(session));
        try {
            chain.doFilter(request, response);
        } finally {
            contexts.restore(scope);
        }
    }
}
