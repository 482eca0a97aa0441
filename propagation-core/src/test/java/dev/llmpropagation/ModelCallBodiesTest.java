package dev.llmpropagation;

import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Parents.assertParent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.internal.http.ClientInstrumenter;
import dev.llmpropagation.internal.http.ClientProfile;
import dev.llmpropagation.internal.http.LogicalCall;
import dev.llmpropagation.internal.http.LogicalCalls;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.instrumentation.api.internal.SpanKey;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import okio.Buffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the body of an answer tells the span of its model call. */
class ModelCallBodiesTest {

    private static final String CHUNK = "data: {\"id\":\"c-1\",\"choices\":[]}\n\n";

    private final FakeNetwork network = new FakeNetwork();

    @Test
    void serviceThatIsSilentInAStream_isToldFromAProgramThatDoesNotRead() throws IOException {
        LlmPropagation propagation = network.propagation()
                .agent(options -> options.streamIdleTimeout(Duration.ofMillis(1)))
                .build();
        Chunks silent = new Chunks(CHUNK, CHUNK);
        OkHttpClient client = client(propagation, new Chunks(CHUNK, CHUNK), silent);
        try (Response response = ask(client)) {
            read(response);
            sweepUntilEnded(propagation, 1);
        }
        try (Response response = ask(client)) {
            read(response);
            silent.whileSilent = () -> sweepUntilEnded(propagation, 2);
            read(response);
        }

        assertThat(modelCalls())
                .extracting(span -> text(span, "llm_propagation.stream.idle"), span -> outcome(span))
                .containsExactly(
                        org.assertj.core.groups.Tuple.tuple("consumer", "abandoned"),
                        org.assertj.core.groups.Tuple.tuple("service", "timed_out"));
    }

    /** The sweep has won the end, and not yet told it, when the program comes to the end of the answer. */
    @Test
    void answerThatEndsWhileASweepEndsItsCall_isToldAll() throws IOException {
        AtomicReference<@Nullable Runnable> meanwhile = new AtomicReference<>();
        LlmPropagation propagation = LlmPropagation.builder(ToldTelemetry.of(network.openTelemetry, (called, with) -> {
                    Runnable work = called.equals("Span.setAttribute")
                                    && String.valueOf(with).equals("llm_propagation.outcome")
                            ? meanwhile.getAndSet(null)
                            : null;
                    if (work != null) {
                        work.run();
                    }
                }))
                .agent(options -> options.streamIdleTimeout(Duration.ofMillis(1)))
                .build();
        try (Response response = ask(client(propagation, new Chunks(CHUNK, "data: [DONE]\n\n")))) {
            read(response);
            meanwhile.set(() -> drain(response));
            sweepUntilEnded(propagation, 1);
        }
        assertThat(meanwhile.get()).isNull();
        assertThat(modelCalls()).singleElement().satisfies(span -> {
            assertThat(outcome(span)).isEqualTo("abandoned");
            assertThat(text(span, "gen_ai.response.id")).isEqualTo("c-1");
        });
    }

