package dev.llmpropagation.testkit;

import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** Keeps what started and what ended. Thread-safe. */
final class SpanRecorder implements SpanProcessor {

    private final Map<String, ReadableSpan> open = new LinkedHashMap<>();
    private final List<SpanData> ended = new ArrayList<>();

    @Override
    public synchronized void onStart(Context parent, ReadWriteSpan span) {
        open.put(span.getSpanContext().getSpanId(), span);
    }

    @Override
    public synchronized void onEnd(ReadableSpan span) {
        if (open.remove(span.getSpanContext().getSpanId()) != null) { // else it is from before a reset
            ended.add(span.toSpanData());
            notifyAll();
        }
    }

    @Override
    public boolean isStartRequired() {
        return true;
    }

    @Override
    public boolean isEndRequired() {
        return true;
    }

    synchronized void reset() {
        open.clear();
        ended.clear();
    }

    /** In the order of their starts. */
    synchronized List<SpanData> ended() {
        return ended.stream()
                .sorted(Comparator.comparingLong(SpanData::getStartEpochNanos))
                .toList();
    }

    synchronized List<SpanData> open() {
        return open.values().stream().map(ReadableSpan::toSpanData).toList();
    }

    /** At one moment: those that have ended, then those that have not. */
    synchronized List<SpanData> all() {
        List<SpanData> all = new ArrayList<>(ended());
        all.addAll(open());
        return all;
    }

    /** Waits until no such span is open, but no longer than this. */
    synchronized void awaitEnd(Predicate<ReadableSpan> which, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        try {
            while (open.values().stream().anyMatch(which)) {
                long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (left <= 0) {
                    return;
                }
                wait(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
