package dev.llmpropagation.scenarios.matrix;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.Call;
import okhttp3.Connection;
import okhttp3.EventListener;

/** What OkHttp did below the SDK: the same listener watches the bare client and ours. */
public final class Traffic implements EventListener.Factory {

    private final List<Call> calls = new CopyOnWriteArrayList<>();
    private final AtomicInteger connects = new AtomicInteger();
    private final AtomicInteger held = new AtomicInteger();

    /** As {@code Dispatcher.cancelAll()} does, for a dispatcher that the SDK hides. */
    void cancelAll() {
        calls.forEach(Call::cancel);
    }

    public int connects() {
        return connects.get();
    }

    /** Connections that a call has and has not given back. */
    public int held() {
        return held.get();
    }

    @Override
    public EventListener create(Call call) {
        return new EventListener() {
            @Override
            public void callStart(Call started) {
                calls.add(started);
            }

            @Override
            public void connectStart(Call of, InetSocketAddress address, Proxy proxy) {
                connects.incrementAndGet();
            }

            @Override
            public void connectFailed(
                    Call of, InetSocketAddress address, Proxy proxy, okhttp3.Protocol protocol, IOException e) {}

            @Override
            public void connectionAcquired(Call of, Connection connection) {
                held.incrementAndGet();
            }

            @Override
            public void connectionReleased(Call of, Connection connection) {
                held.decrementAndGet();
            }
        };
    }
}
