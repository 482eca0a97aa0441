package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.fixtures.Requests;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import okio.Buffer;
import org.junit.jupiter.api.Test;

/** Only one thread may use what is below a body: who closes it calls the reader back first, and closes it after that. */
class BodyClosedWhileReadTest {

    private final FakeNetwork network = new FakeNetwork();
    private final List<String> diagnostics = new CopyOnWriteArrayList<>();
    private final Waiting body = new Waiting();
    private Runnable uponCancel = body.leave::countDown;
    private Runnable uponRead = () -> {};

    @Test
    void reader_isBackBeforeTheBodyIsClosed() throws Exception {
        Call call = call();
        Response response = call.execute();
        CompletableFuture<Void> reader = readElsewhere(response);
        response.close();

        assertThat(call.isCanceled()).isTrue();
        assertThatThrownBy(() -> reader.get(30, TimeUnit.SECONDS)).hasRootCauseMessage("stream was reset");
        assertThat(body.closedUnderTheReader).isFalse();
        assertThat(body.isClosed()).isTrue();
        assertThat(network.outcomes()).containsExactly("interrupted");
    }

    @Test
    void readerThatDoesNotComeBack_isNotWaitedForForever() throws Exception {
        uponCancel = () -> {};
        Response response = call().execute();
        CompletableFuture<Void> reader = readElsewhere(response);
        CompletableFuture.runAsync(response::close).get(30, TimeUnit.SECONDS);

        assertThat(body.isClosed()).isTrue();
        assertThatThrownBy(() -> reader.get(30, TimeUnit.SECONDS)).hasRootCauseMessage("stream was reset");
        assertThat(body.closedUnderTheReader).isTrue();
        assertThat(network.outcomes()).containsExactly("interrupted");
    }

    @Test
    void readerThatClosesTheBodyItself_isNotCalledBack() throws Exception {
        Call call = call();
        Response response = call.execute();
        uponRead = () -> {
            body.leave.countDown();
            response.close();
        };
        assertThatThrownBy(() -> read(response)).isInstanceOf(IOException.class);

        assertThat(call.isCanceled()).isFalse();
        assertThat(body.isClosed()).isTrue();
        assertThat(network.outcomes()).containsExactly("interrupted");
    }

    @Test
    void listenerThatFailsAtTheCancel_hindersNobody() throws Exception {
        uponCancel = () -> {
            body.leave.countDown();
            throw new IllegalStateException("SECRET");
        };
        Response response = call().execute();
        CompletableFuture<Void> reader = readElsewhere(response);
        response.close();

        assertThatThrownBy(() -> reader.get(30, TimeUnit.SECONDS)).hasRootCauseMessage("stream was reset");
        assertThat(body.closedUnderTheReader).isFalse();
        assertThat(body.isClosed()).isTrue();
        assertThat(diagnostics)
                .singleElement()
                .asString()
                .contains("A listener failed when its call was cancelled")
                .doesNotContain("SECRET");
    }

    private Call call() {
        EventListener listener = new EventListener() {
            @Override
            public void canceled(Call call) {
                uponCancel.run();
            }
        };
        OkHttpClient client = network.propagation()
                .diagnostics(diagnostics::add)
                .build()
                .instrument(new OkHttpClient.Builder().eventListener(listener), "http://localhost")
                .addInterceptor(chain -> FakeNetwork.answer(chain.request(), body))
                .build();
        return client.newCall(Requests.get("http://localhost/"));
    }

    /** Returns when the reader waits in the body. */
    private CompletableFuture<Void> readElsewhere(Response response) throws InterruptedException {
        CompletableFuture<Void> reader = new CompletableFuture<>();
        new Thread(() -> {
                    try {
                        read(response);
                        reader.complete(null);
                    } catch (Throwable e) {
                        reader.completeExceptionally(e);
                    }
                })
                .start();
        assertThat(body.reading.await(30, TimeUnit.SECONDS)).isTrue();
        return reader;
    }

    private static void read(Response response) throws IOException {
        response.body().source().read(new Buffer(), 8192);
    }

    /** A body whose service is silent. */
    private final class Waiting extends FakeBody {
        final CountDownLatch reading = new CountDownLatch(1);
        final CountDownLatch leave = new CountDownLatch(1);
        volatile boolean closedUnderTheReader;
        private final CountDownLatch closed = new CountDownLatch(1);

        boolean isClosed() {
            return closed.getCount() == 0;
        }

        @Override
        public long read(Buffer sink, long byteCount) throws IOException {
            reading.countDown();
            uponRead.run();
            try {
                assertThat(leave.await(30, TimeUnit.SECONDS)).isTrue();
                // It takes a reader a moment to come back.
                closedUnderTheReader = closed.await(100, TimeUnit.MILLISECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new IOException("stream was reset");
        }

        @Override
        public void close() {
            closed.countDown();
            leave.countDown();
        }
    }
}
