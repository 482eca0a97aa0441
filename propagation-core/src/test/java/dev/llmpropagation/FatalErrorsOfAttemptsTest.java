package dev.llmpropagation;

import static dev.llmpropagation.fixtures.Attributed.outcome;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.internal.http.ClientInstrumenter;
import dev.llmpropagation.internal.http.ClientProfile;
import dev.llmpropagation.internal.span.Api;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.Headers;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Buffer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What parts of the program's throw while an answer comes and goes: it costs no connection, and leaves no span open. */
class FatalErrorsOfAttemptsTest {

    private static final String QUESTION = "{\"model\":\"m\"}";
    private static final String ANSWER = "{\"id\":\"c-1\",\"choices\":[]}";

    private final FakeNetwork network = new FakeNetwork();
    private final List<String> diagnostics = new CopyOnWriteArrayList<>();
    private final OutOfMemoryError fatal = new OutOfMemoryError("of a test");

    /** Thrown by the next span that ends. */
    private final AtomicReference<@Nullable Throwable> atTheEnd = new AtomicReference<>();

    private final ToldTelemetry telemetry = ToldTelemetry.of(network.openTelemetry, (called, with) -> {
        if (called.equals("Span.end")) {
            raise(atTheEnd.getAndSet(null));
        }
    });

    /** Another thread reads it, and is called back first. */
    @ParameterizedTest
    @CsvSource({"false,false", "true,false", "false,true", "true,true"})
    void bodyThatIsClosed_isClosedWhateverFailsBefore(boolean end, boolean cancel) throws Exception {
        Waiting body = new Waiting();
        EventListener listener = new EventListener() {
            @Override
            public void canceled(Call call) {
                body.leave.countDown();
                if (cancel) {
                    throw fatal;
                }
            }
        };
        OkHttpClient client = client(new OkHttpClient.Builder().eventListener(listener), diagnostics::add)
                .addInterceptor(chain -> FakeNetwork.answer(chain.request(), body))
                .build();
        Response response = client.newCall(Requests.get("http://localhost/")).execute();
        CompletableFuture<Void> reader = CompletableFuture.runAsync(
                () -> assertThatThrownBy(() -> read(response)).hasMessage("stream was reset"));
        assertThat(body.reading.await(30, TimeUnit.SECONDS)).isTrue();
        if (end) {
            atTheEnd.set(fatal);
        }
        // By its source: the body's own close() closes what is below once more.
        if (end || cancel) {
            assertThatThrownBy(() -> response.body().source().close()).isSameAs(fatal);
        } else {
            response.body().source().close();
        }

        assertThat(body.closed()).isTrue();
        assertThat(network.outcomes()).containsExactly("interrupted");
        reader.get(30, TimeUnit.SECONDS);
    }

    @Test
    void answerThatCannotBeFollowed_isTheProgramsAllTheSame() throws IOException {
        try (Response response = ask(new Unreadable(new IllegalStateException("SECRET")))) {
            assertThat(response.body().source().readUtf8()).isEqualTo("hello");
        }

        assertThat(network.outcomes()).containsExactly("completed");
        assertThat(diagnostics)
                .containsExactly("A response could not be followed to its end (java.lang.IllegalStateException)");
    }

    @Test
    void answerThatIsLostByAFatalError_isClosed() {
        Unreadable body = new Unreadable(fatal);
        assertThatThrownBy(() -> ask(body)).isSameAs(fatal);

        assertThat(body.closed()).isTrue();
        assertThat(network.outcomes()).containsExactly("completed");
    }

    /** An interceptor answers before an attempt is made, in a Context of the program's that fails then. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void answerWithoutAnAttemptThatCannotBeRead_isTheProgramsOrClosed(boolean fatally) throws IOException {
        assumeTrue(Api.hasSuppression()); // which is what is asked of the Context here
        AtomicReference<@Nullable Throwable> fault = new AtomicReference<>();
        Unreadable body = new Unreadable(null);
        OkHttpClient.Builder answering = new OkHttpClient.Builder().addInterceptor(chain -> {
            fault.set(fatally ? fatal : new IllegalStateException("SECRET"));
            return FakeNetwork.answer(chain.request(), body);
        });
        OkHttpClient client = client(answering, diagnostics::add).build();
        try (Scope ignored = failing(Context.root(), fault).makeCurrent()) {
            Call call = client.newCall(Requests.get("http://localhost/"));
            if (fatally) {
                assertThatThrownBy(call::execute).isSameAs(fatal);
                assertThat(body.closed()).isTrue();
            } else {
                assertThat(call.execute().body().string()).isEqualTo("hello");
            }
        }

        assertThat(diagnostics)
                .containsExactly("An interceptor's response could not be read ("
                        + (fatally ? "java.lang.OutOfMemoryError" : "java.lang.IllegalStateException") + ")");
        assertThat(network.spans()).isEmpty();
    }

    private static Context failing(Context context, AtomicReference<@Nullable Throwable> fault) {
        return new Context() {
            @Override
            public <V> @Nullable V get(ContextKey<V> key) {
                raise(fault.getAndSet(null));
                return context.get(key);
            }

            @Override
            public <V> Context with(ContextKey<V> key, V value) {
                return failing(context.with(key, value), fault);
            }
        };
    }

    /** OkHttp has followed a redirect by itself, which is told. */
    @Test
    void fatalErrorOfTheDiagnostics_endsTheSpanAndClosesTheAnswer() {
        Waiting body = new Waiting();
        OkHttpClient client = client(new OkHttpClient.Builder(), line -> raise(fatal))
                .addInterceptor(chain -> FakeNetwork.answer(chain.request(), body)
                        .newBuilder()
                        .priorResponse(new Response.Builder()
                                .request(chain.request())
                                .protocol(Protocol.HTTP_1_1)
                                .code(302)
                                .message("")
                                .headers(Headers.of("Location", "/"))
                                .build())
                        .build())
                .build();
        assertThatThrownBy(
                        () -> client.newCall(Requests.get("http://localhost/")).execute())
                .isSameAs(fatal);

        assertThat(body.closed()).isTrue();
        assertThat(network.outcomes()).containsExactly("failed");
    }

