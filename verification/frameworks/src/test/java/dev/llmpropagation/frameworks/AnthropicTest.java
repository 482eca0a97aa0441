package dev.llmpropagation.frameworks;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.AnthropicClientImpl;
import com.anthropic.core.ClientOptions;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.models.messages.Message;
import com.anthropic.models.messages.MessageCreateParams;
import com.anthropic.models.messages.RawMessageStreamEvent;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.Attributed;
import dev.llmpropagation.fixtures.InTurn;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An SDK that has no factory here, on an instrumented OkHttpClient. */
class AnthropicTest {

    private static final String MESSAGE = """
            {"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"Hello"}],\
            "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}""";

    private final Program program = new Program();
    private final AnthropicClient client = client(program.propagation, program.server.baseUrl(), "key");
    private final Span caller =
            program.openTelemetry.getTracer("program").spanBuilder("caller").startSpan();

    static AnthropicClient client(LlmPropagation propagation, String baseUrl, String key) {
        // sample: anthropic
        OkHttpClient http = propagation
                .instrument(new OkHttpClient.Builder().readTimeout(10, TimeUnit.MINUTES), baseUrl)
                .build();
        AnthropicClient client = new AnthropicClientImpl(ClientOptions.builder()
                .httpClient(new AnthropicTransport(http))
                .baseUrl(baseUrl)
                .putHeader("x-api-key", key)
                .build());
        // end
        return client;
    }

    @BeforeEach
    void start() {
        program.server.resetAll();
    }

    @AfterEach
    void stop() {
        client.close();
        program.close();
    }

    @Test
    void retriedMessage_carriesTraceAndSessionOnEachAttempt() {
        InTurn.answer(program.server, aResponse().withStatus(503).withHeader("retry-after-ms", "1"), okJson(MESSAGE));
        try (Scope session = LlmSession.of(Program.SESSION).makeCurrent();
                Scope span = caller.makeCurrent()) {
            Message message = client.messages().create(question());
            assertThat(message.content().get(0).asText().text()).isEqualTo("Hello");
        }

        assertAttempts("failed", "completed");
    }

    @Test
    void stream_isFollowedToItsEnd() {
        program.server.stubFor(post(urlPathEqualTo("/v1/messages"))
                .willReturn(aResponse()
                        .withHeader("Content-Type", "text/event-stream")
                        .withBody("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n")));
        try (Scope session = LlmSession.of(Program.SESSION).makeCurrent();
                Scope span = caller.makeCurrent();
                StreamResponse<RawMessageStreamEvent> events = client.messages().createStreaming(question())) {
            assertThat(events.stream()).hasSize(1);
        }

        assertAttempts("completed");
    }

    /** The SDK's own async client changes threads before it asks for a call, and then nobody knows the caller. */
    @Test
    void messageOnAnotherThread_carriesTheSessionOfItsCaller() throws Exception {
        program.server.stubFor(post(urlPathEqualTo("/v1/messages")).willReturn(okJson(MESSAGE)));
        ExecutorService threads = Executors.newSingleThreadExecutor();
        try (Scope session = LlmSession.of(Program.SESSION).makeCurrent();
                Scope span = caller.makeCurrent()) {
            // sample: anthropicAsync
            Executor executor = Context.taskWrapping(threads);
            CompletableFuture<Message> answer =
                    CompletableFuture.supplyAsync(() -> client.messages().create(question()), executor);
            // end
            assertThat(answer.get(20, TimeUnit.SECONDS).id()).isEqualTo("msg_1");
            assertThat(client.async()
                            .messages()
                            .create(question())
                            .get(20, TimeUnit.SECONDS)
                            .id())
                    .isEqualTo("msg_1");
        } finally {
            threads.shutdown();
        }

        assertThat(program.server.getAllServeEvents())
                .extracting(event -> event.getRequest().getHeader("X-Qwen-Code-Session-Id"))
                .containsExactly(null, Program.SESSION);
    }

    private static MessageCreateParams question() {
        return MessageCreateParams.builder()
                .model("claude")
                .maxTokens(10)
                .addUserMessage("Hi")
                .build();
    }

    private void assertAttempts(String... outcomes) {
        caller.end();
        List<SpanData> attempts = program.telemetry.spans().stream()
                .filter(span -> span.getInstrumentationScopeInfo().getName().equals("dev.llmpropagation"))
                .toList();
        assertThat(attempts).extracting(Attributed::outcome).containsExactly(outcomes);
        assertThat(attempts)
                .extracting(SpanData::getParentSpanId)
                .containsOnly(caller.getSpanContext().getSpanId());
        List<LoggedRequest> requests = program.server.getAllServeEvents().stream()
                .map(event -> event.getRequest())
                .toList();
        assertThat(requests)
                .extracting(request -> request.getHeader("traceparent").split("-")[2])
                .containsExactlyInAnyOrderElementsOf(
                        attempts.stream().map(SpanData::getSpanId).toList());
        assertThat(requests)
                .extracting(request -> request.getHeader("X-Qwen-Code-Session-Id"))
                .containsOnly(Program.SESSION);
        assertThat(requests)
                .extracting(request -> request.getHeader("x-api-key"))
                .containsOnly("key");
    }
}
