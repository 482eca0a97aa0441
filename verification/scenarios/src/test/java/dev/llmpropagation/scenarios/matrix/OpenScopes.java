package dev.llmpropagation.scenarios.matrix;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextStorage;
import io.opentelemetry.context.ContextStorageProvider;
import io.opentelemetry.context.Scope;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Counts the scopes that are open anywhere in this JVM, and fails while a test says so. Loaded by OpenTelemetry as a
 * service.
 */
public final class OpenScopes implements ContextStorageProvider {

    /** What can fail. */
    enum Operation {
        READ,
        ATTACH,
        CLOSE
    }

    private static volatile @Nullable Operation failing;

    private static final AtomicInteger OPEN = new AtomicInteger();

    static int count() {
        return OPEN.get();
    }

    /** From now on, on all threads; null for nothing. */
    static void fail(@Nullable Operation operation) {
        failing = operation;
    }

    private static void failIf(Operation asked) {
        if (failing == asked) {
            throw new AssertionError("a storage of the program's");
        }
    }

    @Override
    public ContextStorage get() {
        ContextStorage storage = ContextStorage.defaultStorage();
        return new ContextStorage() {
            @Override
            public Scope attach(Context toAttach) {
                failIf(Operation.ATTACH);
                Scope scope = storage.attach(toAttach);
                if (scope == Scope.noop()) {
                    return scope;
                }
                OPEN.incrementAndGet();
                return () -> {
                    OPEN.decrementAndGet();
                    scope.close();
                    failIf(Operation.CLOSE);
                };
            }

            @Override
            public @Nullable Context current() {
                failIf(Operation.READ);
                return storage.current();
            }
        };
    }
}
