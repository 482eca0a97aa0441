package dev.llmpropagation;

import static dev.llmpropagation.fixtures.Attributed.outcome;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.fixtures.Requests;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.GenerationMode;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import okhttp3.Call;
import okhttp3.Headers;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import okio.Buffer;
import okio.BufferedSource;

/**
 * Whatever a server does to a body and a program does with it, in whatever order: the attempt ends exactly once, as what
 * the first of these ends says, and the bytes are those of the server.
 */
class BodyEventsTest {

    enum Server {
        CHUNK,
        BLANK,
        FAIL,
        STALL
    }

    enum Program {
        READ,
        CLOSE,
        CANCEL
    }

    private final FakeNetwork network = new FakeNetwork();
    private final LlmPropagation propagation = network.propagation().build();

    @Property
    void anyOrderOfEvents_endsTheAttemptOnceAsTheFirstEndSays(
            @ForAll @Size(max = 5) List<Server> server,
            @ForAll @Size(max = 8) List<Program> program,
            @ForAll boolean knownLength,
            @ForAll boolean refused)
            throws IOException {
        run(server, program, knownLength, refused);
    }

    @Example
    void closeOfABodyWhoseRestIsBlank_isItsEnd() throws IOException {
        run(List.of(Server.CHUNK, Server.BLANK), List.of(Program.READ, Program.CLOSE), false, false);
    }

    @Example
    void readAfterCancelThenClose_isCancelledOnce() throws IOException {
        run(List.of(Server.CHUNK), List.of(Program.CANCEL, Program.READ, Program.CLOSE), false, false);
    }

    private void run(List<Server> server, List<Program> program, boolean knownLength, boolean refused)
            throws IOException {
        network.clear();
        Scripted body = new Scripted(server, knownLength);
        Call call = call(body, refused ? 500 : 200);
        Response response = call.execute();
        BufferedSource source = response.body().source();
        Model model = new Model(server, knownLength && body.contentLength() >= 0);
        List<Program> all = new ArrayList<>(program);
        all.add(Program.CLOSE);
        StringBuilder read = new StringBuilder();
        for (Program step : all) {
            model.apply(step);
            switch (step) {
                case READ -> read.append(readOnce(source));
                case CANCEL -> call.cancel();
                case CLOSE -> response.close();
            }
            assertThat(network.spans()).hasSize(model.outcome == null ? 0 : 1);
        }
        SpanData span = network.spans().get(0);
        String outcome = refused ? "failed" : model.outcome;
        assertThat(outcome(span)).isEqualTo(outcome);
        assertThat(span.getStatus().getStatusCode())
                .isEqualTo(
                        outcome.equals("failed") || outcome.equals("timed_out") ? StatusCode.ERROR : StatusCode.UNSET);
        assertThat(read.toString()).isEqualTo(model.read.toString());
        assertThat(body.closed()).isTrue();
    }

    private static String readOnce(BufferedSource source) {
        Buffer sink = new Buffer();
        try {
            source.read(sink, 8192);
        } catch (IOException | IllegalStateException e) {
            return "";
        }
        return sink.readUtf8();
    }

    /** Okio's buffers are for one thread: a close in the middle of a read can show as any exception of theirs. */
    private static void readBeside(BufferedSource source) {
        try {
            source.read(new Buffer(), 8192);
        } catch (IOException | RuntimeException e) {
            // the attempt ends all the same, which is what is looked at
        }
    }

    @Property(tries = 500, generation = GenerationMode.RANDOMIZED)
    void endAndCloseAndCancelAtTheSameTime_endTheAttemptOnce(@ForAll boolean cancels) throws Exception {
        network.clear();
        Call call = call(new Scripted(List.of(Server.CHUNK), false), 200);
        Response response = call.execute();
        CyclicBarrier together = new CyclicBarrier(2);
        Thread other = new Thread(() -> {
            try {
                together.await(20, TimeUnit.SECONDS);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
            if (cancels) {
                call.cancel();
            } else {
                response.close();
            }
        });
        other.start();
        together.await(20, TimeUnit.SECONDS);
        readBeside(response.body().source());
        readBeside(response.body().source());
        other.join();
        response.close();

        assertThat(network.spans()).hasSize(1);
    }

    private Call call(Scripted body, int code) {
        OkHttpClient client = network.client(
                propagation, "http://localhost", request -> FakeNetwork.answer(request, code, Headers.of())
                        .newBuilder()
                        .body(body)
                        .build());
        Call call = client.newCall(Requests.get("http://localhost/"));
        body.call = call;
        return call;
    }

    /** What must happen, said without regard to how. */
    private static final class Model {
        private final Deque<Server> left;
        private final boolean knownLength;
        private boolean cancelled;
        private boolean closed;
        String outcome;
        final StringBuilder read = new StringBuilder();

        Model(List<Server> server, boolean knownLength) {
            this.left = new ArrayDeque<>(server);
            this.knownLength = knownLength;
            if (knownLength && server.isEmpty()) {
                outcome = "completed";
            }
        }

        void apply(Program step) {
            switch (step) {
                case READ -> {
                    if (closed) {
                        return;
                    }
                    if (cancelled) {
                        end("cancelled");
                        return;
                    }
                    Server next = left.poll();
                    if (next == null) {
                        end("completed");
                    } else if (next == Server.FAIL) {
                        left.push(next);
                        end("failed");
                    } else if (next == Server.STALL) {
                        left.push(next);
                        end("timed_out");
                    } else {
                        read.append(next == Server.CHUNK ? "data" : "\n");
                        if (knownLength && left.isEmpty()) {
                            end("completed");
                        }
                    }
                }
                case CANCEL -> cancelled = true;
                case CLOSE -> {
                    closed = true;
                    boolean onlyBlanksLeft = left.stream().allMatch(event -> event == Server.BLANK);
                    end(cancelled ? "cancelled" : onlyBlanksLeft ? "completed" : "interrupted");
                }
            }
        }

        private void end(String how) {
            if (outcome == null) {
                outcome = how;
            }
        }
    }

    /** A body that does what its script says. */
    private static final class Scripted extends FakeBody {
        private final Deque<Server> left;
        volatile Call call;

        Scripted(Collection<Server> script, boolean knownLength) {
            super(knownLength ? length(script) : -1);
            left = new ArrayDeque<>(script);
        }

        /** None of one that does not come to its end. */
        private static long length(Collection<Server> script) {
            long length = 0;
            for (Server event : script) {
                if (event == Server.FAIL || event == Server.STALL) {
                    return -1;
                }
                length += event == Server.CHUNK ? 4 : 1;
            }
            return length;
        }

        @Override
        public long read(Buffer sink, long byteCount) throws IOException {
            if (call.isCanceled()) {
                throw new IOException("Canceled");
            }
            Server next = left.poll();
            if (next == null) {
                return -1;
            }
            switch (next) {
                case CHUNK -> sink.writeUtf8("data");
                case BLANK -> sink.writeUtf8("\n");
                case FAIL -> {
                    left.push(next);
                    throw new IOException("cut");
                }
                case STALL -> {
                    left.push(next);
                    throw new SocketTimeoutException("timeout");
                }
            }
            return next == Server.CHUNK ? 4 : 1;
        }
    }
}
