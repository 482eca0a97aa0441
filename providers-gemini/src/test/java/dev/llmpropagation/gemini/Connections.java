package dev.llmpropagation.gemini;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.EventListener;

/** Counts connections as they are taken and given back. */
final class Connections extends EventListener {
    final AtomicInteger acquired = new AtomicInteger();
    final AtomicInteger released = new AtomicInteger();
    final AtomicReference<Connection> last = new AtomicReference<>();

    @Override
    public void connectionAcquired(Call call, Connection connection) {
        acquired.incrementAndGet();
        last.set(connection);
    }

    @Override
    public void connectionReleased(Call call, Connection connection) {
        released.incrementAndGet();
    }

    boolean socketClosed() {
        return last.get().socket().isClosed();
    }
}
