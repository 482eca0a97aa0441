package dev.llmpropagation.testkit;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;
import okhttp3.ConnectionPool;
import okhttp3.OkHttpClient;

/** Connections of a client that are in use. */
final class Connections {

    private Connections() {}

    /** How many still are, when none is or patience ends. */
    static int busyAfter(OkHttpClient client, Duration patience) {
        ConnectionPool pool = client.connectionPool();
        return await(() -> pool.connectionCount() - pool.idleConnectionCount(), busy -> busy == 0, patience);
    }

    /** The value as soon as it is good, or else the last one. */
    static <T> T await(Supplier<T> value, Predicate<T> good, Duration patience) {
        long deadline = System.nanoTime() + patience.toNanos();
        T seen = value.get();
        while (!good.test(seen)
                && System.nanoTime() < deadline
                && !Thread.currentThread().isInterrupted()) {
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(5));
            seen = value.get();
        }
        return seen;
    }
}
