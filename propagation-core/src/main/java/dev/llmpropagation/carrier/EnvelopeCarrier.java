package dev.llmpropagation.carrier;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.internal.span.Throwables;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapSetter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Trace context in the {@code _meta} of a JSON message, one message at a time: what a long-lived child process needs. The
 * keys of the trace are removed first, those of every variant and also without a span to send, so that the receiver reads
 * ours or nothing, never what a client has made up. All other keys stay.
 *
 * <pre>{@code
 * Map<String, Object> sent = EnvelopeCarrier.reference().inject(step.context(), params);   // in the daemon
 * Context parent = EnvelopeCarrier.reference().extract(params);                            // in the child
 * }</pre>
 *
 * <p>Immutable, stateless and thread-safe. It throws nothing, but for a function that is null: a Context that is null
 * is the root one, a message that is null is an empty one.
 */
public final class EnvelopeCarrier {

    /** Where in a message, or in its {@code params}, the keys stand. */
    public static final String META = "_meta";

    private static final String REFERENCE_PREFIX = "qwen.telemetry.";
    private static final List<String> ALL_KEYS = List.of(
            REFERENCE_PREFIX + Fields.TRACEPARENT,
            REFERENCE_PREFIX + Fields.TRACESTATE,
            Fields.TRACEPARENT,
            Fields.TRACESTATE,
            Fields.BAGGAGE);

    // A receiver that reads header names may not look at their case.
    private static final Set<String> STALE = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

    static {
        STALE.addAll(ALL_KEYS);
    }

    private final String traceparent;
    private final String tracestate;
    private final boolean withBaggage;

    private EnvelopeCarrier(String traceparent, String tracestate, boolean withBaggage) {
        this.traceparent = traceparent;
        this.tracestate = tracestate;
        this.withBaggage = withBaggage;
    }

    /** The keys between a qwen-code daemon and its child: {@code qwen.telemetry.traceparent} and {@code …tracestate}. */
    public static EnvelopeCarrier reference() {
        return new EnvelopeCarrier(REFERENCE_PREFIX + Fields.TRACEPARENT, REFERENCE_PREFIX + Fields.TRACESTATE, false);
    }

    /** The keys of the Model Context Protocol (SEP-414): {@code traceparent} and {@code tracestate}. */
    public static EnvelopeCarrier mcp() {
        return new EnvelopeCarrier(Fields.TRACEPARENT, Fields.TRACESTATE, false);
    }

    /** The same, and it writes and reads {@code baggage} too, the key of SEP-414. Default: no baggage. */
    public EnvelopeCarrier withBaggage() {
        return new EnvelopeCarrier(traceparent, tracestate, true);
    }

    /** All keys that are removed before one is written, of every variant. */
    public static List<String> keys() {
        return ALL_KEYS;
    }

    /**
     * A message that continues this Context. Keys of the trace are removed in any case of letters.
     *
     * @param context without a valid span, the result has no trace
     * @param message has, or gets, {@code _meta}; stays as it is. If its {@code _meta} is no {@link Map}, nothing is written
     *     and nothing removed: for an object of a JSON library use {@link #inject(Context, Object, BiConsumer,
     *     TextMapSetter)}, else it goes on with what a client wrote there.
     * @return a copy, with a copy of {@code _meta}; the same object if there is nothing to change
     */
    public Map<String, @Nullable Object> inject(
            @Nullable Context context, @Nullable Map<String, @Nullable Object> message) {
        Map<String, @Nullable Object> envelope = message == null ? new LinkedHashMap<>() : message;
        Object meta = envelope.get(META);
        if (meta != null && !(meta instanceof Map)) {
            return envelope;
        }
        Map<?, ?> before = meta == null ? Map.of() : (Map<?, ?>) meta;
        Map<Object, @Nullable Object> after = replaced(context, before);
        if (after == null) {
            return envelope;
        }
        Map<String, @Nullable Object> copy = new LinkedHashMap<>(envelope);
        copy.put(META, after);
        return copy;
    }

    /**
     * As {@link #inject(Context, Map)}, for a library that has {@code _meta} as a map of its own, as Java's SDKs of MCP and
     * ACP do.
     *
     * <pre>{@code
     * new CallToolRequest("search", arguments, EnvelopeCarrier.mcp().injectMeta(Context.current(), meta));
     * }</pre>
     *
     * @param meta what else stands there, or null; stays as it is
     * @return a copy that can be changed, never null; without a span to send it may be empty
     */
    public Map<String, @Nullable Object> injectMeta(@Nullable Context context, @Nullable Map<String, ?> meta) {
        Map<String, @Nullable Object> copy = meta == null ? new LinkedHashMap<>() : new LinkedHashMap<>(meta);
        ((Map<?, ?>) copy).keySet().removeIf(EnvelopeCarrier::isStale); // of a parser that does not know its types
        copy.putAll(named(Fields.of(context, withBaggage)));
        return copy;
    }

