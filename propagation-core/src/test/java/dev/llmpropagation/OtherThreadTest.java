package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Parents.assertParent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.fixtures.Attributed;
import dev.llmpropagation.fixtures.Enqueued;
import dev.llmpropagation.fixtures.Latches;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.internal.http.ClientInstrumenter;
import dev.llmpropagation.internal.http.ClientProfile;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Interceptors of the program's that go on with a call on another thread, more than once, or not at all. */
class OtherThreadTest {

    private static final String ANSWER = """
            {"id":"c-1","object":"chat.completion","model":"m","choices":[{"index":0,"message":{"role":"assistant",\
            "content":"hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":5}}""";

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    private final ExecutorService threads = Executors.newCachedThreadPool();
    private LlmPropagation propagation;

    @BeforeEach
    void answer() {
        wire.answers(okJson(ANSWER));
        propagation = wire.propagation().sessionId(() -> "supplied").build();
    }

    @AfterEach
    void release() {
        threads.shutdownNow();
    }

    /** As a time limiter or a bulkhead does. */
    private Interceptor onAnotherThread(ExecutorService executor) {
        return chain -> result(executor.submit(() -> chain.proceed(chain.request())));
    }

    @Test
    void callThatGoesOnThere_keepsHeadersParentAndWhatIsToldOfTheModelCall() throws Exception {
        OkHttpClient client = client(onAnotherThread(threads));
        Span caller = inSession(() -> Requests.body(client, question()));

        assertIsWhole(caller, 1);
    }

    @Test
    void queuedCallThatGoesOnThere_isTheSame() throws Exception {
        OkHttpClient client = client(onAnotherThread(threads));
        Span caller = inSession(() -> enqueue(client));

        assertIsWhole(caller, 1);
    }

    @Test
    void listenerThatIsSetLater_costsAQueuedCallItsCallerAndIsTold() throws Exception {
        OkHttpClient client = wire.client(propagation, new OkHttpClient.Builder())
                .newBuilder()
                .eventListener(new okhttp3.EventListener() {})
                .build();
        inSession(() -> enqueue(client));
        assertThat(wire.attempt().getParentSpanId()).isEqualTo("0000000000000000");
        wire.told().startsWith("A queued call does not know its caller");
    }

    /** It has no caller to lose. */
    @Test
    void listenerThatIsSetLater_costsNothingWithoutTelemetry() throws Exception {
        OkHttpClient client = wire.client(
                        LlmPropagation.builder(OpenTelemetry.noop())
                                .diagnostics(wire.diagnostics::add)
                                .sessionId(() -> "supplied")
                                .build(),
                        new OkHttpClient.Builder())
                .newBuilder()
                .eventListener(new okhttp3.EventListener() {})
                .build();
        enqueue(client);

        assertThat(wire.request().getHeader("X-Qwen-Code-Session-Id")).isEqualTo("supplied");
        assertThat(wire.diagnostics).isEmpty();
    }

    @Test
    void somebodyElsesContextThere_isNoParent() throws Exception {
        Span other = wire.startSpan("other");
        OkHttpClient client = client(chain -> result(threads.submit(() -> {
            try (Scope ignored = Context.root().with(other).makeCurrent()) {
                return chain.proceed(chain.request());
            }
        })));
        Span caller = inSession(() -> Requests.body(client, question()));
        other.end();

        assertIsWhole(caller, 1);
    }

    @Test
    void spanOfTheProgramInsideTheCall_isTheParentThereToo() throws Exception {
        AtomicReference<Span> between = new AtomicReference<>();
        OkHttpClient client = client(chain -> {
            between.set(wire.openTelemetry
                    .getTracer("program")
                    .spanBuilder("limited")
                    .startSpan());
            try (Scope ignored = between.get().makeCurrent()) {
                return onAnotherThread(Context.taskWrapping(threads)).intercept(chain);
            } finally {
                between.get().end();
            }
        });
        inSession(() -> Requests.body(client, question()));

        assertParent(wire.attempt(), between.get());
    }

