package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.fixtures.Requests;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.BufferedSource;
import okio.Okio;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What is in the middle of a body: the program and OkHttp see it as without us. */
class BodyPassedOnTest {

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @RegisterExtension
    final PhasedService phased = new PhasedService();

    @Test
    void chunks_areNotHeldBack() throws Exception {
        try (Response response =
                wire.client().newCall(Requests.get(phased.url("/stream"))).execute()) {
            // The server sends the second chunk only when the first has been read.
            InputStream in = response.body().byteStream();
            byte[] first = new byte[8];
            assertThat(in.read(first)).isEqualTo(3);
            phased.goOn();
            assertThat(in.readAllBytes()).asString(StandardCharsets.UTF_8).isEqualTo("two");
        }
        assertThat(outcome(wire.attempt())).isEqualTo("completed");
    }

    @Test
    void trailers_arrive() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Void> served = CompletableFuture.runAsync(() -> {
                try (Socket socket = server.accept()) {
                    BufferedSource in = Okio.buffer(Okio.source(socket));
                    while (!in.readUtf8LineStrict().isEmpty()) {}
                    socket.getOutputStream()
                            .write(("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-End\r\n\r\n"
                                            + "5\r\nhello\r\n0\r\nX-End: reached\r\n\r\n")
                                    .getBytes(StandardCharsets.US_ASCII));
                    in.exhausted();
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                }
            });
            OkHttpClient client = wire.client();
            String url = "http://" + server.getInetAddress().getHostAddress() + ":" + server.getLocalPort() + "/";
            try (Response response = client.newCall(Requests.get(url)).execute()) {
                assertThat(response.body().string()).isEqualTo("hello");
                assertThat(response.trailers().get("X-End")).isEqualTo("reached");
            }
            client.connectionPool().evictAll();
            served.get(30, TimeUnit.SECONDS);
        }
        assertThat(outcome(wire.attempt())).isEqualTo("completed");
    }

    /** It can hold what its interceptor has to give back. */
    @Test
    void closeOfABodyOfTheProgram_isCalledAsWithoutUs() throws Exception {
        for (boolean instrumented : new boolean[] {false, true}) {
            wire.answers(ok("hello"));
            List<String> closed = new CopyOnWriteArrayList<>();
            OkHttpClient.Builder builder = new OkHttpClient.Builder().addNetworkInterceptor(chain -> {
                Response response = chain.proceed(chain.request());
                return response.newBuilder()
                        .body(new ForwardingBody(response.body(), () -> closed.add("closed")))
                        .build();
            });
            OkHttpClient client = instrumented ? wire.client(wire.propagation().build(), builder) : builder.build();
            try (Response response = client.newCall(Requests.get(wire.url("/"))).execute()) {
                assertThat(response.body().source().readUtf8()).isEqualTo("hello");
                assertThat(closed).isEmpty();
            }
            assertThat(closed).as("instrumented: %s", instrumented).containsExactly("closed");
        }
    }

    private static final class ForwardingBody extends ResponseBody {
        private final ResponseBody delegate;
        private final Runnable onClose;

        ForwardingBody(ResponseBody delegate, Runnable onClose) {
            this.delegate = delegate;
            this.onClose = onClose;
        }

        @Override
        public @Nullable MediaType contentType() {
            return delegate.contentType();
        }

        @Override
        public long contentLength() {
            return delegate.contentLength();
        }

        @Override
        public BufferedSource source() {
            return delegate.source();
        }

        @Override
        public void close() {
            onClose.run();
            delegate.close();
        }
    }

    @Test
    void gzippedBody_arrivesUnpackedAndWhole() throws Exception {
        String text = "hello ".repeat(10_000);
        wire.answers(ok(text));
        assertThat(Requests.body(wire.client(), Requests.get(wire.url("/")))).isEqualTo(text);

        assertThat(wire.request().getHeader("Accept-Encoding")).contains("gzip");
        assertThat(outcome(wire.attempt())).isEqualTo("completed");
    }

    @Test
    void earlyCloseOfAStream_isNoFailureToOkHttp() throws Exception {
        List<String> events = new CopyOnWriteArrayList<>();
        OkHttpClient client = wire.client(new OkHttpClient.Builder().eventListener(new CallEnds(events)));
        Response response = client.newCall(Requests.get(phased.url("/stream"))).execute();
        assertThat(response.body().source().readUtf8(3)).isEqualTo("one");
        response.close();

        assertThat(events).containsExactly("callEnd");
        assertThat(outcome(wire.attempt())).isEqualTo("interrupted");
    }
}
