package dev.llmpropagation.doctor;

import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import java.util.concurrent.TimeUnit;

/** Counts what starts and what ends. Thread-safe. */
final class SpanEnds implements SpanProcessor {

    private int started;
    private int ended;

    @Override
    public synchronized void onStart(Context parent, ReadWriteSpan span) {
        started++;
    }

    @Override
    public synchronized void onEnd(ReadableSpan span) {
        ended++;
        notifyAll();
    }

    /** Waits until all that started has ended, for some seconds at most, and tells how many have not. Counts anew. */
    synchronized int awaitAll() throws InterruptedException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (ended < started) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                break;
            }
            wait(left);
        }
        int open = started - ended;
        started = 0;
        ended = 0;
        return open;
    }

    @Override
    public boolean isStartRequired() {
        return true;
    }

    @Override
    public boolean isEndRequired() {
        return true;
    }
}