    /**
     * Writes into an object of any JSON library. The object is changed, so give it a copy of what is not yours.
     *
     * <pre>{@code
     * carrier.inject(context, params.withObject("/_meta"), ObjectNode::remove, ObjectNode::put);   // Jackson
     * }</pre>
     *
     * @param meta the object that the keys stand in: {@code _meta} itself
     * @param remover takes a key out, if it is there; asked for each of {@link #keys()} as it is spelt there, so it
     *     compares without case if the receiver does
     * @param setter puts a string
     */
    public <C> void inject(
            @Nullable Context context, C meta, BiConsumer<? super C, String> remover, TextMapSetter<C> setter) {
        requireNonNull(remover, "remover");
        requireNonNull(setter, "setter");
        Fields fields = Fields.of(context, withBaggage);
        boolean written = false;
        try {
            removeAll(meta, remover);
            named(fields).forEach((key, value) -> setter.set(meta, key, value));
            written = true;
        } catch (Throwable e) { // both are the program's
            written = false;
            Throwables.propagateIfFatal(e);
        } finally {
            if (!written) {
                removeQuietly(meta, remover);
            }
        }
    }

    /**
     * What this message says, and nothing of the thread's own Context.
     *
     * @param envelope with or without {@code _meta}; what is no object there, or no string in it, counts as absent
     * @return the root Context with a remote span, or the root Context if there is no valid parent
     */
    public Context extract(@Nullable Map<String, ? extends @Nullable Object> envelope) {
        return envelope != null && envelope.get(META) instanceof Map<?, ?> meta ? ofMeta(meta) : Context.root();
    }

    /**
     * As {@link #extract(Map)}, for a library that has {@code _meta} as a map of its own.
     *
     * @param meta null if the message has none
     */
    public Context extractMeta(@Nullable Map<String, ?> meta) {
        return meta == null ? Context.root() : ofMeta(meta);
    }

    private Context ofMeta(Map<?, ?> meta) {
        return read(key -> meta.get(key) instanceof String text ? text : null);
    }

    /**
     * Reads from an object of any JSON library.
     *
     * @param meta the object that the keys stand in: {@code _meta} itself; null if the message has none
     * @param getter null for what is absent or no string
     * @return as {@link #extract(Map)}
     */
    public <C> Context extract(@Nullable C meta, TextMapGetter<C> getter) {
        requireNonNull(getter, "getter");
        return meta == null ? Context.root() : read(key -> getter.get(meta, key));
    }

    private Context read(Reader reader) {
        try {
            return new Fields(
                            reader.read(traceparent),
                            reader.read(tracestate),
                            withBaggage ? reader.read(Fields.BAGGAGE) : null)
                    .context(withBaggage);
        } catch (Throwable e) { // the getter is the program's
            Throwables.propagateIfFatal(e);
            return Context.root();
        }
    }

    /** Null if there is nothing to change. */
    private @Nullable Map<Object, @Nullable Object> replaced(@Nullable Context context, Map<?, ?> before) {
        Map<String, String> ours = named(Fields.of(context, withBaggage));
        Map<Object, @Nullable Object> after = new LinkedHashMap<>(before);
        after.keySet().removeIf(EnvelopeCarrier::isStale);
        boolean stripped = after.size() != before.size();
        after.putAll(ours);
        return stripped || !ours.isEmpty() ? after : null;
    }

    private static boolean isStale(@Nullable Object key) {
        return key instanceof String name && STALE.contains(name);
    }

    private Map<String, String> named(Fields fields) {
        Map<String, String> named = new LinkedHashMap<>();
        fields.write(traceparent, tracestate, Fields.BAGGAGE, named::put);
        return named;
    }

    private static <C> void removeAll(C meta, BiConsumer<? super C, String> remover) {
        for (String key : ALL_KEYS) {
            remover.accept(meta, key);
        }
    }

    /** After a failure: half of a trace context would mislead whoever reads it. */
    private static <C> void removeQuietly(C meta, BiConsumer<? super C, String> remover) {
        try {
            removeAll(meta, remover);
        } catch (Throwable e) { // then what was written stays
            Throwables.propagateIfFatal(e);
        }
    }

    @Override
    public String toString() {
        return "EnvelopeCarrier{" + traceparent + ", " + tracestate + (withBaggage ? ", baggage" : "") + '}';
    }

    /** The value of a key. */
    private interface Reader {
        @Nullable
        String read(String key);
    }
}