    private static void drain(Response response) {
        try {
            response.body().string();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** It may have asked the facade for more until then. */
    @Test
    void answerThatTheProgramReadsItself_endsWhenItIsClosed() throws IOException {
        LogicalCalls calls = new LogicalCalls();
        LogicalCall logical = new LogicalCall(Context.root());
        ClientProfile facade = ClientProfile.of(null).withFacade(calls, "X-Retry-Count", request -> {
            throw new AssertionError("nobody cancels");
        });
        OkHttpClient client = client(network.propagation().build(), facade, new Chunks(CHUNK, "data: [DONE]\n\n"));
        try (Response response = ask(client, calls.headers().call(), calls.register(logical))) {
            logical.handedOver();
            assertThat(response.body().source().readUtf8()).endsWith("[DONE]\n\n");
            assertThat(network.spans()).extracting(SpanData::getName).containsExactly("POST");
        }

        assertThat(modelCalls()).singleElement().satisfies(span -> assertThat(outcome(span))
                .isEqualTo("completed"));
    }

    @Test
    void answerThatTheProgramTakes_isToldAlthoughAnotherCameLater() throws IOException {
        OkHttpClient.Builder asksTwice = new OkHttpClient.Builder().addInterceptor(chain -> {
            Response first = chain.proceed(chain.request());
            chain.proceed(chain.request()).close();
            return first;
        });
        OkHttpClient client = client(
                network.propagation().build(),
                asksTwice,
                ClientProfile.of(null),
                new Chunks(CHUNK, "data: [DONE]\n\n"),
                new Chunks(CHUNK.replace("c-1", "c-2"), "data: [DONE]\n\n"));
        try (Response response = ask(client)) {
            assertThat(response.body().string()).contains("c-1");
        }

        assertThat(modelCalls()).singleElement().satisfies(span -> {
            assertThat(text(span, "gen_ai.response.id")).isEqualTo("c-1");
            assertThat(number(span, "llm_propagation.attempts")).isEqualTo(2);
            assertThat(outcome(span)).isEqualTo("completed");
        });
    }

    @Test
    void attemptOfAnotherInstrumentation_isReadForTheModelCallAllTheSame() throws IOException {
        LlmPropagation propagation = network.propagation().build();
        OkHttpClient client = client(propagation, new Chunks(CHUNK, "data: [DONE]\n\n"));
        Span theirs =
                network.openTelemetry.getTracer("theirs").spanBuilder("POST").startSpan();
        try (Scope ignored = SpanKey.HTTP_CLIENT
                        .storeInContext(Context.current().with(theirs), theirs)
                        .makeCurrent();
                Response response = ask(client)) {
            read(response);
            assertThat(modelCalls()).isEmpty();
            response.body().string();
        }
        theirs.end();

        assertThat(network.requests.get(0).header("traceparent")).isNull();
        assertThat(network.spans()).hasSize(2);
        assertThat(modelCalls()).singleElement().satisfies(span -> {
            assertParent(span, theirs);
            assertThat(text(span, "gen_ai.response.id")).isEqualTo("c-1");
            assertThat(outcome(span)).isEqualTo("completed");
        });
    }

    private OkHttpClient client(LlmPropagation propagation, Chunks... bodies) {
        return client(propagation, ClientProfile.of(null), bodies);
    }

    private OkHttpClient client(LlmPropagation propagation, ClientProfile profile, Chunks... bodies) {
        return client(propagation, new OkHttpClient.Builder(), profile, bodies);
    }

    private OkHttpClient client(
            LlmPropagation propagation, OkHttpClient.Builder builder, ClientProfile profile, Chunks... bodies) {
        return ClientInstrumenter.OF_PROPAGATION
                .behind(propagation)
                .instrument(builder, profile.withModelCalls(url -> null))
                .addInterceptor(chain -> {
                    network.requests.add(chain.request());
                    return FakeNetwork.answer(chain.request(), bodies[network.requests.size() - 1]);
                })
                .build();
    }

    private static Response ask(OkHttpClient client, String... headers) throws IOException {
        return client.newCall(Requests.post(
                        "http://localhost/v1/chat/completions", "{\"model\":\"m\",\"stream\":true}", headers))
                .execute();
    }

    private static void read(Response response) throws IOException {
        response.body().source().read(new Buffer(), 8192);
    }

    private void sweepUntilEnded(LlmPropagation propagation, int count) {
        await().until(() -> {
            propagation.sweep();
            return modelCalls().size() == count;
        });
    }

    private List<SpanData> modelCalls() {
        return network.spans().stream()
                .filter(span -> span.getName().equals("qwen-code.llm_request"))
                .toList();
    }

    /** A stream of these chunks, one for each read. */
    private static final class Chunks extends FakeBody {
        private final List<String> chunks;
        private int next;
        Runnable whileSilent = () -> {};

        Chunks(String... chunks) {
            this.chunks = List.of(chunks);
        }

        @Override
        public long read(Buffer sink, long byteCount) {
            whileSilent.run();
            if (next == chunks.size()) {
                return -1;
            }
            String chunk = chunks.get(next++);
            sink.writeUtf8(chunk);
            return chunk.length();
        }

        @Override
        public MediaType contentType() {
            return MediaType.get("text/event-stream");
        }
    }
}
