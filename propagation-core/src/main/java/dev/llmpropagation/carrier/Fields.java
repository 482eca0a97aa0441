package dev.llmpropagation.carrier;

import dev.llmpropagation.internal.span.Throwables;
import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** What goes over a boundary. Null means absent. */
record Fields(
        @Nullable String traceparent,
        @Nullable String tracestate,
        @Nullable String baggage) {

    static final String TRACEPARENT = "traceparent";
    static final String TRACESTATE = "tracestate";
    static final String BAGGAGE = "baggage";

    private static final int MAX_LENGTH = 8192;
    private static final W3CTraceContextPropagator TRACE = W3CTraceContextPropagator.getInstance();
    private static final W3CBaggagePropagator ENTRIES = W3CBaggagePropagator.getInstance();

    private static final TextMapGetter<Fields> GETTER = new TextMapGetter<>() {
        @Override
        @SuppressWarnings("deprecation") // abstract in older versions of the API
        public Iterable<String> keys(Fields carrier) {
            return List.of(TRACEPARENT, TRACESTATE, BAGGAGE);
        }

        @Override
        public @Nullable String get(@Nullable Fields carrier, String key) {
            return carrier == null ? null : carrier.value(key);
        }
    };

    /** What this Context has to send. */
    static Fields of(@Nullable Context context, boolean withBaggage) {
        if (context == null) {
            return new Fields(null, null, null);
        }
        Map<String, String> values = new HashMap<>();
        try {
            TRACE.inject(context, values, Fields::put);
            if (withBaggage) {
                ENTRIES.inject(context, values, Fields::put);
            }
        } catch (Throwable e) { // a span or a baggage of another make
            Throwables.propagateIfFatal(e);
            return new Fields(null, null, null);
        }
        return new Fields(values.get(TRACEPARENT), values.get(TRACESTATE), values.get(BAGGAGE));
    }

    static SpanContext parsed(@Nullable String traceparent, @Nullable String tracestate) {
        if (traceparent == null) {
            return SpanContext.getInvalid();
        }
        try {
            Fields sent = new Fields(trimmed(traceparent), bounded(tracestate), null);
            return Span.fromContext(TRACE.extract(Context.root(), sent, GETTER)).getSpanContext();
        } catch (Throwable e) { // no version of the propagator that we know throws
            Throwables.propagateIfFatal(e);
            return SpanContext.getInvalid();
        }
    }

    /** The root Context with this parent, if it is one. */
    static Context contextOf(SpanContext parent) {
        return parent.isValid() ? Context.root().with(Span.wrap(parent)) : Context.root();
    }

    /** The root Context with what was sent. */
    Context context(boolean withBaggage) {
        Context parent = contextOf(parsed(traceparent, tracestate));
        if (!withBaggage || bounded(baggage) == null) {
            return parent;
        }
        try {
            return ENTRIES.extract(parent, this, GETTER);
        } catch (Throwable e) { // entries that cannot be decoded
            Throwables.propagateIfFatal(e);
            return parent;
        }
    }

    /** Hands on those that are there, by these names. */
    void write(String traceparentName, String tracestateName, String baggageName, BiConsumer<String, String> to) {
        write(traceparentName, traceparent, to);
        write(tracestateName, tracestate, to);
        write(baggageName, baggage, to);
    }

    private static void write(String name, @Nullable String value, BiConsumer<String, String> to) {
        if (value != null) {
            to.accept(name, value);
        }
    }

    private @Nullable String value(String key) {
        return switch (key) {
            case TRACEPARENT -> traceparent;
            case TRACESTATE -> tracestate;
            case BAGGAGE -> baggage;
            default -> null;
        };
    }

    private static void put(@Nullable Map<String, String> values, String key, String value) {
        if (values != null && bounded(value) != null) {
            values.put(key, value);
        }
    }

    private static @Nullable String bounded(@Nullable String value) {
        return value == null || value.length() > MAX_LENGTH ? null : value;
    }

    /** Without one blank at each end; empty if there is a control character inside, which the propagator would not see. */
    private static String trimmed(String value) {
        int start = !value.isEmpty() && Character.isWhitespace(value.charAt(0)) ? 1 : 0;
        int end = value.length();
        if (end > start && Character.isWhitespace(value.charAt(end - 1))) {
            end--;
        }
        String trimmed = value.substring(start, end);
        return trimmed.chars().anyMatch(Character::isISOControl) ? "" : trimmed;
    }
}
