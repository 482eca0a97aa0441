package dev.llmpropagation.daemon;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** What clients send of a trace. Read by a propagator of our own, since the program's may read nothing. Thread-safe. */
final class Inbound {

    private static final String TRACEPARENT = "traceparent";
    private static final int BURST = 60;
    private static final long REFILL_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final InboundTrace mode;
    private final LongSupplier nanoTime;
    private long tokens = BURST;
    private long refilledNanos;

    Inbound(InboundTrace mode, LongSupplier nanoTime) {
        this.mode = mode;
        this.nanoTime = nanoTime;
        this.refilledNanos = nanoTime.getAsLong();
    }

    /** What the client sent, read from the root, so that nothing of the thread's own Context gets in. */
    <C> Client read(C carrier, TextMapGetter<C> getter) {
        Iterator<String> values = getter.getAll(carrier, TRACEPARENT);
        if (mode == InboundTrace.IGNORE || !values.hasNext()) {
            return Client.NONE;
        }
        String header = values.next();
        if (values.hasNext()) { // two parents are none
            return new Client(SpanContext.getInvalid(), header);
        }
        Context read = W3CTraceContextPropagator.getInstance().extract(Context.root(), carrier, getter);
        SpanContext sent = Span.fromContext(read).getSpanContext();
        return new Client(sent, sent.isValid() ? null : header);
    }

    boolean joins(SpanContext client) {
        return client.isValid()
                && (mode == InboundTrace.JOIN || (mode == InboundTrace.JOIN_SAMPLED && client.isSampled()));
    }

    /** Whether one more complaint about a client may be logged. */
    synchronized boolean mayComplain() {
        long now = nanoTime.getAsLong();
        long refill = (now - refilledNanos) / REFILL_NANOS;
        if (refill > 0) {
            tokens = Math.min(BURST, tokens + refill);
            refilledNanos += refill * REFILL_NANOS;
        }
        if (tokens == 0) {
            return false;
        }
        tokens--;
        return true;
    }

    /**
     * A client's word.
     *
     * @param span invalid if it sent none
     * @param unreadable what it sent instead of one, or null
     */
    record Client(SpanContext span, @Nullable String unreadable) {
        static final Client NONE = new Client(SpanContext.getInvalid(), null);
    }
}
