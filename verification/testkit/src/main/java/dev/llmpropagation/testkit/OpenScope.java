package dev.llmpropagation.testkit;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextStorage;
import io.opentelemetry.context.Scope;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A scope that is open, and who opened it. Known only if this class was there before the first Context was used, which a
 * field of a test class usually is.
 */
final class OpenScope {

    private static final Set<OpenScope> ALL = ConcurrentHashMap.newKeySet();
    private static final AtomicLong COUNTER = new AtomicLong();

    static {
        ContextStorage.addWrapper(Watching::new);
    }

    private final long number = COUNTER.incrementAndGet();
    private final Thread thread = Thread.currentThread();
    private final Throwable opener = new Throwable("opened here, on thread " + thread.getName());
    private final Context context;

    private OpenScope(Context context) {
        this.context = context;
    }

    /** Scopes opened from now on have higher numbers. */
    static long now() {
        return COUNTER.get();
    }

    /** Those of this thread, and on all threads those of these spans. */
    static List<OpenScope> since(long number, Thread thread, Predicate<Span> mine) {
        return ALL.stream()
                .filter(scope -> scope.number > number)
                .filter(scope -> scope.thread == thread || mine.test(Span.fromContext(scope.context)))
                .toList();
    }

    Throwable opener() {
        return opener;
    }

    private record Watching(ContextStorage storage) implements ContextStorage {
        @Override
        public Scope attach(Context toAttach) {
            Scope scope = storage.attach(toAttach);
            if (scope == Scope.noop()) {
                return scope;
            }
            OpenScope open = new OpenScope(toAttach);
            ALL.add(open);
            return () -> {
                ALL.remove(open);
                scope.close();
            };
        }

        @Override
        public @Nullable Context current() {
            return storage.current();
        }

        @Override
        public Context root() {
            return storage.root();
        }
    }
}
