package dev.llmpropagation.doctor;

import static dev.llmpropagation.doctor.Answers.TEXT;
import static dev.llmpropagation.doctor.ServiceName.GEMINI;
import static dev.llmpropagation.doctor.ServiceName.OPENAI;

import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.agent.Decision;
import dev.llmpropagation.agent.DecisionSource;
import dev.llmpropagation.agent.Tool;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** A turn of an agent: prompt, model call, tool with approval, a second model call with a retry, answer. */
final class AgentScenario {

    private static final String SESSION = "session-a";
    private static final String TREE = """
            qwen-code.interaction
              qwen-code.llm_request
                POST
              qwen-code.tool
                qwen-code.tool.blocked_on_user
                qwen-code.tool.execution
                qwen-code.llm_request
                  POST
              qwen-code.llm_request
                POST
                POST
            """;

    private AgentScenario() {}

    static Scenario scenario() {
        return new Scenario(
                "An agent: a prompt, a tool that a model asked for, and the answer, with both SDKs",
                TEXT,
                List.of(
                        new ExpectedAttempt(OPENAI, SESSION, 200, "completed"),
                        new ExpectedAttempt(GEMINI, SESSION, 200, "completed"),
                        new ExpectedAttempt(OPENAI, SESSION, 503, "failed"),
                        new ExpectedAttempt(OPENAI, SESSION, 200, "completed")),
                TREE,
                AgentScenario::turn);
    }

    private static String turn(Stage stage) throws Exception {
        stage.openAiService.answers(Answers.toolCallStream("list_files"), Answers.error(503), Answers.chat());
        stage.geminiService.answers(Answers.gemini());
        return stage.propagation
                .agent()
                .interaction("prompt-1")
                .session(SESSION)
                .call(turn -> {
                    String wanted = toolAskedFor(stage);
                    String found = turn.tool(wanted).callId("call-1").call(tool -> {
                        tool.blockedOnUser().run(wait -> wait.decided(Decision.PROCEED_ONCE, DecisionSource.CLI));
                        return found(stage, tool);
                    });
                    return answer(stage, found);
                });
    }

    private static String toolAskedFor(Stage stage) {
        try (StreamResponse<ChatCompletionChunk> chunks =
                stage.openAi.chat().completions().createStreaming(params("What is in this folder?"))) {
            return chunks.stream()
                    .flatMap(chunk -> chunk.choices().get(0).delta().toolCalls().stream())
                    .flatMap(List::stream)
                    .flatMap(call -> call.function().stream())
                    .flatMap(function -> function.name().stream())
                    .collect(Collectors.joining());
        }
    }

    /** What a shell command says, made short by a model. */
    private static String found(Stage stage, Tool tool) throws IOException {
        String files = tool.execution().call(run -> {
            Process process = new ProcessBuilder("echo", "README.md").start();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        });
        return String.valueOf(
                stage.gemini.models.generateContent("demo", files, null).text());
    }

    private static String answer(Stage stage, String found) {
        return stage.openAi
                .chat()
                .completions()
                .create(params(found))
                .choices()
                .get(0)
                .message()
                .content()
                .orElse("");
    }

    private static ChatCompletionCreateParams params(String text) {
        return ChatCompletionCreateParams.builder()
                .model("demo")
                .addUserMessage(text)
                .build();
    }
}
