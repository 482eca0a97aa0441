package dev.llmpropagation.verification.matrix;

import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextStorage;
import io.opentelemetry.context.ContextStorageProvider;
import io.opentelemetry.context.Scope;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Counts the scopes that are open anywhere in this JVM. Loaded by OpenTelemetry as a service. */
public final class OpenScopes implements ContextStorageProvider {

    private static final AtomicInteger OPEN = new AtomicInteger();

    static int count() {
        return OPEN.get();
    }

    @Override
    public ContextStorage get() {
        ContextStorage storage = ContextStorage.defaultStorage();
        return new ContextStorage() {
            @Override
            public Scope attach(Context toAttach) {
                Scope scope = storage.attach(toAttach);
                if (scope == Scope.noop()) {
                    return scope;
                }
                OPEN.incrementAndGet();
                return () -> {
                    OPEN.decrementAndGet();
                    scope.close();
                };
            }

            @Override
            public @Nullable Context current() {
                return storage.current();
            }
        };
    }
}
