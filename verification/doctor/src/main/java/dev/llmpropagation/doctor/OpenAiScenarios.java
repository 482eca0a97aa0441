package dev.llmpropagation.doctor;

import static dev.llmpropagation.doctor.Answers.TEXT;
import static dev.llmpropagation.doctor.ServiceName.OPENAI;
import static dev.llmpropagation.doctor.ServiceName.OTHER;

import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import io.opentelemetry.api.trace.Span;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** What openai-java does through the library. */
final class OpenAiScenarios {

    private static final ChatCompletionCreateParams PARAMS = ChatCompletionCreateParams.builder()
            .model("demo")
            .addUserMessage("Hi")
            .build();

    private OpenAiScenarios() {}

    static List<Scenario> all() {
        return List.of(
                Scenario.of("openai-java: a plain call", TEXT, OpenAiScenarios::plain, sent(200, "completed")),
                Scenario.of(
                        "openai-java: an async call, whose continuation is the program's again",
                        TEXT + Continuation.IN_PROGRAM,
                        OpenAiScenarios::async,
                        sent(200, "completed")),
                Scenario.of(
                        "openai-java: a stream; its span lasts as long as the tokens",
                        TEXT,
                        OpenAiScenarios::stream,
                        sent(200, "completed")),
                Scenario.of("openai-java: an async stream", TEXT, OpenAiScenarios::asyncStream, sent(200, "completed")),
                Scenario.of(
                        "openai-java: two failures and the SDK's retries",
                        TEXT,
                        OpenAiScenarios::retry,
                        sent(503, "failed"),
                        sent(429, "failed"),
                        sent(200, "completed")),
                Scenario.of(
                        "openai-java: a redirect to another host, which learns nothing",
                        TEXT,
                        OpenAiScenarios::redirect,
                        sent(307, "completed"),
                        new ExpectedAttempt(OTHER, "session-a", 200, "completed")),
                Scenario.of(
                        "openai-java: a stream that the program closes early",
                        "Hello",
                        OpenAiScenarios::closedEarly,
                        sent(200, "interrupted")),
                Scenario.of(
                        "openai-java: two sessions side by side through one client",
                        TEXT + ", " + TEXT,
                        OpenAiScenarios::sessions,
                        sent(200, "completed"),
                        new ExpectedAttempt(OPENAI, "session-b", 200, "completed")));
    }

    private static ExpectedAttempt sent(int status, String outcome) {
        return new ExpectedAttempt(OPENAI, "session-a", status, outcome);
    }

    private static String plain(Stage stage) throws Exception {
        stage.openAiService.answers(Answers.chat());
        return stage.program(
                "session-a", () -> text(stage.openAi.chat().completions().create(PARAMS)));
    }

    private static String async(Stage stage) throws Exception {
        stage.openAiService.answers(Answers.chat().withFixedDelay(50));
        return stage.program("session-a", () -> {
            Span program = Span.current();
            return stage.openAiAsync
                    .chat()
                    .completions()
                    .create(PARAMS)
                    .thenApply(chat -> text(chat) + Continuation.seenFrom(program))
                    .get(20, TimeUnit.SECONDS);
        });
    }

    private static String stream(Stage stage) throws Exception {
        stage.openAiService.answers(Answers.chatStream());
        return stage.program("session-a", () -> {
            StringBuilder text = new StringBuilder();
            try (StreamResponse<ChatCompletionChunk> chunks =
                    stage.openAi.chat().completions().createStreaming(PARAMS)) {
                chunks.stream().forEach(chunk -> text.append(text(chunk)));
            }
            return text.toString();
        });
    }

    private static String asyncStream(Stage stage) throws Exception {
        stage.openAiService.answers(Answers.chatStream());
        return stage.program("session-a", () -> {
            StringBuilder text = new StringBuilder();
            stage.openAiAsync
                    .chat()
                    .completions()
                    .createStreaming(PARAMS)
                    .subscribe(chunk -> text.append(text(chunk)))
                    .onCompleteFuture()
                    .get(20, TimeUnit.SECONDS);
            return text.toString();
        });
    }

    private static String retry(Stage stage) throws Exception {
        stage.openAiService.answers(Answers.error(503), Answers.error(429), Answers.chat());
        return stage.program(
                "session-a", () -> text(stage.openAi.chat().completions().create(PARAMS)));
    }

    private static String redirect(Stage stage) throws Exception {
        stage.openAiService.answers(Answers.redirect(stage.otherService.url() + "/v1/chat/completions"));
        stage.otherService.answers(Answers.chat());
        return stage.program(
                "session-a", () -> text(stage.openAi.chat().completions().create(PARAMS)));
    }

    private static String closedEarly(Stage stage) throws Exception {
        stage.openAiService.answers(Answers.slowChatStream());
        return stage.program("session-a", () -> {
            try (StreamResponse<ChatCompletionChunk> chunks =
                    stage.openAi.chat().completions().createStreaming(PARAMS)) {
                return text(chunks.stream().iterator().next());
            }
        });
    }

    private static String sessions(Stage stage) throws Exception {
        stage.openAiService.answers(Answers.chat().withFixedDelay(100));
        CompletableFuture<ChatCompletion> a = stage.program(
                "session-a", () -> stage.openAiAsync.chat().completions().create(PARAMS));
        CompletableFuture<ChatCompletion> b = stage.program(
                "session-b", () -> stage.openAiAsync.chat().completions().create(PARAMS));
        return text(a.get(20, TimeUnit.SECONDS)) + ", " + text(b.get(20, TimeUnit.SECONDS));
    }

    private static String text(ChatCompletion chat) {
        return chat.choices().get(0).message().content().orElse("");
    }

    private static String text(ChatCompletionChunk chunk) {
        return chunk.choices().get(0).delta().content().orElse("");
    }
}
