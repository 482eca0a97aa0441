package dev.llmpropagation;

import dev.llmpropagation.fixtures.Latches;
import dev.llmpropagation.fixtures.LocalServer;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Sends "one", waits until it may go on, and then sends "two", or breaks off where it was asked for {@code /cut}. */
final class PhasedService implements AfterEachCallback {

    private final CountDownLatch released = new CountDownLatch(1);
    private final LocalServer server = LocalServer.start(exchange -> {
        boolean cut = exchange.getRequestURI().getPath().equals("/cut");
        exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
        exchange.sendResponseHeaders(200, cut ? 100 : 0);
        OutputStream out = exchange.getResponseBody();
        out.write("one".getBytes(StandardCharsets.UTF_8));
        out.flush();
        Latches.await(released);
        if (!cut) {
            out.write("two".getBytes(StandardCharsets.UTF_8));
            out.close();
        }
        exchange.close();
    });

    String url(String path) {
        return server.url() + path;
    }

    void goOn() {
        released.countDown();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        goOn();
        server.close();
    }
}
