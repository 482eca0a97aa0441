package dev.llmpropagation.scenarios.agent;

import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Attributed.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import dev.llmpropagation.agent.Decision;
import dev.llmpropagation.agent.DecisionSource;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.agent.Tool;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A turn of an agent with the real clients of both SDKs is one tree, and each request on the wire is in it. */
class TurnTest {

    private static final String SESSION = "33878ff9-1467-43ef-a692-634a21bbb1bf";
    private static final String DERIVED = "4acca441dba8071e51177f7c82fe0d07";

    private static final String TREE = """
            qwen-code.interaction completed
              qwen-code.llm_request completed [tool_calls]
                POST completed 200
              qwen-code.tool completed
                qwen-code.tool.blocked_on_user completed
                qwen-code.tool.execution completed
                qwen-code.llm_request completed [STOP]
                  POST completed 200
              qwen-code.llm_request completed [stop]
                POST failed 503
                POST completed 200
            """;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void turn_isOneTree(boolean derivedIds) throws Exception {
        try (Services services = new Services(derivedIds)) {
            String answer = turn(services).call(turn -> {
                String tool = toolAskedFor(services);
                String found = turn.tool(tool).callId("call-1").call(call -> {
                    call.blockedOnUser().run(wait -> wait.decided(Decision.PROCEED_ONCE, DecisionSource.CLI));
                    String files = call.execution().call(run -> shell());
                    return files + shortened(services, files);
                });
                return answer(services, found);
            });
            assertThat(answer).isEqualTo("README.md");
            verify(services, derivedIds);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void asyncTurn_isOneTree(boolean derivedIds) throws Exception {
        try (Services services = new Services(derivedIds)) {
            String answer = turn(services)
                    .callAsync(turn -> toolAskedForLater(services)
                            .thenCompose(tool ->
                                    turn.tool(tool).callId("call-1").callAsync(call -> toolLater(services, call)))
                            .thenCompose(found -> answerLater(services, turn, found)))
                    .get(30, TimeUnit.SECONDS);
            assertThat(answer).isEqualTo("README.md");
            verify(services, derivedIds);
        }
    }

    private static Interaction.Builder turn(Services services) {
        services.openAiAnswers(Services.toolCall(), Services.unavailable(), Services.answer());
        return services.propagation.agent().interaction("prompt-1").session(SESSION);
    }

    private static String toolAskedFor(Services services) {
        try (StreamResponse<ChatCompletionChunk> stream =
                services.openAi.chat().completions().createStreaming(Services.chat("What is in this folder?"))) {
            return stream.stream().map(TurnTest::toolIn).reduce("", String::concat);
        }
    }

    private static CompletableFuture<String> toolAskedForLater(Services services) {
        StringBuilder tool = new StringBuilder();
        return services.openAiAsync
                .chat()
                .completions()
                .createStreaming(Services.chat("What is in this folder?"))
                .subscribe(chunk -> tool.append(toolIn(chunk)))
                .onCompleteFuture()
                .thenApply(done -> tool.toString());
    }

    private static String toolIn(ChatCompletionChunk chunk) {
        return chunk.choices().get(0).delta().toolCalls().orElse(List.of()).stream()
                .flatMap(call -> call.function().stream())
                .flatMap(function -> function.name().stream())
                .collect(Collectors.joining());
    }

    private static CompletableFuture<String> toolLater(Services services, Tool tool) {
        return tool.blockedOnUser()
                .callAsync(wait -> CompletableFuture.supplyAsync(() -> {
                    wait.decided(Decision.PROCEED_ONCE, DecisionSource.IDE);
                    return true;
                }))
                .thenCompose(allowed -> tool.execution().callAsync(run -> CompletableFuture.supplyAsync(() -> shell())))
                .thenCompose(tool.context().wrapFunction(files -> services.gemini
                        .async
                        .models
                        .generateContent(Services.GEMINI_MODEL, files, null)
                        .thenApply(shortened -> files + shortened.text())));
    }

    private static CompletableFuture<String> answerLater(Services services, Interaction turn, String found) {
        return turn.context()
                .wrapSupplier(() -> services.openAiAsync.chat().completions().create(Services.chat(found)))
                .get()
                .thenApply(chat -> chat.choices().get(0).message().content().orElseThrow());
    }

    private static String answer(Services services, String found) {
        return services.openAi
                .chat()
                .completions()
                .create(Services.chat(found))
                .choices()
                .get(0)
                .message()
                .content()
                .orElseThrow();
    }

    private static String shortened(Services services, String files) {
        return services.gemini
                .models
                .generateContent(Services.GEMINI_MODEL, files, null)
                .text();
    }

    private static String shell() {
        try {
            Process process = new ProcessBuilder("echo", "README.md").start();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void verify(Services services, boolean derivedIds) {
        await().untilAsserted(() -> assertThat(services.telemetry.openSpans()).isEmpty());
        List<SpanData> spans = services.spans();
        assertThat(tree(spans)).isEqualTo(TREE);
        assertThat(spans)
                .extracting(SpanData::getTraceId)
                .containsOnly(spans.get(0).getTraceId());
        assertThat(spans.get(0).getTraceId().equals(DERIVED)).isEqualTo(derivedIds);
        assertThat(spans).extracting(span -> text(span, "session.id")).containsOnly(SESSION);
        assertThat(spans)
                .extracting(span -> text(span, "gen_ai.conversation.id"))
                .containsOnly(SESSION);
        assertThat(spans)
                .filteredOn(span -> span.getName().equals("qwen-code.llm_request"))
                .extracting(span -> text(span, "qwen-code.prompt_id"))
                .containsOnly("prompt-1");
        assertThat(services.server.getAllServeEvents())
                .hasSize(4)
                .extracting(event -> event.getRequest().getHeader("traceparent").split("-")[2])
                .containsExactlyInAnyOrderElementsOf(spans.stream()
                        .filter(span -> span.getName().equals("POST"))
                        .map(SpanData::getSpanId)
                        .toList());
        assertThat(services.server.getAllServeEvents())
                .extracting(event -> event.getRequest().getHeader("X-Qwen-Code-Session-Id"))
                .containsOnly(SESSION);
    }

    private static String tree(List<SpanData> spans) {
        Map<String, SpanData> byId = spans.stream().collect(Collectors.toMap(SpanData::getSpanId, Function.identity()));
        StringBuilder lines = new StringBuilder();
        List<SpanData> roots = spans.stream()
                .filter(span -> !byId.containsKey(span.getParentSpanId()))
                .toList();
        assertThat(roots).hasSize(1);
        draw(roots.get(0), spans, "", lines);
        return lines.toString();
    }

    private static void draw(SpanData span, List<SpanData> spans, String indent, StringBuilder lines) {
        lines.append(indent).append(span.getName()).append(' ').append(outcome(span));
        Long status = number(span, "http.response.status_code");
        List<String> reasons = texts(span, "gen_ai.response.finish_reasons");
        lines.append(status == null ? "" : " " + status)
                .append(reasons == null ? "" : " " + reasons)
                .append('\n');
        spans.stream()
                .filter(child -> child.getParentSpanId().equals(span.getSpanId()))
                .sorted(Comparator.comparingLong(SpanData::getStartEpochNanos))
                .forEach(child -> draw(child, spans, indent + "  ", lines));
    }
}