    @Test
    void callThatIsGivenUp_endsAndSoDoesWhatGoesOnThere() throws Exception {
        wire.answers(okJson(ANSWER).withFixedDelay(60_000));
        CountDownLatch ended = new CountDownLatch(1);
        OkHttpClient client = client(chain -> {
            Future<Response> answer = threads.submit(() -> {
                try {
                    return chain.proceed(chain.request());
                } finally {
                    ended.countDown();
                }
            });
            await().until(() ->
                    wire.telemetry.openSpans().stream().anyMatch(span -> span.getKind() == SpanKind.CLIENT));
            chain.call().cancel();
            throw new InterruptedIOException("time limit");
        });
        assertThatThrownBy(() -> client.newCall(question()).execute()).hasMessage("time limit");
        assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();

        assertThat(outcome(wire.attempt())).isEqualTo("cancelled");
        assertThat(outcome(modelCall())).isEqualTo("cancelled");
    }

    @Test
    void twoAtOnce_areTwoAttemptsAndTheFasterOneIsTold() throws Exception {
        CountDownLatch bothSent = new CountDownLatch(2);
        CountDownLatch answered = new CountDownLatch(1);
        List<Request> sent = Collections.synchronizedList(new ArrayList<>());
        AtomicInteger order = new AtomicInteger();
        OkHttpClient client = client(chain -> {
                    Callable<Response> proceed = () -> chain.proceed(chain.request());
                    CompletableFuture<Response> first = new CompletableFuture<>();
                    for (int i = 0; i < 2; i++) {
                        threads.execute(() -> {
                            try {
                                first.complete(proceed.call());
                            } catch (Exception e) {
                                first.completeExceptionally(e);
                            }
                        });
                    }
                    Response response = result(first);
                    answered.countDown();
                    return response;
                })
                .newBuilder()
                .addInterceptor(
                        chain -> { // in place of a network, of which a call of OkHttp's has one
                            sent.add(chain.request());
                            bothSent.countDown();
                            Latches.await(bothSent);
                            if (order.getAndIncrement() > 0) {
                                Latches.await(answered);
                                throw new IOException("too late");
                            }
                            return transported(chain.request(), ANSWER);
                        })
                .build();
        Span caller = inSession(() -> Requests.body(client, question()));

        List<SpanData> attempts = wire.attempts(2);
        assertThat(attempts)
                .extracting(SpanData::getParentSpanId)
                .containsOnly(modelCall().getSpanId());
        assertThat(attempts).extracting(Attributed::outcome).containsExactlyInAnyOrder("completed", "failed");
        assertThat(attempts)
                .extracting(span -> number(span, "http.request.resend_count"))
                .containsExactlyInAnyOrder(null, 1L);
        assertThat(sent)
                .extracting(request -> request.header("traceparent").substring(36, 52))
                .containsExactlyInAnyOrderElementsOf(
                        attempts.stream().map(SpanData::getSpanId).toList());
        assertIsTold(caller);
    }

    @Test
    void transportBehindOurs_isSeenWhole() throws Exception {
        List<Request> sent = new ArrayList<>();
        OkHttpClient client = client(chain -> chain.proceed(chain.request()))
                .newBuilder()
                .addInterceptor(chain -> {
                    sent.add(chain.request());
                    return transported(chain.request(), ANSWER);
                })
                .build();
        Span caller = inSession(() -> Requests.body(client, question()));

        assertThat(sent).singleElement().satisfies(request -> {
            assertThat(request.header("traceparent")).contains(wire.attempt().getSpanId());
            assertThat(request.header("X-Qwen-Code-Session-Id")).isEqualTo("s-1");
        });
        assertIsTold(caller);
        assertThat(wire.diagnostics).isEmpty();
    }

    @Test
    void transportBeforeOurs_isReadForTheModelCallAndToldToHaveNoAttempt() throws Exception {
        OkHttpClient client = client(chain -> transported(chain.request(), ANSWER));
        Span caller = inSession(() -> {
            try (Response response = client.newCall(question()).execute()) {
                assertThat(wire.modelCalls()).isEmpty();
                return response.body().string();
            }
        });

        assertIsTold(caller);
        assertThat(wire.attempts(0)).isEmpty();
        wire.told().startsWith("An interceptor answered a call before the steps of this library came to it");
    }

    @Test
    void callMadeAgainAsAClone_isAnotherAttemptOfTheSameModelCall() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        OkHttpClient client = client(chain -> {
            if (calls.getAndIncrement() > 0) {
                return chain.proceed(chain.request());
            }
            chain.proceed(chain.request()).close();
            return chain.call().clone().execute();
        });
        Span caller = inSession(() -> Requests.body(client, question()));

