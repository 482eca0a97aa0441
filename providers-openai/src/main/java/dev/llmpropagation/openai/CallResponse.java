package dev.llmpropagation.openai;

import static java.util.Objects.requireNonNull;

import com.openai.core.http.StreamResponse;
import dev.llmpropagation.internal.http.LogicalCall;
import java.util.Spliterator;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/** The program's side of a stream of the SDK that it pulls: how each step of reading ends, the call is told. */
final class CallResponse<T> implements StreamResponse<T> {

    private final StreamResponse<T> delegate;
    private final LogicalCall call;

    private CallResponse(StreamResponse<T> delegate, LogicalCall call) {
        this.delegate = delegate;
        this.call = call;
    }

    /** Whether the program reads this through one of these. */
    static boolean isFor(@Nullable Object result) {
        return result instanceof StreamResponse<?> && !ServiceType.isKnownByItsClass(result.getClass());
    }

    /** @param result one that this {@link #isFor} */
    static CallResponse<?> of(@Nullable Object result, LogicalCall call) {
        return new CallResponse<>((StreamResponse<?>) requireNonNull(result), call);
    }

    /** The program gets this of the call, which is over then, unless the program reads a stream of it. */
    static void handOver(@Nullable Object result, LogicalCall call) {
        if (isFor(result)) {
            call.handedOver();
        } else {
            call.finished();
        }
    }

    @Override
    public Stream<T> stream() {
        Stream<T> stream = delegate.stream();
        // Not earlier: splitting a stream uses it up.
        return StreamSupport.stream(() -> new Steps<>(stream.spliterator(), call), Spliterator.ORDERED, false)
                .onClose(stream::close);
    }

    @Override
    public void close() {
        call.closing();
        try {
            delegate.close();
        } finally {
            call.finished();
        }
    }

    /** The SDK reads inside a step, and the program's own code, with failures of its own, runs after it. */
    private static final class Steps<T> implements Spliterator<T>, Consumer<T> {

        private final Spliterator<T> source;
        private final LogicalCall call;
        private @Nullable T next;

        Steps(Spliterator<T> source, LogicalCall call) {
            this.source = source;
            this.call = call;
        }

        @Override
        public boolean tryAdvance(Consumer<? super T> action) {
            boolean more;
            call.resumed();
            try {
                more = source.tryAdvance(this);
            } catch (Throwable e) { // rethrown
                call.finished(e);
                throw e;
            }
            if (!more) {
                call.finished();
                return false;
            }
            call.handedOver();
            T item = next;
            next = null;
            action.accept(item);
            return true;
        }

        @Override
        public void accept(T item) {
            next = item;
        }

        /** For a parallel stream: the SDK's reads a batch, which is then read by another thread. */
        @Override
        public @Nullable Spliterator<T> trySplit() {
            Spliterator<T> batch;
            call.resumed();
            try {
                batch = source.trySplit();
            } catch (Throwable e) { // rethrown
                call.finished(e);
                throw e;
            }
            call.handedOver();
            return batch;
        }

        @Override
        public long estimateSize() {
            return Long.MAX_VALUE;
        }

        @Override
        public int characteristics() {
            return ORDERED;
        }
    }
}
