package dev.llmpropagation.gemini;

import static dev.llmpropagation.fixtures.Attributed.flag;
import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Attributed.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.client.WireMock;
import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.errors.ApiException;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import dev.llmpropagation.fixtures.ServiceWire;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanId;
import io.opentelemetry.sdk.trace.data.SpanData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The clients make one span for each call to a model, around its attempts. */
class ModelCallsTest {

    private static final String ANSWER = """
            {"candidates":[{"content":{"role":"model","parts":[{"text":"secret answer"}]},"finishReason":"MAX_TOKENS",\
            "index":0}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":4,"thoughtsTokenCount":3,\
            "cachedContentTokenCount":2,"totalTokenCount":12},"modelVersion":"gemini-2.5-flash-001","responseId":"r-1"}""";

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    @Test
    void call_isOneSpanAroundItsAttempts() {
        wire.answersInTurn(WireMock.aResponse().withStatus(503), WireMock.okJson(ANSWER));
        Client client = wire.client(sdk -> sdk.httpOptions(
                wire.options().retryOptions(GeminiWire.atOnce(3).build()).build()));
        GenerateContentConfig config = GenerateContentConfig.builder()
                .temperature(0.5f)
                .maxOutputTokens(7)
                .build();
        GenerateContentResponse answer = client.models.generateContent(GeminiWire.MODEL, "hi there", config);

        SpanData call = wire.modelCalls(1).get(0);
        assertThat(text(call, "gen_ai.operation.name")).isEqualTo("generate_content");
        assertThat(text(call, "gen_ai.provider.name")).isEqualTo("gcp.gemini");
        assertThat(text(call, "gen_ai.request.model")).isEqualTo(GeminiWire.MODEL);
        assertThat(text(call, "gen_ai.response.model"))
                .isEqualTo(answer.modelVersion().orElseThrow());
        assertThat(text(call, "gen_ai.response.id"))
                .isEqualTo(answer.responseId().orElseThrow());
        assertThat(text(call, "session.id")).isEqualTo("s-1");
        assertThat(texts(call, "gen_ai.response.finish_reasons")).containsExactly("MAX_TOKENS");
        assertThat(number(call, "gen_ai.request.max_tokens")).isEqualTo(7);
        assertThat(number(call, "gen_ai.usage.input_tokens")).isEqualTo(5);
        assertThat(number(call, "gen_ai.usage.output_tokens")).isEqualTo(7);
        assertThat(number(call, "gen_ai.usage.reasoning.output_tokens")).isEqualTo(3);
        assertThat(number(call, "gen_ai.usage.cache_read.input_tokens")).isEqualTo(2);
        assertThat(number(call, "llm_propagation.attempts")).isEqualTo(2);
        assertThat(outcome(call)).isEqualTo("completed");
        assertThat(call.toString()).doesNotContain("secret answer").doesNotContain("hi there");
        assertThat(wire.attempts(2)).extracting(SpanData::getParentSpanId).containsOnly(call.getSpanId());
    }

    @Test
    void stream_endsWithItsLastByte() {
        wire.answers(ServiceWire.events("data: " + ANSWER + "\r\n\r\n"));
        try (ResponseStream<GenerateContentResponse> stream =
                wire.client().models.generateContentStream(GeminiWire.MODEL, "hi", null)) {
            assertThat(wire.modelCalls()).isEmpty();
            assertThat(stream).hasSize(1);
        }
        SpanData call = wire.modelCalls(1).get(0);
        assertThat(flag(call, "gen_ai.request.stream")).isTrue();
        assertThat(call.getAttributes().get(AttributeKey.doubleKey("gen_ai.response.time_to_first_chunk")))
                .isPositive();
        assertThat(number(call, "gen_ai.usage.input_tokens")).isEqualTo(5);
    }

    @Test
    void asyncCall_standsInThePromptOfItsCaller() {
        wire.answers(WireMock.okJson(ANSWER));
        Client client = wire.client();
        wire.propagation.agent().interaction("p-1").session("s-9").run(turn -> client.async
                .models
                .generateContent(GeminiWire.MODEL, "hi", null)
                .join());
        SpanData call = wire.modelCalls(1).get(0);
        assertThat(call.getParentSpanId()).isNotEqualTo(SpanId.getInvalid());
        assertThat(text(call, "qwen-code.prompt_id")).isEqualTo("p-1");
        assertThat(text(call, "session.id")).isEqualTo("s-9");
    }

    @Test
    void refusedCall_failsWithTheStatus() {
        wire.answers(WireMock.aResponse().withStatus(400).withBody("{\"error\":{\"code\":400,\"message\":\"no\"}}"));
        Client client = wire.client();
        assertThatThrownBy(() -> GeminiWire.ask(client)).isInstanceOf(ApiException.class);
        SpanData call = wire.modelCalls(1).get(0);
        assertThat(outcome(call)).isEqualTo("failed");
        assertThat(text(call, "error.type")).isEqualTo("400");
    }

    @Test
    void refusedConnections_failOnceAfterAllAttempts() throws Exception {
        String url = GeminiWire.refusingUrl();
        Client client = wire.client(sdk -> sdk.httpOptions(HttpOptions.builder()
                .baseUrl(url)
                .retryOptions(GeminiWire.atOnce(3).build())
                .build()));
        assertThatThrownBy(() -> GeminiWire.ask(client)).isInstanceOf(Exception.class);
        SpanData call = wire.modelCalls(1).get(0);
        assertThat(text(call, "error.type")).isEqualTo("java.net.ConnectException");
        assertThat(number(call, "llm_propagation.attempts")).isEqualTo(3);
    }

    @Test
    void embeddings_areModelCalls_countingTokensIsNot() {
        wire.answers(WireMock.okJson("{\"embeddings\":[{\"values\":[0.5]}],\"totalTokens\":3}"));
        Client client = wire.client();
        client.models.countTokens(GeminiWire.MODEL, "hi", null);
        client.models.embedContent("embedding-1", "hi", null);
        assertThat(text(wire.modelCalls(1).get(0), "gen_ai.operation.name")).isEqualTo("embeddings");
        assertThat(wire.attempts(2)).hasSize(2);
    }
}