    /** There is no span to be told of, but an interceptor that takes our header elsewhere. */
    @Test
    void fatalErrorOfTheDiagnostics_closesTheAnswerWithoutTelemetryToo() {
        Waiting body = new Waiting();
        OkHttpClient client = LlmPropagation.builder(OpenTelemetry.noop())
                .sessionId(() -> "s-1")
                .diagnostics(line -> raise(fatal))
                .build()
                .instrument(new OkHttpClient.Builder(), "http://localhost")
                .addInterceptor(chain -> FakeNetwork.answer(
                        chain.request().newBuilder().url("http://elsewhere/").build(), body))
                .build();
        assertThatThrownBy(
                        () -> client.newCall(Requests.get("http://localhost/")).execute())
                .isSameAs(fatal);

        assertThat(body.closed()).isTrue();
    }

    /** It is told of the end of its attempt, even if the span of that cannot be ended. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void modelCall_endsWhateverFailsAtTheEndOfItsAttempt(boolean fatally) throws IOException {
        Throwable thrown = fatally ? fatal : new IllegalStateException("SECRET");
        OkHttpClient client = ClientInstrumenter.OF_PROPAGATION
                .behind(LlmPropagation.builder(telemetry)
                        .diagnostics(diagnostics::add)
                        .build())
                .instrument(new OkHttpClient.Builder(), ClientProfile.of(null).withModelCalls(url -> "openai"))
                .addInterceptor(chain -> FakeNetwork.answer(
                        chain.request(), ResponseBody.create(ANSWER, MediaType.get("application/json"))))
                .build();
        try (Response response = client.newCall(Requests.post("http://localhost/v1/chat/completions", QUESTION))
                .execute()) {
            atTheEnd.set(thrown);
            if (fatally) {
                assertThatThrownBy(() -> response.body().string()).isSameAs(fatal);
            } else {
                assertThat(response.body().string()).isEqualTo(ANSWER);
            }

            assertThat(network.spans()).extracting(SpanData::getName).containsExactly("POST", "qwen-code.llm_request");
        }
        assertThat(network.spans()).hasSize(2).allSatisfy(span -> assertThat(outcome(span))
                .isEqualTo("completed"));
        assertThat(diagnostics)
                .containsExactly(
                        "A span could not be ended (" + thrown.getClass().getName() + ")");
    }

    private Response ask(Unreadable body) throws IOException {
        return client(new OkHttpClient.Builder(), diagnostics::add)
                .addInterceptor(chain -> FakeNetwork.answer(chain.request(), body))
                .build()
                .newCall(Requests.get("http://localhost/"))
                .execute();
    }

    private OkHttpClient.Builder client(OkHttpClient.Builder builder, Consumer<String> sink) {
        return LlmPropagation.builder(telemetry).diagnostics(sink).build().instrument(builder, "http://localhost");
    }

    private static void read(Response response) throws IOException {
        response.body().source().read(new Buffer(), 8192);
    }

    private static void raise(@Nullable Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown instanceof RuntimeException exception) {
            throw exception;
        }
    }

    /** A body whose service is silent. */
    private static final class Waiting extends FakeBody {
        final CountDownLatch reading = new CountDownLatch(1);
        final CountDownLatch leave = new CountDownLatch(1);

        @Override
        public long read(Buffer sink, long byteCount) throws IOException {
            reading.countDown();
            try {
                assertThat(leave.await(30, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new IOException("stream was reset");
        }
    }

    /** A body of the program's, which cannot say of what kind it is if something is thrown then. */
    private static final class Unreadable extends FakeBody {
        private final @Nullable Throwable thrown;
        private boolean read;

        Unreadable(@Nullable Throwable thrown) {
            this.thrown = thrown;
        }

        @Override
        public @Nullable MediaType contentType() {
            raise(thrown);
            return null;
        }

        @Override
        public long read(Buffer sink, long byteCount) {
            if (read) {
                return -1;
            }
            read = true;
            sink.writeUtf8("hello");
            return 5;
        }
    }
}
