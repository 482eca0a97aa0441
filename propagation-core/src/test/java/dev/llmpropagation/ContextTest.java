package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Parents.assertParent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import dev.llmpropagation.fixtures.Enqueued;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.internal.span.Api;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.impl.InstrumentationUtil;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import okhttp3.Call;
import okhttp3.Dispatcher;
import okhttp3.EventListener;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Parent and session are those of the thread that made the call, wherever OkHttp runs it. */
class ContextTest {

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @BeforeEach
    void answer() {
        wire.answers(ok("hello").withFixedDelay(5));
    }

    @Test
    void callerContextOfTheProgram_isParentAndSession() throws Exception {
        Span elsewhere = wire.startSpan("elsewhere");
        OkHttpClient client = wire.client(wire.propagation()
                .callerContext(current -> current.with(elsewhere).with(LlmSession.of("s-7"))));
        Requests.body(client, request("/"));
        elsewhere.end();

        assertParent(wire.attempt(), elsewhere);
        assertThat(wire.request().getHeader("X-Qwen-Code-Session-Id")).isEqualTo("s-7");
        assertThat(wire.diagnostics).isEmpty();
    }

    @Test
    void callerContextThatFailsOrIsNull_leavesTheCurrentOne_andIsTold() throws Exception {
        for (UnaryOperator<Context> failing : List.<UnaryOperator<Context>>of(
                current -> {
                    throw new IllegalStateException("secret");
                },
                current -> {
                    throw new AssertionError("secret");
                },
                current -> {
                    throw sneaky(new IOException("secret"));
                },
                current -> null)) {
            wire.diagnostics.clear();
            OkHttpClient client = wire.client(wire.propagation().callerContext(failing));
            Span current = wire.inSpan("current", () -> Requests.body(client, request("/")));
            assertThat(wire.spans())
                    .extracting(SpanData::getParentSpanId)
                    .contains(current.getSpanContext().getSpanId());
            wire.told().contains("The Context of a caller could not be found").doesNotContain("secret");
        }
    }

    /** As Kotlin throws what nothing declares. */
    @SuppressWarnings("unchecked")
    private static <E extends Throwable> E sneaky(Throwable thrown) throws E {
        throw (E) thrown;
    }

    /** As google-genai does: its asynchronous calls run on the dispatcher's executor, and hand on what comes after. */
    @Test
    void taskThatATaskOfTheDispatcherHandsOver_keepsItsContext() throws Exception {
        ExecutorService executor = wire.client().dispatcher().executorService();
        CompletableFuture<String> inner = new CompletableFuture<>();
        try (Scope ignored = LlmSession.of("s-1").makeCurrent()) {
            executor.execute(() -> executor.execute(() -> inner.complete(session(Context.current()))));
        }
        assertThat(inner.get()).isEqualTo("s-1");
    }

    private static String session(Context context) {
        LlmSession session = LlmSession.fromContext(context);
        return session == null ? "none" : session.id();
    }

    @Test
    void manyQueuedCallsOfManySessions_areNeverMixedUp() throws Exception {
        OkHttpClient client = wire.client();
        assertThat(client.dispatcher().getMaxRequestsPerHost()).isEqualTo(5);
        neverMixedUp(client, wire.url(""), Runnable::run);
    }

