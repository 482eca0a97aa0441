package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.fixtures.Latches;
import dev.llmpropagation.fixtures.Requests;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.Call;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import okio.Buffer;
import okio.Timeout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is looked at when a body is closed before anybody has seen its end, and what is left alone. */
class BodyEndsTest {

    private static final String EVENTS = "text/event-stream";

    private final FakeNetwork network = new FakeNetwork();
    private final LlmPropagation propagation = network.propagation().build();
    private final AtomicReference<Scripted> next = new AtomicReference<>();
    private final OkHttpClient client = network.client(
            propagation, "http://localhost", request -> FakeNetwork.answer(request, next.getAndSet(null)));

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r", " ", "\t", "\r\n \t"})
    void restThatIsBlank_isTheEnd(String rest) throws IOException {
        assertEnds(new Scripted(null, -1, "{}", rest, rest), "completed", 4);
    }

    @ParameterizedTest
    @ValueSource(strings = {"}", "\n}", "\u000b", "!"})
    void restThatIsNotBlank_isNotRead(String rest) throws IOException {
        assertEnds(new Scripted(null, -1, "{", rest, "\n"), "interrupted", 2);
    }

    private void assertEnds(Scripted body, String outcome, int reads) throws IOException {
        readOnceAndClose(body);

        assertThat(network.outcomes()).containsExactly(outcome);
        assertThat(body.reads).isEqualTo(reads);
        assertThat(body.closed()).isTrue();
    }

    @Test
    void restThatFails_isNoFailureOfTheClose() throws IOException {
        Scripted body = new Scripted(null, -1, "{}", Scripted.FAILURE);
        readOnceAndClose(body);

        assertThat(network.outcomes()).containsExactly("interrupted");
        assertThat(body.closed()).isTrue();
    }

    @Test
    void restOfACancelledCall_isNotRead() throws IOException {
        Scripted body = new Scripted(null, -1, "{}", "\n");
        Call call = call(body);
        Response response = call.execute();
        read(response);
        call.cancel();
        response.close();

        assertThat(network.outcomes()).containsExactly("cancelled");
        assertThat(body.reads).isEqualTo(1);
    }

