package dev.llmpropagation.daemon;

import static java.util.Objects.requireNonNull;

import com.sun.net.httpserver.Filter;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Makes the requests of the JDK's {@code HttpServer} spans. The handler tells what it knows to {@link
 * DaemonRequest#current()}. If it answers before it returns, the span ends there; if another thread does, that one says so,
 * by {@link DaemonRequest#responded}. What the handler throws goes on unchanged. Immutable and thread-safe: one filter can
 * serve many contexts.
 *
 * <pre>{@code
 * server.createContext("/", handler).getFilters().add(new HttpServerFilter(daemon));
 * }</pre>
 */
public final class HttpServerFilter extends Filter {

    private static final TextMapGetter<Headers> HEADERS = new Getter();
    private static final int UNANSWERED = -1;

    private final DaemonTelemetry daemon;

    /** @param daemon tells of the requests; it stays the program's to close */
    public HttpServerFilter(DaemonTelemetry daemon) {
        this.daemon = requireNonNull(daemon, "daemon");
    }

    /**
     * Runs the handler within the span of its request, and ends that with the status that the handler sent. What the
     * handler throws is an error, whatever status it sent before; but an {@code IOException} after the headers mostly says
     * that the client has gone, so the request is interrupted. As long as there is no status the client waits, and the
     * span goes on.
     */
    @Override
    public void doFilter(HttpExchange exchange, Chain chain) throws IOException {
        String path = exchange.getRequestURI().getRawPath();
        DaemonRequest request = daemon.request(exchange.getRequestMethod(), path == null ? "" : path)
                .headers(exchange.getRequestHeaders(), HEADERS)
                .start();
        request.respondsLater();
        request.life.entered();
        try (Scope ignored = request.makeCurrent()) {
            chain.doFilter(exchange);
        } catch (Throwable e) {
            request.threw(e, exchange.getResponseCode());
            throw e;
        } finally {
            request.life.left();
        }
        if (exchange.getResponseCode() != UNANSWERED) {
            request.responded(exchange.getResponseCode());
        } else {
            request.handedOver();
        }
    }

    /** The name of the library. */
    @Override
    public String description() {
        return "llm-propagation";
    }

    private static final class Getter implements TextMapGetter<Headers> {
        @Override
        @SuppressWarnings("deprecation") // abstract in the oldest API that we support
        public Iterable<String> keys(Headers carrier) {
            return Set.copyOf(carrier.keySet());
        }

        @Override
        public @Nullable String get(@Nullable Headers carrier, String key) {
            return carrier == null ? null : carrier.getFirst(key);
        }

        @Override
        public Iterator<String> getAll(@Nullable Headers carrier, String key) {
            List<String> values = carrier == null ? null : carrier.get(key);
            return values == null ? List.<String>of().iterator() : values.iterator();
        }
    }
}
