package dev.llmpropagation.daemon;

import dev.llmpropagation.carrier.TraceContext;
import dev.llmpropagation.internal.span.OlderOpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Reads the trace context that clients send, and limits the complaints about it. Thread-safe. */
final class Inbound {

    private static final String TRACEPARENT = "traceparent";
    private static final int BURST = 60;
    private static final long REFILL_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final InboundTrace mode;
    private final LogBudget budget;

    Inbound(InboundTrace mode, LongSupplier nanoTime) {
        this.mode = mode;
        this.budget = new LogBudget(BURST, REFILL_NANOS, nanoTime);
    }

    /** What the client sent. */
    <C> Client read(C carrier, TextMapGetter<C> getter) {
        Iterator<String> values = OlderOpenTelemetry.values(carrier, getter, TRACEPARENT);
        if (mode == InboundTrace.IGNORE || !values.hasNext()) {
            return Client.NONE;
        }
        SpanContext sent =
                Span.fromContext(TraceContext.extract(carrier, getter)).getSpanContext();
        return new Client(sent, sent.isValid() ? null : values.next());
    }

    boolean joins(SpanContext client) {
        return client.isValid()
                && (mode == InboundTrace.JOIN || (mode == InboundTrace.JOIN_SAMPLED && client.isSampled()));
    }

    /** Whether the client's trace goes on where there is no SDK, and so none that would sample by itself. */
    boolean passesOn(SpanContext client) {
        return client.isValid() && mode != InboundTrace.LINK;
    }

    /** Whether one more complaint about a client may be logged. */
    boolean mayComplain() {
        return budget.take();
    }

    /**
     * What a client sent.
     *
     * @param span invalid if it sent none
     * @param unreadable what it sent instead of one, or null
     */
    record Client(SpanContext span, @Nullable String unreadable) {
        static final Client NONE = new Client(SpanContext.getInvalid(), null);
    }
}