    @Test
    void manyCallsOverHttp2_areNeverMixedUp() throws Exception {
        OkHttpClient client = wire.secureClient();
        neverMixedUp(client, wire.secureUrl(""), Runnable::run);

        assertThat(wire.attempts(CALLS))
                .extracting(span -> text(span, "network.protocol.version"))
                .containsOnly("2");
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void manyCallsFromVirtualThreads_areNeverMixedUp() throws Exception {
        // By reflection, because the tests are compiled for 17.
        ExecutorService threads = (ExecutorService)
                Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        try {
            OkHttpClient client = wire.client(new OkHttpClient.Builder().dispatcher(new Dispatcher(threads)));
            neverMixedUp(client, wire.url(""), threads);
        } finally {
            threads.shutdown();
        }
    }

    private static final int CALLS = 200;

    /** Calls of 20 sessions at once: each with its own parent, session, and Context in callback and continuation. */
    private void neverMixedUp(OkHttpClient client, String baseUrl, Executor makers) throws Exception {
        List<Span> callers = new ArrayList<>();
        List<CompletableFuture<String>> results = new ArrayList<>();
        for (int i = 0; i < CALLS; i++) {
            String url = baseUrl + "/" + i;
            String session = "s-" + i % 20;
            Span caller = wire.startSpan("caller " + i);
            callers.add(caller);
            Context context =
                    LlmSession.of(session).storeInContext(Context.root().with(caller));
            CompletableFuture<String> result = new CompletableFuture<>();
            results.add(result);
            Runnable make = () -> enqueue(client, url)
                    .thenApply(body -> Span.current().getSpanContext().getSpanId()
                            + ' '
                            + LlmSession.fromContext(Context.current()).id())
                    .whenComplete((seen, e) -> {
                        if (e == null) {
                            result.complete(seen);
                        } else {
                            result.completeExceptionally(e);
                        }
                    });
            makers.execute(context.wrap(make));
        }
        for (int i = 0; i < CALLS; i++) {
            assertThat(results.get(i).get(60, TimeUnit.SECONDS))
                    .as("context of callback and continuation")
                    .isEqualTo(callers.get(i).getSpanContext().getSpanId() + " s-" + i % 20);
            callers.get(i).end();
        }

        Map<String, SpanData> attempts =
                wire.attempts(CALLS).stream().collect(Collectors.toMap(SpanData::getSpanId, Function.identity()));
        assertThat(wire.requests()).hasSize(CALLS);
        for (LoggedRequest request : wire.requests()) {
            int i = Integer.parseInt(request.getUrl().substring(1));
            assertThat(request.getHeader("X-Qwen-Code-Session-Id")).isEqualTo("s-" + i % 20);
            SpanData attempt = attempts.get(request.getHeader("traceparent").split("-")[2]);
            assertParent(attempt, callers.get(i));
        }
    }

    @Test
    void dispatcherThread_isLeftCleanAfterTheCallback() throws Exception {
        ExecutorService one = Executors.newSingleThreadExecutor();
        OkHttpClient client = wire.client(new OkHttpClient.Builder().dispatcher(new Dispatcher(one)));
        Span caller = wire.inSpan("caller", () -> enqueue(client, "/").get(20, TimeUnit.SECONDS));
        // The task may still be in the callback when its future is done; the executor has one thread, so this runs
        // after.
        Context left = one.submit(Context::current).get(20, TimeUnit.SECONDS);

        assertThat(left).isSameAs(Context.root());
    }

    @Test
    void callMadeHereAndEnqueuedThere_belongsToTheMaker() throws Exception {
        OkHttpClient client = wire.client();
        Span maker = wire.startSpan("maker");
        Call call;
        try (Scope ignored = maker.makeCurrent()) {
            call = client.newCall(request("/"));
        }
        maker.end();
        wire.inSpan("other", () -> call.execute().close());

        assertParent(wire.attempt(), maker);
    }

    @Test
    void callInACallback_hasItsOwnCaller() throws Exception {
        OkHttpClient client = wire.client();
        Span caller = wire.startSpan("caller");
        CompletableFuture<String> inner;
        try (Scope ignored = caller.makeCurrent()) {
            inner = enqueue(client, "/outer").thenApply(body -> {
                Span nested = wire.startSpan("nested");
                try (Scope scope = nested.makeCurrent()) {
                    return Requests.body(client, request("/inner"));
                } catch (IOException e) {
                    throw new java.io.UncheckedIOException(e);
                } finally {
                    nested.end();
                }
            });
        }
        assertThat(inner.get(20, TimeUnit.SECONDS)).isEqualTo("hello");
        caller.end();

        SpanData nested = wire.telemetry.span("nested");
        assertParent(wire.attempts(2).get(1), nested);
    }

    @Test
    void suppressionOfTheCaller_holdsOnTheDispatchersThread() throws Exception {
        OkHttpClient client = wire.client();
        List<CompletableFuture<String>> results = new ArrayList<>();
        assumeTrue(Api.hasSuppression());
        InstrumentationUtil.suppressInstrumentation(() -> results.add(enqueue(client, "/")));
        results.get(0).get(20, TimeUnit.SECONDS);

        assertThat(wire.request().containsHeader("traceparent")).isFalse();
        assertThat(wire.spans()).isEmpty();
    }

    @Test
    void callOfNoSession_getsNoneFromTheThreadThatHandsItOver() throws Exception {
        // Without an SDK nothing else is remembered of a call that is made in the root Context.
        LlmPropagation propagation =
                LlmPropagation.builder(OpenTelemetry.noop()).build();
        OkHttpClient client = wire.client(propagation, new OkHttpClient.Builder());
        client.dispatcher().setMaxRequests(1);
        wire.answers("/first", ok("hello").withFixedDelay(1_000));
        CompletableFuture<String> first = enqueue(client, "/first");
        CompletableFuture<String> queued = enqueue(client, "/queued");
        assertThat(client.dispatcher().queuedCallsCount()).isEqualTo(1);
        try (Scope ignored = LlmSession.of("of-somebody-else").makeCurrent()) {
            client.dispatcher().setMaxRequests(2);
        }
        queued.get(20, TimeUnit.SECONDS);
        first.get(20, TimeUnit.SECONDS);

        assertThat(wire.requests()).hasSize(2).noneMatch(request -> request.containsHeader("X-Qwen-Code-Session-Id"));
    }

    @Test
    void clientsThatShareADispatcher_goOnSharingOne() {
        LlmPropagation propagation = wire.propagation().build();
        Dispatcher shared = new Dispatcher();
        OkHttpClient one = wire.client(propagation, new OkHttpClient.Builder().dispatcher(shared));
        OkHttpClient other = wire.client(propagation, new OkHttpClient.Builder().dispatcher(shared));

        assertThat(one.dispatcher()).isSameAs(other.dispatcher()).isNotSameAs(shared);
    }

    @Test
    void programsListener_getsItsEventsBesideOurs() throws Exception {
        List<String> events = new CopyOnWriteArrayList<>();
        OkHttpClient client = wire.client(new OkHttpClient.Builder().eventListenerFactory(call -> new EventListener() {
            @Override
            public void callStart(Call started) {
                events.add("callStart");
            }

            @Override
            public void responseHeadersEnd(Call of, Response response) {
                events.add("responseHeadersEnd " + response.code());
            }

            @Override
            public void callEnd(Call ended) {
                events.add("callEnd");
            }
        }));
        Span caller = wire.inSpan("caller", () -> enqueue(client, "/").get(20, TimeUnit.SECONDS));

        assertThat(events).containsExactly("callStart", "responseHeadersEnd 200", "callEnd");
        assertParent(wire.attempt(), caller);
    }

    @Test
    void derivedClient_staysInstrumented() throws Exception {
        OkHttpClient derived = wire.client()
                .newBuilder()
                .callTimeout(java.time.Duration.ofSeconds(30))
                .build();
        Span caller = wire.inSpan("caller", () -> enqueue(derived, "/").get(20, TimeUnit.SECONDS));

        assertParent(wire.attempt(), caller);
    }

    @Test
    void instrumentedTwice_isAsGoodAsOnce() throws Exception {
        LlmPropagation propagation = wire.propagation().sessionId(() -> "s-1").build();
        Dispatcher dispatcher = new Dispatcher();
        dispatcher.setMaxRequests(7);
        dispatcher.setMaxRequestsPerHost(3);
        OkHttpClient.Builder builder = new OkHttpClient.Builder().dispatcher(dispatcher);
        propagation.instrument(builder, "https://elsewhere.example");
        OkHttpClient once = builder.build();
        OkHttpClient client = wire.client(propagation, builder);
        client.newCall(request("/")).execute().close();

        assertThat(client.interceptors()).hasSameSizeAs(once.interceptors());
        assertThat(client.dispatcher()).isSameAs(once.dispatcher());
        assertThat(client.dispatcher().getMaxRequests()).isEqualTo(7);
        assertThat(client.dispatcher().getMaxRequestsPerHost()).isEqualTo(3);
        assertThat(wire.request().getHeader("X-Qwen-Code-Session-Id")).isEqualTo("s-1");
        wire.attempt();
    }

    @Test
    void programsInterceptors_runOnceForACallWithTheCallersContext() throws Exception {
        List<String> seen = new CopyOnWriteArrayList<>();
        OkHttpClient client = wire.client(new OkHttpClient.Builder().addInterceptor(chain -> {
            seen.add(Span.current().getSpanContext().getSpanId());
            return chain.proceed(chain.request());
        }));
        Span caller = wire.inSpan("caller", () -> enqueue(client, "/").get(20, TimeUnit.SECONDS));

        assertThat(seen).containsExactly(caller.getSpanContext().getSpanId());
    }

    @Test
    void rejectedCall_isForgotten() throws Exception {
        OkHttpClient client = wire.client();
        client.dispatcher().executorService().shutdown();
        CompletableFuture<String> result = enqueue(client, "/");

        assertThat(result).failsWithin(java.time.Duration.ofSeconds(20));
        assertThat(wire.spans()).isEmpty();
    }

    private CompletableFuture<String> enqueue(OkHttpClient client, String pathOrUrl) {
        return Enqueued.body(client.newCall(request(pathOrUrl)));
    }

    private Request request(String pathOrUrl) {
        return Requests.get(pathOrUrl.startsWith("/") ? wire.url(pathOrUrl) : pathOrUrl);
    }
}
