package dev.llmpropagation.carrier;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.internal.span.OlderOpenTelemetry;
import dev.llmpropagation.internal.span.Throwables;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapSetter;
import java.util.Iterator;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * {@code traceparent} and {@code tracestate} of W3C, for hops whose two ends are ours. The propagators of the program and
 * the global ones have no say: either may be set to do nothing. Every carrier of this package, and whoever else takes a
 * parent from outside, reads through here, so that all accept the same.
 *
 * <p>A parent is taken as the W3C recommendation has it: version {@code ff} is none, version {@code 00} has exactly four
 * fields, a later one may have more; ids are lower-case hex and not all zero. One blank before and one after are
 * tolerated. Flags stay as they were sent: whether an unsampled parent is followed is for the sampler to say. A {@code
 * tracestate} that cannot be read is left out, and its {@code traceparent} counts.
 *
 * <p>Stateless and thread-safe. What a getter or a setter throws ends here.
 */
public final class TraceContext {

    private TraceContext() {}

    /**
     * What the carrier says, and nothing of the thread's own Context.
     *
     * @param getter answers to {@code traceparent} and {@code tracestate}; two values of the former are no parent
     * @return the root Context with a remote span, or the root Context if there is no valid parent
     */
    public static <C extends @Nullable Object> Context extract(C carrier, TextMapGetter<C> getter) {
        requireNonNull(getter, "getter");
        try {
            Iterator<String> parents = OlderOpenTelemetry.values(carrier, getter, Fields.TRACEPARENT);
            if (!parents.hasNext()) {
                return Context.root();
            }
            String parent = parents.next();
            return parents.hasNext()
                    ? Context.root()
                    : Fields.contextOf(
                            parse(parent, joined(OlderOpenTelemetry.values(carrier, getter, Fields.TRACESTATE))));
        } catch (Throwable e) { // the getter is the program's
            Throwables.propagateIfFatal(e);
            return Context.root();
        }
    }

    /**
     * The parent that these values name.
     *
     * @param traceparent null for none
     * @param tracestate null for none
     * @return remote; invalid if there is no valid parent
     */
    public static SpanContext parse(@Nullable String traceparent, @Nullable String tracestate) {
        return Fields.parsed(traceparent, tracestate);
    }

    /**
     * Writes the span of this Context, if it has a valid one. Nothing is removed: a carrier that may hold the copies of
     * somebody else goes through {@link EnvelopeCarrier} or {@link EnvironmentCarrier}.
     */
    public static <C> void inject(@Nullable Context context, C carrier, TextMapSetter<C> setter) {
        requireNonNull(setter, "setter");
        Fields fields = Fields.of(context, false);
        try {
            fields.write(
                    Fields.TRACEPARENT,
                    Fields.TRACESTATE,
                    Fields.BAGGAGE,
                    (name, value) -> setter.set(carrier, name, value));
        } catch (Throwable e) { // the setter is the program's
            Throwables.propagateIfFatal(e);
        }
    }

    /** One list may come in several headers. */
    private static @Nullable String joined(Iterator<String> values) {
        if (!values.hasNext()) {
            return null;
        }
        StringJoiner joined = new StringJoiner(",");
        values.forEachRemaining(joined::add);
        return joined.toString();
    }
}
