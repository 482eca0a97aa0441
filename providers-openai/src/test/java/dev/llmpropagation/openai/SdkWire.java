package dev.llmpropagation.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.client.okhttp.OpenAIOkHttpClientAsync;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.ChatQuestion;
import dev.llmpropagation.fixtures.NoSleep;
import dev.llmpropagation.fixtures.ServiceWire;
import dev.llmpropagation.testkit.LlmServer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import okhttp3.ConnectionPool;

/**
 * A server standing for the service, clients of the library on it, and the spans they export. After each test: every
 * span has ended, no request carried a private header, no call is still registered and no connection still busy.
 */
final class SdkWire extends ServiceWire {

    static final String COMPLETION =
            "{\"id\":\"c-1\",\"object\":\"chat.completion\",\"created\":1,\"model\":\"m\",\"choices\":[]}";
    static final String CHUNK =
            "data: {\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[]}\n\n";
    final LlmPropagation propagation = LlmPropagation.builder(openTelemetry)
            .sessionId(() -> "s-1")
            .diagnostics(diagnostics::add)
            .build();

    private final List<Transport> transports = new ArrayList<>();
    private final List<Runnable> closers = new ArrayList<>();

    SdkWire() {
        super(LlmServer.openAi());
    }

    @Override
    protected void check() {
        await().untilAsserted(() -> assertThat(openSpans()).as("spans open").isEmpty());
        requests().forEach(SdkWire::carriesNothingPrivate);
        for (Transport transport : transports) {
            await().untilAsserted(() -> {
                if (transport.openCalls() > 0) {
                    System.gc(); // a WebSocket's call lives as long as its connection is reachable
                }
                assertThat(transport.openCalls()).as("calls registered").isZero();
            });
            ConnectionPool pool = transport.client().connectionPool();
            await().untilAsserted(() -> assertThat(pool.connectionCount() - pool.idleConnectionCount())
                    .as("connections busy")
                    .isZero());
        }
        assertThat(diagnostics).isEmpty();
    }

    @Override
    protected void release() {
        closers.forEach(Runnable::run);
    }

    /** Those of the library; the program's own are the test's concern. */
    List<SpanData> openSpans() {
        return telemetry.openSpans().stream().filter(SdkWire::isOurs).toList();
    }

    /** How many the library has started, those that have ended included. */
    long started() {
        return openSpans().size()
                + telemetry.spans().stream().filter(SdkWire::isOurs).count();
    }

    private static boolean isOurs(SpanData span) {
        return span.getInstrumentationScopeInfo().getName().startsWith("dev.llmpropagation");
    }

    static void carriesNothingPrivate(LoggedRequest request) {
        assertThat(request.getHeaders().keys()).noneMatch(SdkWire::isPrivate);
    }

    static boolean isPrivate(String header) {
        return header.regionMatches(true, 0, "Llm-Propagation", 0, "Llm-Propagation".length());
    }

    /** A client of the server; retries do not wait. */
    OpenAIClient client() {
        return client(OpenAiClientFactory.create(propagation), sdk -> {});
    }

    OpenAIClient client(OpenAiClientFactory factory, Consumer<OpenAIOkHttpClient.Builder> more) {
        OpenAIClient client = factory.client(sdk -> {
            sdk.baseUrl(url("/v1")).apiKey("sk-test").sleeper(new NoSleep());
            more.accept(sdk);
        });
        return managed(client, client::close);
    }

    OpenAIClientAsync asyncClient() {
        return asyncClient(sdk -> {});
    }

    OpenAIClientAsync asyncClient(Consumer<OpenAIOkHttpClientAsync.Builder> more) {
        OpenAIClientAsync client = OpenAiClientFactory.create(propagation).asyncClient(sdk -> {
            sdk.baseUrl(url("/v1")).apiKey("sk-test").sleeper(new NoSleep());
            more.accept(sdk);
        });
        return managed(client, client::close);
    }

    <T> T managed(T client, Runnable close) {
        transports.add(transport(client));
        closers.add(close);
        return client;
    }

    static Transport transport(Object facade) {
        return Facade.of(facade).transport();
    }

    static ChatCompletionCreateParams chat() {
        return ChatQuestion.of("hello");
    }

    static ChatCompletion ask(OpenAIClient client) {
        return client.chat().completions().create(chat());
    }

    static CompletableFuture<ChatCompletion> ask(OpenAIClientAsync client) {
        return client.chat().completions().create(chat());
    }

    @SuppressWarnings("MustBeClosedChecker") // who asks for it closes it
    static StreamResponse<ChatCompletionChunk> stream(OpenAIClient client) {
        return client.chat().completions().createStreaming(chat());
    }

    static AsyncStreamResponse<ChatCompletionChunk> stream(OpenAIClientAsync client) {
        return client.chat().completions().createStreaming(chat());
    }

    static ResponseDefinitionBuilder completion() {
        return WireMock.okJson(COMPLETION);
    }

    static ResponseDefinitionBuilder chunks(int count) {
        return ServiceWire.events(CHUNK.repeat(count) + "data: [DONE]\n\n");
    }

    /** What the handler of a stream is told at its end: nothing if all is well. */
    static Optional<Throwable> endOf(AsyncStreamResponse<ChatCompletionChunk> stream) throws Exception {
        CompletableFuture<Optional<Throwable>> end = new CompletableFuture<>();
        stream.subscribe(new AsyncStreamResponse.Handler<>() {
            @Override
            public void onNext(ChatCompletionChunk chunk) {}

            @Override
            public void onComplete(Optional<Throwable> error) {
                end.complete(error);
            }
        });
        try {
            return end.get(30, TimeUnit.SECONDS);
        } finally {
            Reference.reachabilityFence(stream); // the SDK closes one that nobody holds
        }
    }

    /** Runs with a span of the program's current. */
    <T> T inSpan(Span span, Callable<T> body) throws Exception {
        try (Scope ignored = span.makeCurrent()) {
            return body.call();
        } finally {
            span.end();
        }
    }

    /** Every attempt is a child of this span, and every request carries one of the attempts. */
    void everyAttemptBelongsTo(Span caller, int count) {
        List<SpanData> attempts = attempts(count);
        assertThat(attempts)
                .extracting(this::callerOf)
                .containsOnly(caller.getSpanContext().getSpanId());
        assertThat(requests())
                .extracting(request -> request.getHeader("traceparent").split("-")[2])
                .containsExactlyInAnyOrderElementsOf(
                        attempts.stream().map(SpanData::getSpanId).toList());
        assertThat(requests()).extracting(request -> request.getHeader(SESSION)).containsOnly("s-1");
    }
}
