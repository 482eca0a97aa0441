package dev.llmpropagation.mcp;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.internal.span.Instrumentation;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** What a transport does not tell of itself. Each setter replaces what was set before; none takes null. Not thread-safe. */
public final class McpClientOptions {

    private static final int HTTP = 80;
    private static final int HTTPS = 443;

    private @Nullable URI server;
    private @Nullable Duration timeout;

    McpClientOptions() {}

    /**
     * The server that is spoken to over HTTP: {@code server.address} and {@code server.port}; nothing else of it is shown.
     * Default: both are absent.
     *
     * @param url as the transport has it
     * @throws IllegalArgumentException unless it is an http or https URL
     */
    public McpClientOptions server(String url) {
        URI parsed;
        try {
            parsed = URI.create(requireNonNull(url, "server"));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("server: it is no URL; use one such as https://mcp.example.com");
        }
        if (parsed.getHost() == null || !isHttp(parsed.getScheme())) {
            throw new IllegalArgumentException("server: it is no http or https URL with a host");
        }
        server = parsed;
        return this;
    }

    /**
     * The {@code requestTimeout} of the client: a request that has no response by then ends as timed out, as the SDK
     * tells no transport. Give it the same value. Default: none; such a request ends when its response comes after all,
     * when the client is closed, or by {@link McpTelemetryBuilder#timeToLive}.
     *
     * @throws IllegalArgumentException unless it is positive and at most 365 days
     */
    public McpClientOptions requestTimeout(Duration duration) {
        timeout = Instrumentation.limit("requestTimeout", duration);
        return this;
    }

    McpEndpoint endpoint(McpEndpoint known) {
        URI url = server;
        if (url == null) {
            return known;
        }
        int port = url.getPort() >= 0 ? url.getPort() : "https".equalsIgnoreCase(url.getScheme()) ? HTTPS : HTTP;
        return new McpEndpoint("tcp", "http", url.getHost(), port);
    }

    long timeoutNanos() {
        return timeout == null ? 0 : timeout.toNanos();
    }

    private static boolean isHttp(@Nullable String scheme) {
        return "http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme);
    }
}
