package dev.llmpropagation.gemini;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Attributed.texts;
import static dev.llmpropagation.fixtures.ServiceWire.SESSION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.google.genai.Client;
import com.google.genai.gaos.models.interactions.CreateModelInteraction;
import com.google.genai.gaos.models.interactions.GenerationConfig;
import com.google.genai.gaos.models.interactions.InteractionSSEStreamEvent;
import com.google.genai.gaos.models.interactions.InteractionStatus;
import com.google.genai.gaos.models.interactions.InteractionsInput;
import com.google.genai.gaos.models.operations.CreateInteractionRequestBody;
import com.google.genai.gaos.utils.EventStream;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.RecordedBody;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The SDK's generated part, which calls OkHttp in its own way. Not in the oldest SDK that we support. */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class InteractionsTest {

    private static final ResponseDefinitionBuilder TO_BE_CONTINUED =
            ended("\"status\":\"requires_continuation\",\"continuation_token\":\"t\"");
    private static final ResponseDefinitionBuilder CONTINUED = ended("\"status\":\"completed\"");

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    @Test
    void syncCall_isRetriedUnderTheCaller() throws Exception {
        wire.answersInTurn(aResponse().withStatus(503), okJson("{}"));
        Client client = wire.client(sdk -> sdk.httpOptions(
                wire.options().retryOptions(GeminiWire.atOnce(3).build()).build()));
        String parent = wire.inSpan(() -> catchThrowable(() -> client.interactions.create(body("hi"))));
        List<SpanData> attempts = wire.attempts(2);
        assertThat(attempts).extracting(wire::callerOf).containsOnly(parent);
        wire.assertCarried(attempts);
    }

    /** The SDK hops to the dispatcher's executor before it calls OkHttp. */
    @Test
    void parallelAsyncCalls_haveEachItsParentAndSession() throws Exception {
        wire.answers(aResponse()
                .withHeader("Content-Type", "text/event-stream")
                .withBody("data: [DONE]\n\n")
                .withFixedDelay(20));
        Client client = wire.client();
        Map<String, String> parents = new HashMap<>();
        List<CompletableFuture<? extends AutoCloseable>> calls = new ArrayList<>();
        int count = 40;
        for (int i = 0; i < count; i++) {
            String session = "s-" + i;
            Span span =
                    wire.openTelemetry.getTracer("program").spanBuilder(session).startSpan();
            parents.put(session, span.getSpanContext().getSpanId());
            Context caller = Context.root().with(span).with(LlmSession.of(session));
            try (Scope ignored = caller.makeCurrent()) {
                calls.add(client.async.interactions.create(body(session)));
            }
            span.end();
        }
        for (CompletableFuture<? extends AutoCloseable> call : calls) {
            call.get(30, TimeUnit.SECONDS).close();
        }
        Map<String, SpanData> attempts = new HashMap<>();
        wire.attempts(count).forEach(attempt -> attempts.put(GeminiWire.traceparent(attempt), attempt));
        for (LoggedRequest request : wire.requests()) {
            String session = request.getHeader(SESSION);
            assertThat(request.getBodyAsString()).contains('"' + session + '"');
            assertThat(wire.callerOf(attempts.get(request.getHeader("traceparent"))))
                    .isEqualTo(parents.get(session));
        }
        assertThat(wire.requests()).hasSize(count);
    }

    /** With the tokens of a modality, which the corpus does not compare. */
    @Test
    void requestAndUsage_areReadAsTheSdkAndTheServiceWriteThem() throws Exception {
        RecordedBody body = RecordedBody.of("interactions-text.sse");
        wire.answers(aResponse().withHeader("Content-Type", body.contentType()).withBody(body.bytes()));
        LlmPropagation latest = LlmPropagation.builder(wire.openTelemetry)
                .agent(agent -> agent.latestConventions(true))
                .build();
        Client client = wire.client(GeminiClientFactory.create(latest), sdk -> {});
        client.interactions
                .create(CreateInteractionRequestBody.of(CreateModelInteraction.builder()
                        .model("m")
                        .input(InteractionsInput.of("{\"model\":\"fake\"}"))
                        .generationConfig(
                                GenerationConfig.builder().maxOutputTokens(9).build())
                        .previousInteractionId("v1_0")
                        .stream(true)
                        .build()))
                .events()
                .toList();
        await().until(() -> wire.telemetry.openSpans().isEmpty());

        assertThat(wire.telemetry.span("qwen-code.llm_request").getAttributes().asMap())
                .containsAllEntriesOf(Attributes.builder()
                        .put("gen_ai.request.model", "m")
                        .put("gen_ai.request.max_tokens", 9)
                        .put("gen_ai.request.previous_response.id", "v1_0")
                        .put("gen_ai.request.stream", true)
                        .put("gen_ai.usage.input_tokens", 10)
                        .put("gen_ai.usage.text.input_tokens", 9)
                        .build()
                        .asMap());
    }

    /** A new word of the SDK's for an end comes up here. */
    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"IN_PROGRESS", "QUEUED", "FAILED"})
    void everyFinalStatus_isAnAnswer(InteractionStatus.InteractionStatusEnum status) throws Exception {
        String said = "\"status\":\"" + status.value() + '"';
        wire.answersInTurn(okJson("{\"id\":\"i\"," + said + '}'), ended(said));
        Client client = wire.client();
        client.interactions.create(body("hi"));
        client.interactions.create(streamed()).events().toList();

        List<SpanData> calls = wire.modelCalls(2);
        assertThat(calls)
                .extracting(call -> texts(call, "gen_ai.response.finish_reasons"))
                .containsOnly(List.of(status.value()));
        assertThat(calls).extracting(call -> outcome(call)).containsOnly("completed");
        assertThat(calls).extracting(call -> text(call, "error.type")).containsOnlyNulls();
    }

    /** The SDK asks on by itself where the service says so, and the program reads one stream. */
    @Test
    void streamThatIsContinued_isTwoAnswers() throws Exception {
        wire.answersInTurn(TO_BE_CONTINUED, CONTINUED);
        wire.client().interactions.create(streamed()).events().toList();

        assertThat(wire.requests()).hasSize(2);
        List<SpanData> calls = wire.modelCalls(2);
        assertThat(calls)
                .extracting(call -> texts(call, "gen_ai.response.finish_reasons"))
                .containsExactlyInAnyOrder(List.of("requires_continuation"), List.of("completed"));
        assertThat(calls).extracting(call -> outcome(call)).containsOnly("completed");
    }

    /** The program asks for the next part by reading, so it is as any request that is made there. */
    @Test
    void restOfAStreamThatIsContinued_isOfItsReader() {
        wire.answersInTurn(TO_BE_CONTINUED, CONTINUED);
        Client client = wire.client();
        EventStream<InteractionSSEStreamEvent> events;
        try (Scope ignored = Context.root().with(LlmSession.of("s-opened")).makeCurrent()) {
            events = client.interactions.create(streamed()).events();
        }
        try (Scope ignored = Context.root().with(LlmSession.of("s-read")).makeCurrent()) {
            events.toList();
        }
        assertThat(wire.requests())
                .extracting(request -> request.getHeader(SESSION))
                .containsExactly("s-opened", "s-read");
    }

    /** @param said what the last event says of the interaction, as members of JSON */
    private static ResponseDefinitionBuilder ended(String said) {
        return aResponse()
                .withHeader("Content-Type", "text/event-stream")
                .withBody("data: {\"event_type\":\"interaction.completed\",\"interaction\":{\"id\":\"i\"," + said
                        + "}}\n\n");
    }

    private static CreateInteractionRequestBody streamed() {
        return CreateInteractionRequestBody.of(
                CreateModelInteraction.builder().model("m").input(InteractionsInput.of("hi")).stream(true)
                        .build());
    }

    private static CreateInteractionRequestBody body(String text) {
        return CreateInteractionRequestBody.of(CreateModelInteraction.builder()
                .model("m")
                .input(InteractionsInput.of(text))
                .build());
    }
}
