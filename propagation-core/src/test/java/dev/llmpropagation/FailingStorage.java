package dev.llmpropagation;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextStorage;
import io.opentelemetry.context.ContextStorageProvider;
import io.opentelemetry.context.Scope;
import org.jspecify.annotations.Nullable;

/** The storage of this JVM, which fails while a test says so. Loaded by OpenTelemetry as a service. */
public final class FailingStorage implements ContextStorageProvider {

    /** What fails. */
    enum Fault {
        READ,
        ATTACH,
        CLOSE
    }

    private static volatile @Nullable Fault fault;
    private static volatile Error thrown = new AssertionError("a storage of the program's");

    /** From now on, on all threads; null for nothing. */
    static void fail(@Nullable Fault now) {
        fail(now, new AssertionError("a storage of the program's"));
    }

    static void fail(@Nullable Fault now, Error by) {
        thrown = by;
        fault = now;
    }

    private static void failIf(Fault asked) {
        if (fault == asked) {
            throw thrown;
        }
    }

    @Override
    public ContextStorage get() {
        ContextStorage storage = ContextStorage.defaultStorage();
        return new ContextStorage() {
            @Override
            public Scope attach(Context toAttach) {
                failIf(Fault.ATTACH);
                Scope scope = storage.attach(toAttach);
                if (scope == Scope.noop()) {
                    return scope;
                }
                return () -> {
                    scope.close();
                    failIf(Fault.CLOSE);
                };
            }

            @Override
            public @Nullable Context current() {
                failIf(Fault.READ);
                return storage.current();
            }
        };
    }
}
