package dev.llmpropagation.network;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Collections;
import java.util.EnumMap;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * Timeouts and limits of a client's connections. What is not set stays as it is. The same for the clients of both SDKs,
 * by {@code connections(settings)} on their factories, and for any OkHttpClient, by {@link #applyTo}.
 *
 * <p>A duration of zero means no limit. All are checked when they are set: negative ones, and those above 24 days, which
 * OkHttp cannot hold, are an {@link IllegalArgumentException}. Immutable and thread-safe. Nothing takes null.
 */
public final class ConnectionSettings {

    private static final int IDLE = 5; // connections kept, as OkHttp does
    private static final ConnectionSettings UNCHANGED = new ConnectionSettings(Map.of(), null);

    private final Map<Timer, Duration> timers;
    private final @Nullable Limits limits;

    private ConnectionSettings(Map<Timer, Duration> timers, @Nullable Limits limits) {
        this.timers = timers;
        this.limits = limits;
    }

    /** Changes nothing by itself; a start for the methods below. */
    public static ConnectionSettings unchanged() {
        return UNCHANGED;
    }

    /**
     * For answers that take minutes and streams that pause: 10 seconds to connect, 5 minutes of silence while reading, 1
     * minute while writing, no limit for the whole call, and a ping every 30 seconds on HTTP/2, so that a dead
     * connection shows long before the silence ends.
     */
    public static ConnectionSettings forModelCalls() {
        return UNCHANGED
                .connectTimeout(Duration.ofSeconds(10))
                .readTimeout(Duration.ofMinutes(5))
                .writeTimeout(Duration.ofMinutes(1))
                .callTimeout(Duration.ZERO)
                .pingInterval(Duration.ofSeconds(30));
    }

    /** How long a connection, through a proxy and with TLS, may take to open. */
    public ConnectionSettings connectTimeout(Duration value) {
        return with(Timer.CONNECT_TIMEOUT, value);
    }

    /** How long the service may be silent, before the first byte as between two chunks of a stream. */
    public ConnectionSettings readTimeout(Duration value) {
        return with(Timer.READ_TIMEOUT, value);
    }

    /** How long the service may take none of the request's bytes. */
    public ConnectionSettings writeTimeout(Duration value) {
        return with(Timer.WRITE_TIMEOUT, value);
    }

    /** How long a whole call may take, its redirects and the reading of its body included. */
    public ConnectionSettings callTimeout(Duration value) {
        return with(Timer.CALL_TIMEOUT, value);
    }

    /**
     * How often a ping is sent on each HTTP/2 connection and WebSocket; one that is not answered until the next is due
     * fails the connection and the calls on it. HTTP/1.1 has no ping.
     */
    public ConnectionSettings pingInterval(Duration value) {
        return with(Timer.PING_INTERVAL, value);
    }

    /** How long an idle connection is kept for the next call; proxies and balancers that close earlier cost a retry. */
    public ConnectionSettings keepAlive(Duration value) {
        if (requireNonNull(value, "keepAlive").isZero()) {
            throw new IllegalArgumentException("ConnectionSettings.keepAlive: must be positive");
        }
        return with(Timer.KEEP_ALIVE, value);
    }

    /**
     * How many async calls of a client run at once, in all and to one host; further ones wait in its queue. Sync calls are
     * not counted.
     *
     * @throws IllegalArgumentException if one is less than 1
     */
    public ConnectionSettings maxRequests(int inAll, int perHost) {
        if (inAll < 1 || perHost < 1) {
            throw new IllegalArgumentException(
                    "ConnectionSettings.maxRequests: " + inAll + " and " + perHost + "; both must be at least 1");
        }
        return new ConnectionSettings(timers, new Limits(inAll, perHost));
    }

    /**
     * Puts these settings into a client. Limits are set on its dispatcher, which other clients may share. Returns the
     * same builder.
     */
    public OkHttpClient.Builder applyTo(OkHttpClient.Builder builder) {
        timers.forEach((timer, value) -> {
            switch (timer) {
                case CONNECT_TIMEOUT -> builder.connectTimeout(value);
                case READ_TIMEOUT -> builder.readTimeout(value);
                case WRITE_TIMEOUT -> builder.writeTimeout(value);
                case CALL_TIMEOUT -> builder.callTimeout(value);
                case PING_INTERVAL -> builder.pingInterval(value);
                case KEEP_ALIVE ->
                    builder.connectionPool(new ConnectionPool(IDLE, value.toMillis(), TimeUnit.MILLISECONDS));
            }
        });
        if (limits != null) {
            Dispatcher dispatcher = builder.build().dispatcher();
            dispatcher.setMaxRequests(limits.inAll);
            dispatcher.setMaxRequestsPerHost(limits.perHost);
        }
        return builder;
    }

    private ConnectionSettings with(Timer timer, Duration value) {
        Map<Timer, Duration> all = new EnumMap<>(Timer.class);
        all.putAll(timers);
        all.put(timer, checked(timer.setting, value));
        return new ConnectionSettings(Collections.unmodifiableMap(all), limits);
    }

    private static Duration checked(String setting, Duration value) {
        requireNonNull(value, setting);
        if (value.isNegative() || value.compareTo(Duration.ofMillis(Integer.MAX_VALUE)) > 0) {
            throw new IllegalArgumentException(
                    "ConnectionSettings." + setting + ": " + value + " is negative or longer than 24 days");
        }
        if (!value.isZero() && value.toMillis() == 0) {
            throw new IllegalArgumentException("ConnectionSettings." + setting + ": " + value
                    + " is less than a millisecond, and zero would mean no limit");
        }
        return value;
    }

    /** What is set. */
    @Override
    public String toString() {
        StringJoiner text = new StringJoiner(", ", "ConnectionSettings{", "}");
        timers.forEach((timer, value) -> text.add(timer.setting + '=' + value));
        if (limits != null) {
            text.add("maxRequests=" + limits.inAll + ", " + limits.perHost + " per host");
        }
        return text.toString();
    }

    private record Limits(int inAll, int perHost) {}

    private enum Timer {
        CONNECT_TIMEOUT("connectTimeout"),
        READ_TIMEOUT("readTimeout"),
        WRITE_TIMEOUT("writeTimeout"),
        CALL_TIMEOUT("callTimeout"),
        PING_INTERVAL("pingInterval"),
        KEEP_ALIVE("keepAlive");

        private final String setting;

        Timer(String setting) {
            this.setting = setting;
        }
    }
}
