package dev.llmpropagation.destination;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * Where the program's own telemetry goes. A request there gets no span and no header of ours, or every export would
 * cause the next one.
 *
 * <p>The endpoints are resolved as the OTLP exporter does it. To the base endpoint it adds {@code /v1/traces}, {@code
 * /v1/metrics} and {@code /v1/logs}; an endpoint for one signal is taken as it is; the gRPC services {@code
 * /opentelemetry.proto.collector.*} count on the origin of the base endpoint and of a signal's endpoint without a
 * path. While the base endpoint and any signal's are unset, the exporter's defaults count: {@code
 * http://localhost:4318} for HTTP and {@code http://localhost:4317} for gRPC.
 *
 * <p>A request matches if scheme, host and effective port are equal and its path is the endpoint's or lies below it;
 * so another service on the same origin, such as {@code /v1/chat/completions}, does not match. Queries are ignored.
 * Immutable and thread-safe.
 */
public final class OtlpEndpoints {

    private static final String GRPC_PACKAGE = "/opentelemetry.proto.collector.";
    private static final List<String> SIGNAL_PATHS = List.of("/v1/traces", "/v1/metrics", "/v1/logs");
    private static final Origin DEFAULT_HTTP = Origin.parse("default", "http://localhost:4318");
    private static final Origin DEFAULT_GRPC = Origin.parse("default", "http://localhost:4317");
    private static final OtlpEndpoints NONE = new OtlpEndpoints(List.of(), List.of());

    private final Target[] targets;
    private final List<String> warnings;

    private OtlpEndpoints(List<Target> targets, List<String> warnings) {
        this.targets = targets.stream().distinct().toArray(Target[]::new);
        this.warnings = List.copyOf(warnings);
    }

    /** No endpoint at all, not even the exporter's defaults. */
    public static OtlpEndpoints none() {
        return NONE;
    }

    /**
     * The endpoints of the system properties {@code otel.exporter.otlp.endpoint}, {@code
     * otel.exporter.otlp.traces.endpoint}, {@code ….metrics.endpoint} and {@code ….logs.endpoint}, and of the
     * environment variables {@code OTEL_EXPORTER_OTLP_ENDPOINT} and so on; a property wins over its variable, a blank
     * value counts as unset. Read once, now. Never throws: a value that is not a URL is ignored, see {@link #warnings}.
     */
    public static OtlpEndpoints fromEnvironment() {
        return resolve(System::getProperty, System::getenv);
    }

    static OtlpEndpoints resolve(
            Function<String, @Nullable String> properties, Function<String, @Nullable String> environment) {
        List<String> warnings = new ArrayList<>();
        Function<String, @Nullable HttpUrl> setting = property -> {
            String name = property;
            String value = read(properties, name);
            if (value == null) {
                name = property.replace('.', '_').toUpperCase(Locale.ROOT);
                value = read(environment, name);
            }
            if (value == null) {
                return null;
            }
            try {
                return Origin.httpUrl(name, value);
            } catch (IllegalArgumentException e) {
                warnings.add(e.getMessage() + " It is ignored.");
                return null;
            }
        };
        HttpUrl base = setting.apply("otel.exporter.otlp.endpoint");
        return resolve(
                base,
                new @Nullable HttpUrl[] {
                    setting.apply("otel.exporter.otlp.traces.endpoint"),
                    setting.apply("otel.exporter.otlp.metrics.endpoint"),
                    setting.apply("otel.exporter.otlp.logs.endpoint")
                },
                warnings);
    }

    private static @Nullable String read(Function<String, @Nullable String> source, String name) {
        try {
            String value = source.apply(name);
            String text = value == null ? "" : unquote(value);
            return text.isEmpty() ? null : text;
        } catch (RuntimeException e) {
            return null; // A security manager may forbid it; then the exporter cannot read it either.
        }
    }

    private static OtlpEndpoints resolve(@Nullable HttpUrl base, @Nullable HttpUrl[] signals, List<String> warnings) {
        List<Target> targets = new ArrayList<>();
        if (base != null) {
            Origin origin = Origin.of(base);
            String path = withoutFinalSlash(base.encodedPath());
            for (String signal : SIGNAL_PATHS) {
                targets.add(new Target(origin, path.endsWith(signal) ? path : path + signal));
            }
            targets.add(new Target(origin, GRPC_PACKAGE));
        } else if (Arrays.asList(signals).contains(null)) {
            SIGNAL_PATHS.forEach(path -> targets.add(new Target(DEFAULT_HTTP, path)));
            targets.add(new Target(DEFAULT_GRPC, GRPC_PACKAGE));
        }
        for (HttpUrl signal : signals) {
            if (signal != null) {
                Origin origin = Origin.of(signal);
                String path = withoutFinalSlash(signal.encodedPath());
                // A slash alone would be the root, which another endpoint may be.
                targets.add(new Target(origin, path.length() > 1 ? path : signal.encodedPath()));
                if (path.isEmpty()) {
                    targets.add(new Target(origin, GRPC_PACKAGE));
                }
            }
        }
        return new OtlpEndpoints(targets, warnings);
    }

    /** Only one: the exporter keeps the others, and sends to {@code //v1/traces}. */
    private static String withoutFinalSlash(String path) {
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    /** Quotes reach the environment through some shells and files, and the exporters put up with them. */
    private static String unquote(String value) {
        String text = value.strip();
        int start = !text.isEmpty() && isQuote(text.charAt(0)) ? 1 : 0;
        int end = text.length() > start && isQuote(text.charAt(text.length() - 1)) ? text.length() - 1 : text.length();
        return text.substring(start, end).strip();
    }

    private static boolean isQuote(char c) {
        return c == '"' || c == '\'';
    }

    /** Endpoints given by the program; the environment is not read. */
    public static Builder builder() {
        return new Builder();
    }

    /** Whether a request to this URL is an export. Allocates nothing and never throws. */
    public boolean matches(HttpUrl url) {
        if (url != null) {
            for (Target target : targets) {
                if (target.matches(url)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** What was ignored in the environment and why, one sentence or two each, without secrets; empty if nothing. */
    public List<String> warnings() {
        return warnings;
    }

    /** Scheme, host, port and path of each endpoint; never a query or user info. */
    @Override
    public String toString() {
        return Stream.of(targets).map(Target::toString).collect(Collectors.joining(", ", "OtlpEndpoints[", "]"));
    }

    private record Target(Origin origin, String path) {

        boolean matches(HttpUrl url) {
            return origin.contains(url)
                    && matchesPath(url.toString(), url.scheme().length() + 3);
        }

        /** Looks into the text of the URL, because {@link HttpUrl#encodedPath()} would copy it. */
        private boolean matchesPath(String url, int authority) {
            int start = url.indexOf('/', authority);
            if (start < 0 || !url.startsWith(path, start)) {
                return false;
            }
            int end = start + path.length();
            if (end == url.length() || path.endsWith(".")) {
                return true;
            }
            char next = url.charAt(end);
            return next == '?' || next == '#' || (next == '/' && path.length() > 1);
        }

        @Override
        public String toString() {
            return origin + path + (path.endsWith(".") ? "*" : "");
        }
    }

    /**
     * Builder; not thread-safe. Each value is an absolute http or https URL; a second call replaces the first, null
     * unsets it. All methods throw {@link IllegalArgumentException} for anything else, naming the setting.
     */
    public static final class Builder {
        private @Nullable HttpUrl base;
        private final @Nullable HttpUrl[] signals = new @Nullable HttpUrl[SIGNAL_PATHS.size()];

        private Builder() {}

        /** The base endpoint; the paths of the three signals and of gRPC are added. */
        public Builder endpoint(@Nullable String endpoint) {
            base = url("OtlpEndpoints.endpoint", endpoint);
            return this;
        }

        /** The endpoint for spans, taken as it is. */
        public Builder tracesEndpoint(@Nullable String endpoint) {
            signals[0] = url("OtlpEndpoints.tracesEndpoint", endpoint);
            return this;
        }

        /** The endpoint for metrics, taken as it is. */
        public Builder metricsEndpoint(@Nullable String endpoint) {
            signals[1] = url("OtlpEndpoints.metricsEndpoint", endpoint);
            return this;
        }

        /** The endpoint for log records, taken as it is. */
        public Builder logsEndpoint(@Nullable String endpoint) {
            signals[2] = url("OtlpEndpoints.logsEndpoint", endpoint);
            return this;
        }

        private static @Nullable HttpUrl url(String setting, @Nullable String value) {
            return value == null ? null : Origin.httpUrl(setting, unquote(value));
        }

        /** The endpoints, with the exporter's defaults for what is unset. */
        public OtlpEndpoints build() {
            return resolve(base, signals.clone(), List.of());
        }
    }
}
