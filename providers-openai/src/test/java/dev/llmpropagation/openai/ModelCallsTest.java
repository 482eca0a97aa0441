package dev.llmpropagation.openai;

import static dev.llmpropagation.fixtures.Attributed.flag;
import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Attributed.texts;
import static dev.llmpropagation.fixtures.Parents.assertParent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.http.Fault;
import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.core.Sleeper;
import com.openai.core.http.StreamResponse;
import com.openai.errors.InternalServerException;
import com.openai.errors.OpenAIException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.agent.LlmRequest;
import dev.llmpropagation.agent.ToldModelCall;
import dev.llmpropagation.fixtures.ServiceWire;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The clients make one span for each call to a model, around its attempts. */
class ModelCallsTest {

    private static final String STREAM = """
            data: {"id":"c-7","model":"m-1","choices":[{"index":0,"delta":{"role":"assistant","content":"he"}}]}

            data: {"id":"c-7","model":"m-1","choices":[{"index":0,"delta":{"content":"llo"},"finish_reason":"stop"}]}

            data: {"id":"c-7","model":"m-1","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,\
            "total_tokens":13,"prompt_tokens_details":{"cached_tokens":3},\
            "completion_tokens_details":{"reasoning_tokens":2}}}

            data: [DONE]

            """;

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    @Test
    void call_isOneSpanAroundItsAttempts() {
        wire.answersInTurn(WireMock.serverError(), WireMock.okJson("""
                        {"id":"c-1","object":"chat.completion","created":1,"model":"m-1","choices":[{"index":0,
                        "finish_reason":"length","message":{"role":"assistant","content":"secret answer"}}],
                        "usage":{"prompt_tokens":5,"completion_tokens":7,"total_tokens":12}}"""));
        SdkWire.ask(wire.client());

        SpanData call = wire.modelCalls(1).get(0);
        assertThat(call.getName()).isEqualTo("qwen-code.llm_request");
        assertThat(call.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(text(call, "gen_ai.operation.name")).isEqualTo("chat");
        assertThat(text(call, "gen_ai.provider.name")).isEqualTo("openai");
        assertThat(text(call, "gen_ai.request.model")).isEqualTo("m");
        assertThat(text(call, "gen_ai.response.model")).isEqualTo("m-1");
        assertThat(text(call, "gen_ai.response.id")).isEqualTo("c-1");
        assertThat(text(call, "session.id")).isEqualTo("s-1");
        assertThat(text(call, "llm_request.context")).isEqualTo("standalone");
        assertThat(texts(call, "gen_ai.response.finish_reasons")).containsExactly("length");
        assertThat(number(call, "gen_ai.usage.input_tokens")).isEqualTo(5);
        assertThat(number(call, "gen_ai.usage.output_tokens")).isEqualTo(7);
        assertThat(number(call, "llm_propagation.attempts")).isEqualTo(2);
        assertThat(outcome(call)).isEqualTo("completed");
        assertThat(flag(call, "success")).isTrue();
        assertThat(call.toString()).doesNotContain("secret answer").doesNotContain("hello");
        assertThat(wire.attempts(2))
                .extracting(SpanData::getParentSpanId, SpanData::getTraceId)
                .containsOnly(tuple(call.getSpanId(), call.getTraceId()));
    }

    @Test
    void stream_endsWithItsLastByte_andTellsUsage() {
        wire.answers(ServiceWire.events(STREAM));
        try (StreamResponse<ChatCompletionChunk> stream = SdkWire.stream(wire.client())) {
            assertThat(wire.modelCalls()).isEmpty();
            assertThat(stream.stream()).hasSize(3);
        }
        SpanData call = wire.modelCalls(1).get(0);
        assertThat(flag(call, "gen_ai.request.stream")).isTrue();
        assertThat(number(call, "gen_ai.usage.cache_read.input_tokens")).isEqualTo(3);
        assertThat(number(call, "gen_ai.usage.reasoning.output_tokens")).isEqualTo(2);
        assertThat(call.getAttributes().get(AttributeKey.doubleKey("gen_ai.response.time_to_first_chunk")))
                .isPositive();
        assertThat(outcome(call)).isEqualTo("completed");
    }

    @Test
    void asyncCall_isEndedBeforeTheFutureCompletes() {
        wire.answers(SdkWire.completion());
        OpenAIClientAsync client = wire.asyncClient();
        List<SpanData> seen =
                SdkWire.ask(client).thenApply(answer -> wire.modelCalls()).join();
        assertThat(seen).hasSize(1);
        assertThat(outcome(seen.get(0))).isEqualTo("completed");
    }

    @Test
    void closedStream_isInterrupted() {
        wire.answers(ServiceWire.events(STREAM.replace("data: [DONE]\n", "")
                        .replace(",\"finish_reason\":\"stop\"", "")
                        .repeat(2000))
                .withChunkedDribbleDelay(1000, 60_000));
        try (StreamResponse<ChatCompletionChunk> stream = SdkWire.stream(wire.client())) {
            assertThat(stream.stream().findFirst()).isPresent();
        }
        SpanData call = wire.modelCalls(1).get(0);
        assertThat(outcome(call)).isEqualTo("interrupted");
        assertThat(call.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(text(call, "gen_ai.response.id")).isEqualTo("c-7");
        assertThat(texts(call, "gen_ai.response.finish_reasons")).isNull();
    }

    @Test
    void redirectLoop_fails() {
        wire.answers(WireMock.temporaryRedirect("/v1/chat/completions"));
        OpenAIClient client = wire.client(OpenAiClientFactory.create(wire.propagation), sdk -> sdk.maxRetries(0));
        failed(client, "java.net.ProtocolException");
    }

    @Test
    void redirectThatNobodyFollows_fails() {
        wire.answers(WireMock.aResponse().withStatus(302));
        failed(wire.client(), "302");
    }

    /** The span of the call. */
    private SpanData failed(OpenAIClient client, String errorType) {
        assertThatThrownBy(() -> SdkWire.ask(client)).isInstanceOf(OpenAIException.class);
        SpanData call = wire.modelCalls(1).get(0);
        assertThat(outcome(call)).isEqualTo("failed");
        assertThat(text(call, "error.type")).isEqualTo(errorType);
        return call;
    }

    @Test
    void asyncStreamThatIsClosedBeforeItsResponse_endsAsItsAttemptDoes() {
        wire.answers(SdkWire.chunks(3).withFixedDelay(60_000));
        var stream = SdkWire.stream(wire.asyncClient());
        await().until(() -> !wire.requests().isEmpty()); // on the wire: an attempt that only starts may end later
        stream.close();
        SpanData call = wire.modelCalls(1).get(0);
        SpanData attempt = wire.attempts(1).get(0);
        assertThat(outcome(call)).isEqualTo("cancelled");
        assertThat(outcome(attempt)).isEqualTo("cancelled");
        assertThat(call.getEndEpochNanos()).isGreaterThanOrEqualTo(attempt.getEndEpochNanos());
    }

    @Test
    void asyncStreamThatIsClosedBetweenRetries_isCancelled() {
        wire.answers(WireMock.serverError());
        var stream = wire.asyncClient(sdk -> sdk.sleeper(new NeverWakes()))
                .chat()
                .completions()
                .createStreaming(SdkWire.chat());
        wire.attempts(1);
        stream.close();
        SpanData call = wire.modelCalls(1).get(0);
        assertThat(outcome(call)).isEqualTo("cancelled");
        assertThat(call.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    }

    /** Waits before a retry for ever. */
    private static final class NeverWakes implements Sleeper {
        @Override
        public void sleep(Duration duration) {
            throw new UnsupportedOperationException("this test is asynchronous");
        }

        @Override
        public CompletableFuture<Void> sleepAsync(Duration duration) {
            return new CompletableFuture<>();
        }

        @Override
        public void close() {}
    }

    @Test
    void refusedCall_failsWithTheStatus() {
        wire.answers(WireMock.aResponse().withStatus(401).withBody("{\"error\":{\"message\":\"sk-secret\"}}"));
        SpanData call = failed(wire.client(), "401");
        assertThat(call.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(call.toString()).doesNotContain("sk-secret");
        assertThat(number(call, "llm_propagation.attempts")).isNull();
    }

    @Test
    void brokenConnections_failOnceAfterAllAttempts() {
        wire.answers(WireMock.aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER));
        SpanData call = failed(wire.client(), "java.net.SocketException");
        assertThat(number(call, "llm_propagation.attempts")).isEqualTo(3);
    }

    @Test
    void cancelledFuture_isCancelled() {
        wire.answers(SdkWire.completion().withFixedDelay(60_000));
        CompletableFuture<?> future = SdkWire.ask(wire.asyncClient());
        await().until(() -> !wire.requests().isEmpty());
        future.cancel(true);
        SpanData call = wire.modelCalls(1).get(0);
        assertThat(outcome(call)).isEqualTo("cancelled");
        assertThat(call.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(text(call, "error.type")).isNull();
    }

    @Test
    void responsesAndEmbeddings_areModelCalls_filesAndModelsAreNot() {
        wire.answers(WireMock.okJson("{\"object\":\"list\",\"data\":[],\"model\":\"e-1\",\"usage\":"
                + "{\"prompt_tokens\":8,\"total_tokens\":8}}"));
        OpenAIClient client = wire.client();
        client.embeddings()
                .create(EmbeddingCreateParams.builder().model("e").input("x").build());
        client.models().list();
        wire.answers(WireMock.okJson("{\"id\":\"r-1\",\"object\":\"response\",\"model\":\"m-1\",\"status\":"
                + "\"completed\",\"output\":[],\"usage\":{\"input_tokens\":1,\"output_tokens\":2}}"));
        client.responses()
                .create(ResponseCreateParams.builder().model("m").input("hi").build());
        List<SpanData> calls = wire.modelCalls(2);
        assertThat(calls)
                .extracting(call -> text(call, "gen_ai.operation.name"))
                .containsExactly("embeddings", "chat");
        assertThat(text(calls.get(1), "openai.api.type")).isEqualTo("responses");
        assertThat(wire.attempts(3)).hasSize(3);
    }

    @Test
    void call_standsInTheOpenTool_andInItsPrompt() {
        wire.answers(SdkWire.completion());
        OpenAIClient client = wire.client();
        wire.propagation.agent().interaction("p-1").session("s-9").run(turn -> {
            SdkWire.ask(client);
            turn.tool("search").run(tool -> SdkWire.ask(client));
        });
        List<SpanData> calls = wire.modelCalls(2);
        SpanData turn = wire.telemetry.span("qwen-code.interaction");
        assertParent(calls.get(0), turn);
        assertParent(calls.get(1), wire.telemetry.span("qwen-code.tool"));
        assertThat(calls).allSatisfy(call -> {
            assertThat(text(call, "session.id")).isEqualTo("s-9");
            assertThat(text(call, "qwen-code.prompt_id")).isEqualTo("p-1");
            assertThat(text(call, "llm_request.context")).isEqualTo("interaction");
        });
        assertThat(wire.requests())
                .extracting(request -> request.getHeader(SdkWire.SESSION))
                .containsOnly("s-9");
    }

    @Test
    void spanOfAnotherInstrumentation_isNotDoubled() throws Exception {
        wire.answers(SdkWire.completion());
        OpenAIClient client = wire.client();
        Span others = wire.openTelemetry
                .getTracer("io.opentelemetry.openai-java-1.1")
                .spanBuilder("chat m")
                .setAttribute("gen_ai.operation.name", "chat")
                .startSpan();
        wire.inSpan(others, () -> SdkWire.ask(client));
        try (LlmRequest byHand =
                        wire.propagation.agent().llmRequest("chat", "openai").start();
                Scope ignored = byHand.makeCurrent()) {
            SdkWire.ask(client);
        }
        assertThat(wire.attempts(2))
                .extracting(SpanData::getParentSpanId)
                .containsExactly(
                        others.getSpanContext().getSpanId(),
                        wire.modelCalls(1).get(0).getSpanId());
    }

    @Test
    void callerContext_saysWhatTellsOfTheCall_untilThatHasEnded() {
        wire.answers(SdkWire.completion());
        Span others = wire.openTelemetry
                .getTracer("a-framework")
                .spanBuilder("chat m")
                .startSpan();
        LlmPropagation told = LlmPropagation.builder(wire.openTelemetry)
                .callerContext(current ->
                        current.with(others).with(ToldModelCall.by(others)).with(LlmSession.of("s-5")))
                .build();
        OpenAIClient client = wire.client(OpenAiClientFactory.create(told), sdk -> {});
        SdkWire.ask(client);
        SdkWire.ask(client.async()).join();
        others.end();

        assertThat(wire.attempts(2))
                .extracting(SpanData::getParentSpanId)
                .containsOnly(others.getSpanContext().getSpanId());
        assertThat(wire.modelCalls()).isEmpty();
        SdkWire.ask(client);
        assertParent(wire.modelCalls(1).get(0), others);
        assertThat(wire.requests())
                .extracting(request -> request.getHeader(SdkWire.SESSION))
                .containsExactly("s-5", "s-5", "s-5");
    }

    /** The program is asked where the call is made, and not again for each of its requests. */
    @Test
    void callerContextOfAnOtherRoot_leavesRetriesInTheirCall() {
        wire.answers(WireMock.serverError().withHeader("retry-after-ms", "1"));
        LlmPropagation elsewhere = LlmPropagation.builder(wire.openTelemetry)
                .callerContext(current -> Context.root().with(LlmSession.of("s-5")))
                .build();
        OpenAIClient client = wire.client(OpenAiClientFactory.create(elsewhere), sdk -> {});
        assertThatThrownBy(() -> SdkWire.ask(client)).isInstanceOf(InternalServerException.class);

        assertThat(wire.attempts(3))
                .extracting(SpanData::getParentSpanId)
                .containsOnly(wire.modelCalls(1).get(0).getSpanId());
        assertThat(wire.requests())
                .extracting(request -> request.getHeader(SdkWire.SESSION))
                .containsExactly("s-5", "s-5", "s-5");
    }

    @Test
    void agentOfAnotherInstrumentation_isAroundModelCalls() throws Exception {
        wire.answers(SdkWire.completion());
        OpenAIClient client = wire.client();
        Span others = wire.openTelemetry
                .getTracer("a-framework")
                .spanBuilder("invoke_agent a")
                .setAttribute("gen_ai.operation.name", "invoke_agent")
                .startSpan();
        wire.inSpan(others, () -> SdkWire.ask(client));
        assertParent(wire.modelCalls(1).get(0), others);
    }

    @Test
    void switchedOff_makesNone() {
        wire.answers(SdkWire.completion());
        LlmPropagation off = LlmPropagation.builder(wire.openTelemetry)
                .modelCalls(false)
                .sessionId(() -> "s-1")
                .build();
        wire.client(OpenAiClientFactory.create(off), sdk -> {})
                .chat()
                .completions()
                .create(SdkWire.chat());
        wire.attempts(1);
        assertThat(wire.modelCalls()).isEmpty();
    }

    @Test
    void endedInteraction_leavesTheCallStandalone() {
        wire.answers(SdkWire.completion());
        Interaction turn = wire.propagation.agent().interaction("p").start();
        turn.completed();
        try (Scope ignored = turn.makeCurrent()) {
            SdkWire.ask(wire.client());
        }
        assertThat(wire.modelCalls(1).get(0).getParentSpanId()).isEqualTo("0000000000000000");
    }
}