        List<SpanData> attempts = wire.attempts(2);
        assertThat(attempts)
                .extracting(SpanData::getParentSpanId)
                .containsOnly(modelCall().getSpanId());
        assertThat(number(attempts.get(1), "http.request.resend_count")).isEqualTo(1);
        assertThat(wire.requests())
                .extracting(request -> request.getHeader("traceparent").substring(36, 52))
                .containsExactly(attempts.get(0).getSpanId(), attempts.get(1).getSpanId());
        assertIsTold(caller);
        assertThat(number(modelCall(), "llm_propagation.attempts")).isEqualTo(2);
    }

    @Test
    void callMadeAsACloneAlone_isTheOneAttempt() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        OkHttpClient client = client(chain -> calls.getAndIncrement() > 0
                ? chain.proceed(chain.request())
                : chain.call().clone().execute());
        Span caller = inSession(() -> Requests.body(client, question()));

        assertIsWhole(caller, 1);
    }

    @Test
    void callThatIsGoneOnWithWhenItIsOver_failsAsWithoutUsAndIsTold() throws Exception {
        CompletableFuture<Interceptor.Chain> kept = new CompletableFuture<>();
        OkHttpClient client = client(chain -> {
            kept.complete(chain);
            return chain.proceed(chain.request());
        });
        inSession(() -> Requests.body(client, question()));
        Interceptor.Chain chain = kept.join();
        assertThatThrownBy(() -> chain.proceed(chain.request())).isInstanceOf(Exception.class);

        assertThat(wire.requests()).hasSize(1);
        assertThat(wire.attempts(2)).hasSize(2);
        assertThat(wire.modelCalls()).hasSize(1);
        wire.told().startsWith("An interceptor went on with a call that was over");
    }

    private void assertIsWhole(Span caller, int attempts) {
        assertThat(wire.attempts(attempts))
                .extracting(SpanData::getParentSpanId)
                .containsOnly(modelCall().getSpanId());
        assertThat(wire.request().getHeader("traceparent"))
                .contains(caller.getSpanContext().getTraceId())
                .contains(wire.attempt().getSpanId());
        assertThat(wire.request().getHeader("X-Qwen-Code-Session-Id")).isEqualTo("s-1");
        assertThat(text(wire.attempt(), "network.peer.address")).isNotNull();
        assertIsTold(caller);
        assertThat(wire.diagnostics).isEmpty();
    }

    private void assertIsTold(Span caller) {
        SpanData model = modelCall();
        assertParent(model, caller);
        assertThat(outcome(model)).isEqualTo("completed");
        assertThat(text(model, "gen_ai.response.id")).isEqualTo("c-1");
        assertThat(number(model, "gen_ai.usage.output_tokens")).isEqualTo(5);
    }

    private OkHttpClient client(Interceptor interceptor) {
        return ClientInstrumenter.OF_PROPAGATION
                .behind(propagation)
                .instrument(
                        new OkHttpClient.Builder().addInterceptor(interceptor),
                        ClientProfile.of(Origin.parse("baseUrl", wire.url("/"))).withModelCalls(url -> "openai"))
                .build();
    }

    private Span inSession(Callable<?> body) throws Exception {
        return wire.inSpan("caller", () -> {
            try (Scope ignored = LlmSession.of("s-1").makeCurrent()) {
                body.call();
            }
        });
    }

    private String enqueue(OkHttpClient client) throws Exception {
        return Enqueued.body(client.newCall(question())).get(30, TimeUnit.SECONDS);
    }

    private Request question() {
        return Requests.post(wire.url("/v1/chat/completions"), "{\"model\":\"m\"}");
    }

    private static Response transported(Request request, String body) {
        return new Response.Builder()
                .request(request)
                .protocol(Protocol.HTTP_2)
                .code(200)
                .message("")
                .body(ResponseBody.create(body, MediaType.get("application/json")))
                .build();
    }

    private SpanData modelCall() {
        return wire.telemetry.span("qwen-code.llm_request");
    }

    private static Response result(Future<Response> future) throws IOException {
        try {
            return future.get(30, TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
        } catch (InterruptedException | java.util.concurrent.TimeoutException e) {
            throw new IOException(e);
        }
    }
}
