package dev.llmpropagation.scenarios.samples;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.openai.client.OpenAIClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.fixtures.Latches;
import dev.llmpropagation.openai.OpenAiClientFactory;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.instrumentation.reactor.v3_1.ContextPropagationOperator;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import kotlinx.coroutines.CoroutineScopeKt;
import kotlinx.coroutines.CoroutineStart;
import kotlinx.coroutines.Dispatchers;
import kotlinx.coroutines.future.FutureKt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The samples of docs/agents.md, and the ways to carry the Context that it names. */
class AgentSamplesTest {

    private static final String DERIVED_FROM_SESSION_1 = dev.llmpropagation.session.TraceIds.ofSession("session-1");

    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
    private final OpenTelemetrySdk openTelemetry = OpenTelemetrySdk.builder()
            .setTracerProvider(AgentSamples.sdk()
                    .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                    .build())
            .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
            .build();
    private final LlmPropagation propagation =
            LlmPropagation.builder(openTelemetry).build();
    private final AgentTracing agent = propagation.agent();
    private final ExecutorService executor = Executors.newFixedThreadPool(2);

    @AfterEach
    void stop() {
        executor.shutdownNow();
        openTelemetry.close();
    }

    @Test
    void turn_isOneTree() {
        WireMockServer server = new WireMockServer(
                WireMockConfiguration.options().bindAddress("127.0.0.1").dynamicPort());
        server.start();
        server.stubFor(any(anyUrl()).willReturn(okJson("""
                        {"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,\
                        "message":{"role":"assistant","content":"Hello","refusal":null},\
                        "finish_reason":"stop","logprobs":null}]}""")));
        OpenAIClient client = OpenAiClientFactory.create(propagation)
                .client(sdk -> sdk.apiKey("key").baseUrl(server.baseUrl() + "/v1"));
        try {
            ChatCompletionCreateParams question = ChatCompletionCreateParams.builder()
                    .model("m")
                    .addUserMessage("Hi")
                    .build();
            assertThat(AgentSamples.turn(propagation, client, question, first -> question, () -> "found"))
                    .isEqualTo("Hello");
        } finally {
            client.close();
            server.stop();
        }
        SpanData turn = span("qwen-code.interaction");
        assertThat(exporter.getFinishedSpanItems())
                .allSatisfy(span -> {
                    assertThat(span.getTraceId()).isEqualTo(DERIVED_FROM_SESSION_1);
                    assertThat(span.getAttributes().get(AttributeKey.stringKey("session.id")))
                            .isEqualTo("session-1");
                })
                .extracting(SpanData::getName)
                .contains("qwen-code.tool", "qwen-code.tool.blocked_on_user", "qwen-code.tool.execution", "POST");
        assertParent("qwen-code.tool", turn);
    }

    @Test
    void handle_saysHowTheToolEnded() throws Exception {
        AgentSamples.handle(agent, () -> "");
        AgentSamples.handle(agent, () -> "found");
        assertThat(exporter.getFinishedSpanItems())
                .extracting(AgentSamplesTest::outcome)
                .containsExactly("failed", "completed");
    }

    @Test
    void async_endsWithItsFuture() {
        CompletableFuture<String> found = new CompletableFuture<>();
        CompletableFuture<String> answer = AgentSamples.async(agent, tool -> found);
        assertThat(exporter.getFinishedSpanItems()).isEmpty();
        found.complete("it");
        assertThat(answer.join()).isEqualTo("Found it");
        assertParent("qwen-code.tool", span("qwen-code.interaction"));
    }

    @Test
    void background_isATraceWithALink() throws Exception {
        CountDownLatch turnIsOver = new CountDownLatch(1);
        Future<Void> done = agent.interaction("p")
                .call(turn -> AgentSamples.background(turn, executor, () -> Latches.await(turnIsOver)));
        turnIsOver.countDown();
        done.get(20, TimeUnit.SECONDS);
        assertThat(span("qwen-code.subagent").getLinks()).singleElement().satisfies(link -> assertThat(
                        link.getSpanContext().getSpanId())
                .isEqualTo(span("qwen-code.interaction").getSpanId()));
    }

    @Test
    void background_withAnExecutorThatRefuses_hasFailed() {
        executor.shutdown();
        assertThatThrownBy(() -> agent.interaction("p")
                        .call(turn -> AgentSamples.background(turn, executor, () -> {}))
                        .get(20, TimeUnit.SECONDS))
                .hasStackTraceContaining("RejectedExecutionException");
        assertThat(outcome(span("qwen-code.subagent"))).isEqualTo("failed");
    }