    @Test
    void rest_isNotWaitedForLong() throws IOException {
        Scripted body = new Scripted(null, -1, "{}", "\n");
        readOnceAndClose(body);

        assertThat(body.patienceNanos).isNotNull().isLessThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(100));
        assertThat(body.timeout().hasDeadline()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {3_600_000_000_000L, -1})
    void deadlineOfTheProgram_isKept_andNotPutOff(long left) throws IOException {
        Scripted body = new Scripted(null, -1, "{}", "\n");
        long deadline = System.nanoTime() + left;
        body.timeout().deadlineNanoTime(deadline);
        readOnceAndClose(body);

        assertThat(body.patienceNanos)
                .isNotNull()
                .isLessThanOrEqualTo(Math.min(left, TimeUnit.MILLISECONDS.toNanos(100)));
        assertThat(body.timeout().deadlineNanoTime()).isEqualTo(deadline);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[DONE]",
                "data: [DONE]",
                "data: [DONE]\n\n",
                "data: [DONE]\r\n\r\n",
                "data: {}\n\ndata: [DONE]\n"
            })
    void mark_isTheEndOfAStreamOfEvents(String events) throws IOException {
        assertEnds(new Scripted(EVENTS, -1, events, "data: {}\n\n"), "completed", 1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"DONE]", "data: [DONE", "data: [DONE] no", "data: {}\n\n", "\n", "x"})
    void streamOfEventsWithoutItsMark_isInterruptedAndNotRead(String events) throws IOException {
        assertEnds(new Scripted(EVENTS, -1, events, "\n"), "interrupted", 1);
    }

    /** Nothing says of what kind it is but its first bytes. */
    @Test
    void mark_isTheEndOfWhatBeginsAsAStreamOfEvents() throws IOException {
        assertEnds(new Scripted(null, -1, "data: [DONE]\n\n", "data: {}\n\n"), "completed", 1);
    }

    @Test
    void mark_isNoneInADocument() throws IOException {
        readOnceAndClose(new Scripted("text/plain", -1, "data: [DONE]", "more"));

        assertThat(network.outcomes()).containsExactly("interrupted");
    }

    @Test
    void mark_countsWhileOnlyBlanksFollow() throws IOException {
        for (String after : List.of("\n", "data: {}\n\n")) {
            try (Response response =
                    call(new Scripted(EVENTS, -1, "data: [DONE]", after)).execute()) {
                read(response);
                read(response);
            }
        }

        assertThat(network.outcomes()).containsExactly("completed", "interrupted");
    }

    @Test
    void markOfACancelledCall_isNoEnd() throws IOException {
        Call call = call(new Scripted(EVENTS, -1, "data: [DONE]"));
        Response response = call.execute();
        read(response);
        call.cancel();
        response.close();

        assertThat(network.outcomes()).containsExactly("cancelled");
    }

    @Test
    void lastByteOfAKnownLength_isTheEnd() throws IOException {
        try (Response response = call(new Scripted(null, 4, "ab", "cd")).execute()) {
            read(response);
            assertThat(network.outcomes()).isEmpty();
            read(response);
            assertThat(network.outcomes()).containsExactly("completed");
            assertThat(response.body().contentLength()).isEqualTo(4);
        }
    }

    @Test
    void bodyThatIsStillBeingRead_isClosedWithoutTouchingIt() throws Exception {
        Scripted body = new Scripted(null, -1, Scripted.PAUSE, "{}");
        Response response = call(body).execute();
        Thread reader = new Thread(() -> {
            try {
                read(response);
            } catch (IOException | IllegalStateException e) {
                // closed under its hands
            }
        });
        reader.start();
        assertThat(body.paused.await(30, TimeUnit.SECONDS)).isTrue();
        // By its source: a body of OkHttp's is closed by cancelling, which ends the read.
        response.body().source().close();

        assertThat(network.outcomes()).containsExactly("interrupted");
        assertThat(body.reads).isEqualTo(1);
        body.goOn.countDown();
        reader.join();
    }

    @Test
    void callThatEnded_isNotCancelledWhenItsBodyIsCollected() throws Exception {
        List<Call> ended = new ArrayList<>();
        end(ended, new Scripted(null, -1, "x"), 2);
        end(ended, new Scripted(null, 1, "x"), 1);
        end(ended, new Scripted(null, -1, "x", Scripted.FAILURE), 2);
        end(ended, new Scripted(null, -1, "{", "}"), 1);
        assertThat(network.outcomes()).containsExactly("completed", "completed", "failed", "interrupted");
        forget(new Scripted(null, -1, "x"));

        sweepUntilEnded(5);
        assertThat(network.outcomes()).endsWith("abandoned");
        assertThat(ended).noneMatch(Call::isCanceled);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void bodiesBesideOneThatIsClosed_areStillFollowed(int closed) throws Exception {
        open(closed);
        assertThat(network.outcomes()).containsExactly("interrupted");

        sweepUntilEnded(3);
        assertThat(network.outcomes()).containsExactly("interrupted", "abandoned", "abandoned");
    }

    @Test
    void bodyThatIsForgotten_endsWithALaterCall() throws Exception {
        forget(new Scripted(null, -1, "x", "y"));

        await().untilAsserted(() -> {
            System.gc();
            readOnceAndClose(new Scripted(null, 1, "x"));
            assertThat(network.outcomes()).contains("abandoned");
        });
    }

    private void open(int closed) throws IOException {
        List<Response> responses = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            responses.add(call(new Scripted(null, -1, "x", "y")).execute());
        }
        responses.get(closed).close();
        responses.get(closed).close();
    }

    private void forget(Scripted body) throws IOException {
        read(call(body).execute());
    }

    private void end(List<Call> ended, Scripted body, int reads) throws IOException {
        Call call = call(body);
        ended.add(call);
        Response response = call.execute();
        for (int i = 0; i < reads; i++) {
            if (Scripted.FAILURE.equals(body.left.peek())) {
                assertThatThrownBy(() -> read(response)).isInstanceOf(IOException.class);
            } else {
                read(response);
            }
        }
        if (network.outcomes().size() < ended.size()) {
            response.close(); // else it has ended by itself, and nobody need close it
        }
    }

    private void sweepUntilEnded(int count) {
        await().untilAsserted(() -> {
            System.gc();
            propagation.sweep();
            assertThat(network.outcomes()).hasSize(count);
        });
    }

    private void readOnceAndClose(Scripted body) throws IOException {
        try (Response response = call(body).execute()) {
            read(response);
        }
    }

    private static void read(Response response) throws IOException {
        response.body().source().read(new Buffer(), 8192);
    }

    private Call call(Scripted body) {
        next.set(body);
        return client.newCall(Requests.get("http://localhost/"));
    }

    /** A body that comes in these pieces. */
    private static final class Scripted extends FakeBody {
        static final String FAILURE = "failure";
        static final String PAUSE = "pause";

        final Deque<String> left;
        final CountDownLatch paused = new CountDownLatch(1);
        final CountDownLatch goOn = new CountDownLatch(1);
        private final MediaType type;
        private final Timeout timeout = new Timeout();
        int reads;
        Long patienceNanos;

        Scripted(String type, long length, String... pieces) {
            super(length);
            this.type = type == null ? null : MediaType.get(type);
            left = new ArrayDeque<>(List.of(pieces));
        }

        @Override
        public long read(Buffer sink, long byteCount) throws IOException {
            reads++;
            patienceNanos = timeout.hasDeadline() ? (Long) (timeout.deadlineNanoTime() - System.nanoTime()) : null;
            String piece = left.poll();
            if (piece == null) {
                return -1;
            }
            if (piece.equals(FAILURE)) {
                throw new IOException("cut");
            }
            if (piece.equals(PAUSE)) {
                pause();
            }
            sink.writeUtf8(piece);
            return piece.length();
        }

        private void pause() {
            paused.countDown();
            Latches.await(goOn);
        }

        @Override
        public Timeout timeout() {
            return timeout;
        }

        @Override
        public MediaType contentType() {
            return type;
        }
    }
}
