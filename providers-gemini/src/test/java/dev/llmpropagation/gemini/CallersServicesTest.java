package dev.llmpropagation.gemini;

import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.ServiceWire.SESSION;
import static dev.llmpropagation.gemini.GeminiWire.MODEL;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.google.genai.Client;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.Tool;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.Attributed;
import dev.llmpropagation.fixtures.Latches;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.Call;
import okhttp3.Dispatcher;
import okhttp3.EventListener;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The asynchronous services that the factory gives for one caller. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CallersServicesTest {

    private static final String ANSWER =
            "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"a\"}]},\"finishReason\":\"STOP\"}]}";
    private static final String FUNCTION_CALL =
            ANSWER.replace("\"text\":\"a\"", "\"functionCall\":{\"name\":\"now\",\"args\":{}}");
    private static final int MINUTE = 60_000;

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    private final List<String> diagnostics = new CopyOnWriteArrayList<>();
    private GeminiClientFactory gemini;
    private Client client;

    @BeforeEach
    void build() {
        gemini = GeminiClientFactory.create(LlmPropagation.builder(wire.openTelemetry)
                .diagnostics(diagnostics::add)
                .build());
        client = wire.client(gemini, sdk -> {});
    }

    @Test
    void roundsOfFunctionCalling_haveOneCaller() throws Exception {
        wire.answersInTurn(slowly(FUNCTION_CALL, 50), slowly(FUNCTION_CALL, 50), okJson(ANSWER));

        Span span = caller();
        CompletableFuture<String> session;
        try (Scope ignored = context(span).makeCurrent()) {
            session = gemini.async(client)
                    .models
                    .generateContent(MODEL, "hi", callingFunctions())
                    .thenApply(
                            answer -> LlmSession.fromContext(Context.current()).id());
        }
        assertThat(session.get(30, TimeUnit.SECONDS)).as("a continuation's").isEqualTo("s-async");
        span.end();

        assertThat(wire.attempts(3))
                .extracting(wire::callerOf)
                .containsOnly(span.getSpanContext().getSpanId());
        assertThat(wire.requests())
                .extracting(request -> request.getHeader(SESSION))
                .containsOnly("s-async");
    }

    /** The services are the program's to keep, though not meant to be kept: who has a Context is the caller. */
    @Test
    void keptServices_giveACallToTheContextThatIsCurrent() throws Exception {
        wire.answers(okJson(ANSWER));
        Client.Async kept = gemini.async(client);
        Span span = caller();
        CompletableFuture<GenerateContentResponse> answer;
        try (Scope ignored = context(span).makeCurrent()) {
            answer = kept.models.generateContent(MODEL, "hi", null);
        }
        answer.get(30, TimeUnit.SECONDS);
        span.end();

        assertThat(wire.callerOf(wire.attempts(1).get(0)))
                .isEqualTo(span.getSpanContext().getSpanId());
    }

    @Test
    void cancelledFuture_endsItsRequest() {
        wire.answers(slowly(ANSWER, MINUTE));
        CompletableFuture<?> answer = gemini.async(client).models.generateContent(MODEL, "hi", null);
        await().until(() -> wire.requests().size() == 1);

        assertThat(answer.cancel(true)).isTrue();

        assertOutcomes("cancelled", 1);
    }

    /** OkHttp tells it on the thread that cancels. That is ours: with the bare SDK a future cancels nothing. */
    @Test
    void listenerThatThrowsUponTheCancel_isNotHeardByWhoCancels() {
        EventListener listener = new EventListener() {
            @Override
            public void canceled(Call call) {
                throw new IllegalStateException("SECRET");
            }
        };
        GeminiClientFactory listened = GeminiClientFactory.builder(LlmPropagation.builder(wire.openTelemetry)
                        .diagnostics(diagnostics::add)
                        .build())
                .httpClient(new OkHttpClient.Builder().eventListener(listener).build())
                .build();
        wire.answers(slowly(ANSWER, MINUTE));
        CompletableFuture<?> answer =
                listened.async(wire.client(listened, sdk -> {})).models.generateContent(MODEL, "hi", null);
        await().until(() -> wire.requests().size() == 1);

        assertThat(answer.cancel(true)).isTrue();
        assertOutcomes("cancelled", 1);
        assertThat(diagnostics)
                .containsExactly("A listener failed when its call was cancelled (java.lang.IllegalStateException)");
    }

    @Test
    void cancelledFuture_endsTheRoundThatRuns() {
        wire.answersInTurn(okJson(FUNCTION_CALL), slowly(ANSWER, MINUTE));
        CompletableFuture<?> answer = gemini.async(client).models.generateContent(MODEL, "hi", callingFunctions());
        await().until(() -> wire.requests().size() == 2);

        answer.cancel(true);

        SpanData second = wire.attempts(2).get(1);
        assertThat(outcome(second)).isEqualTo("cancelled");
    }

    /** Its round is on the wire, and the SDK has not come back yet with the future of it. */
    @Test
    void cancelledFuture_endsTheRoundThatIsBeingSent() throws Exception {
        wire.answersInTurn(okJson(FUNCTION_CALL), slowly(ANSWER, MINUTE));
        SlowHandOver dispatched = new SlowHandOver();
        GeminiClientFactory handsOverSlowly = GeminiClientFactory.builder(wire.propagation)
                .httpClient(new OkHttpClient.Builder()
                        .dispatcher(new Dispatcher(dispatched))
                        .build())
                .build();
        Client slow = wire.client(handsOverSlowly, sdk -> {});
        CompletableFuture<?> answer =
                handsOverSlowly.async(slow).models.generateContent(MODEL, "hi", callingFunctions());
        await().until(() -> wire.requests().size() == 2);

        answer.cancel(true);
        dispatched.second.countDown();

        SpanData round = wire.attempts(2).get(1);
        assertThat(outcome(round)).isEqualTo("cancelled");
    }

    /** Comes back from the second task that it is given when it is told to. */
    private static final class SlowHandOver extends ThreadPoolExecutor {
        final CountDownLatch second = new CountDownLatch(1);
        private final AtomicInteger tasks = new AtomicInteger();

        SlowHandOver() {
            super(2, 2, 1, TimeUnit.SECONDS, new LinkedBlockingQueue<>());
        }

        @Override
        public void execute(Runnable task) {
            super.execute(task);
            if (tasks.incrementAndGet() == 2) {
                Latches.await(second);
            }
        }
    }

    @Test
    void deadlineOfTheProgram_isATimeout() {
        wire.answers(slowly(ANSWER, MINUTE));
        CompletableFuture<?> answer =
                gemini.async(client).models.generateContent(MODEL, "hi", null).orTimeout(300, TimeUnit.MILLISECONDS);

        assertThat(answer).failsWithin(30, TimeUnit.SECONDS);

        assertOutcomes("timed_out", 1);
    }

    @Test
    void cancelledStageOfTheProgram_leavesTheRequestToOthers() throws Exception {
        wire.answers(slowly(ANSWER, 500));
        CompletableFuture<GenerateContentResponse> answer =
                gemini.async(client).models.generateContent(MODEL, "hi", null);
        answer.thenApply(GenerateContentResponse::text).cancel(true);

        assertThat(answer.get(30, TimeUnit.SECONDS).text()).isEqualTo("a");
        assertOutcomes("completed", 1);
    }

    @Test
    void failure_isTheSdks() {
        wire.answers(slowly("{}", 0).withStatus(400));

        assertThat(gemini.async(client).models.generateContent(MODEL, "hi", null))
                .failsWithin(30, TimeUnit.SECONDS)
                .withThrowableOfType(java.util.concurrent.ExecutionException.class)
                .withCauseExactlyInstanceOf(com.google.genai.errors.ClientException.class);
    }

    @Test
    void lostCaller_isTold_onlyWhereTheSdkItselfHasLostIt() throws Exception {
        wire.answers(okJson("{\"models\":[{\"name\":\"m\"}]}"));
        client.models.list(null).forEach(model -> {});
        CountDownLatch done = new CountDownLatch(1);
        Thread thread = new Thread(() -> {
            client.async.models.get("m", null).join();
            done.countDown();
        });
        thread.start();
        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(diagnostics).isEmpty();

        client.async.models.list(null).get(30, TimeUnit.SECONDS);

        assertThat(diagnostics).containsExactly(LostCallers.MESSAGE);
        List<LoggedRequest> requests = wire.requests();
        assertThat(requests.get(requests.size() - 1).getHeader(SESSION)).isNull();
    }

    @Test
    void clientOfSomebodyElse_keepsItsServices() {
        Client other = wire.closeLater(Client.builder().apiKey("k").build());

        assertThat(gemini.async(other)).isSameAs(other.async);
        assertThat(diagnostics).hasSize(1).first().asString().contains("does not know this client");
    }

    private void assertOutcomes(String outcome, int attempts) {
        assertThat(wire.attempts(attempts))
                .extracting(attempt -> outcome(attempt))
                .containsOnly(outcome);
        await().untilAsserted(() ->
                assertThat(wire.modelCalls().stream().map(Attributed::outcome)).containsExactly(outcome));
    }

    private Span caller() {
        return wire.openTelemetry.getTracer("program").spanBuilder("program").startSpan();
    }

    private static Context context(Span span) {
        return Context.root().with(span).with(LlmSession.of("s-async"));
    }

    private static ResponseDefinitionBuilder slowly(String body, int millis) {
        return okJson(body).withFixedDelay(millis);
    }

    private static GenerateContentConfig callingFunctions() {
        try {
            return GenerateContentConfig.builder()
                    .tools(Tool.builder().functions(SdkArguments.class.getMethod("now")))
                    .build();
        } catch (NoSuchMethodException e) {
            throw new AssertionError(e);
        }
    }
}