    @Test
    void cancel_isNoError() {
        AgentSamples.cancel(agent, () -> true, () -> {});
        assertThat(outcome(span("qwen-code.interaction"))).isEqualTo("cancelled");
    }

    @Test
    void options_areThoseOfTheAgent() {
        ScheduledExecutorService sweeper = Executors.newSingleThreadScheduledExecutor();
        AgentSamples.options(openTelemetry, sweeper).agent().interaction("p").run(turn -> {});
        sweeper.shutdownNow();
        assertThat(exporter.getFinishedSpanItems())
                .extracting(SpanData::getName)
                .containsExactly("invoke_agent my-agent");
    }

    @Test
    void content_passesTheGate() {
        AgentTracing recording = AgentSamples.content(openTelemetry).agent();
        recording.interaction("p-1").prompt("a PRIVATE word").run(turn -> turn.answer("hello"));
        assertThat(span("qwen-code.interaction").getAttributes().toString())
                .contains("hello")
                .doesNotContain("PRIVATE");
    }

    @Test
    void executor_carriesTheContext() throws Exception {
        Callable<String> call = () -> current();
        agent.interaction("p").run(turn -> {
            for (Future<String> answer : AgentSamples.executor(executor, List.of(call, call))) {
                assertThat(answer.get(20, TimeUnit.SECONDS))
                        .isEqualTo(turn.spanContext().getSpanId());
            }
        });
    }

    @Test
    @EnabledForJreRange(min = JRE.JAVA_21)
    void virtualThreads_carryTheContext() throws Exception {
        ExecutorService virtual = (ExecutorService)
                Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        Callable<String> call = () -> agent.tool("t").call(tool -> current());
        agent.interaction("p").run(turn -> {
            for (Future<String> answer : AgentSamples.executor(virtual, List.of(call, call))) {
                answer.get(20, TimeUnit.SECONDS);
            }
        });
        virtual.shutdown();
        SpanData turn = span("qwen-code.interaction");
        assertThat(exporter.getFinishedSpanItems())
                .filteredOn(span -> span.getParentSpanId().equals(turn.getSpanId()))
                .hasSize(2);
    }

    @Test
    void reactor_carriesTheContext() {
        ContextPropagationOperator operator = ContextPropagationOperator.create();
        operator.registerOnEachOperator();
        try {
            Mono<String> answers = Mono.just("x")
                    .publishOn(Schedulers.parallel())
                    .map(x -> agent.tool("t").call(tool -> current()));
            String inTool = AgentSamples.reactor(agent, answers).block(Duration.ofSeconds(20));
            assertThat(inTool).isEqualTo(span("qwen-code.tool").getSpanId());
        } finally {
            operator.resetOnEachOperator();
        }
        assertParent("qwen-code.tool", span("qwen-code.interaction"));
    }

    @Test
    void reactor_cancelEndsTheSpan() {
        Disposable running = AgentSamples.reactor(agent, Mono.never()).subscribe();
        running.dispose();
        assertThat(outcome(span("qwen-code.interaction"))).isEqualTo("cancelled");
    }

    @Test
    void coroutines_carryTheContext() {
        Interaction turn = agent.interaction("p").start();
        String inTool = FutureKt.<String>future(
                        CoroutineScopeKt.CoroutineScope(Dispatchers.getDefault()),
                        AgentSamples.coroutines(turn),
                        CoroutineStart.DEFAULT,
                        (scope, continuation) -> agent.tool("t").call(tool -> current()))
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
        turn.completed();
        assertThat(inTool).isEqualTo(span("qwen-code.tool").getSpanId());
        assertParent("qwen-code.tool", span("qwen-code.interaction"));
    }

    private static String current() {
        return Span.fromContext(Context.current()).getSpanContext().getSpanId();
    }

    private void assertParent(String child, SpanData parent) {
        assertThat(span(child).getParentSpanId()).isEqualTo(parent.getSpanId());
    }

    private SpanData span(String name) {
        return exporter.getFinishedSpanItems().stream()
                .filter(span -> span.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static String outcome(SpanData span) {
        return span.getAttributes().get(AttributeKey.stringKey("llm_propagation.outcome"));
    }
}
