package dev.llmpropagation.carrier;

import static java.util.Objects.requireNonNull;

import io.opentelemetry.context.Context;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Trace context in environment variables, for a process that does one piece of work: {@code TRACEPARENT}, {@code
 * TRACESTATE} and, only if asked for, {@code BAGGAGE}. What a process that lives longer is asked to do later has another
 * parent each time; there, use {@link EnvelopeCarrier}.
 *
 * <p>All three are always removed first, in any case of letters. A child that inherits its parent's environment would
 * otherwise take a parent that is long over, or a {@code TRACESTATE} of another trace.
 *
 * <pre>{@code
 * turn.tool("shell").call(tool -> {
 *     ProcessBuilder shell = new ProcessBuilder("sh", "-c", command);
 *     EnvironmentCarrier.create().inject(Context.current(), shell);
 *     return shell.start().waitFor();
 * });
 * }</pre>
 *
 * <p>Immutable, stateless and thread-safe. It throws nothing, but for a process that is null: a Context that is null is
 * the root one, an environment that is null is an empty one.
 */
public final class EnvironmentCarrier {

    private static final String TRACEPARENT = "TRACEPARENT";
    private static final String TRACESTATE = "TRACESTATE";
    private static final String BAGGAGE = "BAGGAGE";
    private static final EnvironmentCarrier PLAIN = new EnvironmentCarrier(false);
    private static final EnvironmentCarrier WITH_BAGGAGE = new EnvironmentCarrier(true);

    private final boolean withBaggage;

    private EnvironmentCarrier(boolean withBaggage) {
        this.withBaggage = withBaggage;
    }

    /** Carries the trace, and no baggage. */
    public static EnvironmentCarrier create() {
        return PLAIN;
    }

    /** The same, and it writes and reads {@code BAGGAGE} too. */
    public EnvironmentCarrier withBaggage() {
        return WITH_BAGGAGE;
    }

    /**
     * An environment that continues this Context.
     *
     * @param context without a valid span, the result has no trace
     * @param environment stays as it is
     * @return a new map, the caller's to change
     */
    public Map<String, String> inject(@Nullable Context context, @Nullable Map<String, String> environment) {
        Map<String, String> copy = environment == null ? new LinkedHashMap<>() : new LinkedHashMap<>(environment);
        replace(context, copy);
        return copy;
    }

    /**
     * Makes a process that is started by this builder continue this Context.
     *
     * @param context without a valid span, the process gets no trace
     * @return the same builder
     */
    public ProcessBuilder inject(@Nullable Context context, ProcessBuilder process) {
        requireNonNull(process, "process");
        try {
            replace(context, process.environment());
        } catch (RuntimeException e) { // a platform that allows no change: the process starts as it would have
            return process;
        }
        return process;
    }

    /**
     * What this environment says, and nothing of the thread's own Context.
     *
     * @return the root Context with a remote span, or the root Context if there is no valid parent
     */
    public Context extract(@Nullable Map<String, String> environment) {
        if (environment == null) {
            return Context.root();
        }
        return new Fields(
                        environment.get(TRACEPARENT),
                        environment.get(TRACESTATE),
                        withBaggage ? environment.get(BAGGAGE) : null)
                .context(withBaggage);
    }

    /**
     * As {@link #extract}, of the environment that this process was started with. Read anew each time, so that one run of
     * the program leaves nothing to the next. It can be the parent of all interactions, see {@code
     * AgentTracingBuilder.parent}.
     */
    public Context extractFromProcess() {
        return extract(System.getenv());
    }

    private void replace(@Nullable Context context, Map<String, String> environment) {
        ((Map<?, ?>) environment).keySet().removeIf(name -> name instanceof String text && isOurs(text));
        Fields.of(context, withBaggage).write(TRACEPARENT, TRACESTATE, BAGGAGE, environment::put);
    }

    private static boolean isOurs(String name) {
        return Stream.of(TRACEPARENT, TRACESTATE, BAGGAGE).anyMatch(name::equalsIgnoreCase);
    }

    @Override
    public String toString() {
        return "EnvironmentCarrier{baggage=" + withBaggage + '}';
    }
}
