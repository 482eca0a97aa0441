package dev.llmpropagation.doctor;

import static dev.llmpropagation.doctor.Answers.TEXT;
import static dev.llmpropagation.doctor.ServiceName.GEMINI;
import static dev.llmpropagation.doctor.ServiceName.OTHER;

import com.google.genai.ResponseStream;
import com.google.genai.types.GenerateContentResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** What google-genai does through the library. */
final class GeminiScenarios {

    private static final String MODEL = "demo";
    private static final String PROMPT = "Hi";

    private GeminiScenarios() {}

    static List<Scenario> all() {
        return List.of(
                Scenario.of("google-genai: a plain call", TEXT, GeminiScenarios::plain, sent(200, "completed")),
                Scenario.of("google-genai: an async call", TEXT, GeminiScenarios::async, sent(200, "completed")),
                Scenario.of(
                        "google-genai: a stream; its span lasts as long as the tokens",
                        TEXT,
                        GeminiScenarios::stream,
                        sent(200, "completed")),
                Scenario.of(
                        "google-genai: an async stream", TEXT, GeminiScenarios::asyncStream, sent(200, "completed")),
                Scenario.of(
                        "google-genai: two failures and our retries in place of the SDK's",
                        TEXT,
                        GeminiScenarios::retry,
                        sent(503, "failed"),
                        sent(429, "failed"),
                        sent(200, "completed")),
                Scenario.of(
                        "google-genai: a redirect to another host, which learns nothing",
                        TEXT,
                        GeminiScenarios::redirect,
                        sent(307, "completed"),
                        new ExpectedAttempt(OTHER, "session-a", 200, "completed")),
                Scenario.of(
                        "google-genai: a stream that the program closes early",
                        "Hello",
                        GeminiScenarios::closedEarly,
                        sent(200, "interrupted")),
                Scenario.of(
                        "google-genai: two sessions side by side through one client",
                        TEXT + ", " + TEXT,
                        GeminiScenarios::sessions,
                        sent(200, "completed"),
                        new ExpectedAttempt(GEMINI, "session-b", 200, "completed")));
    }

    private static ExpectedAttempt sent(int status, String outcome) {
        return new ExpectedAttempt(GEMINI, "session-a", status, outcome);
    }

    private static String plain(Stage stage) throws Exception {
        stage.geminiService.answers(Answers.gemini());
        return stage.program("session-a", () -> call(stage));
    }

    private static String async(Stage stage) throws Exception {
        stage.geminiService.answers(Answers.gemini().withFixedDelay(50));
        return stage.program("session-a", () -> text(callAsync(stage).get(20, TimeUnit.SECONDS)));
    }

    private static String stream(Stage stage) throws Exception {
        stage.geminiService.answers(Answers.geminiStream());
        return stage.program("session-a", () -> read(stage.gemini.models.generateContentStream(MODEL, PROMPT, null)));
    }

    private static String asyncStream(Stage stage) throws Exception {
        stage.geminiService.answers(Answers.geminiStream());
        return stage.program(
                "session-a",
                () -> read(stage.gemini
                        .async
                        .models
                        .generateContentStream(MODEL, PROMPT, null)
                        .get(20, TimeUnit.SECONDS)));
    }

    private static String retry(Stage stage) throws Exception {
        stage.geminiService.answers(Answers.error(503), Answers.error(429), Answers.gemini());
        return stage.program("session-a", () -> call(stage));
    }

    private static String redirect(Stage stage) throws Exception {
        stage.geminiService.answers(Answers.redirect(stage.otherService.url() + "/v1/models/demo:generateContent"));
        stage.otherService.answers(Answers.gemini());
        return stage.program("session-a", () -> call(stage));
    }

    private static String closedEarly(Stage stage) throws Exception {
        stage.geminiService.answers(Answers.slowGeminiStream());
        return stage.program("session-a", () -> {
            try (ResponseStream<GenerateContentResponse> chunks =
                    stage.gemini.models.generateContentStream(MODEL, PROMPT, null)) {
                return text(chunks.iterator().next());
            }
        });
    }

    private static String sessions(Stage stage) throws Exception {
        stage.geminiService.answers(Answers.gemini().withFixedDelay(100));
        CompletableFuture<GenerateContentResponse> a = stage.program("session-a", () -> callAsync(stage));
        CompletableFuture<GenerateContentResponse> b = stage.program("session-b", () -> callAsync(stage));
        return text(a.get(20, TimeUnit.SECONDS)) + ", " + text(b.get(20, TimeUnit.SECONDS));
    }

    private static String call(Stage stage) {
        return text(stage.gemini.models.generateContent(MODEL, PROMPT, null));
    }

    private static CompletableFuture<GenerateContentResponse> callAsync(Stage stage) {
        return stage.gemini.async.models.generateContent(MODEL, PROMPT, null);
    }

    private static String read(ResponseStream<GenerateContentResponse> stream) {
        StringBuilder text = new StringBuilder();
        try (ResponseStream<GenerateContentResponse> chunks = stream) {
            chunks.forEach(chunk -> text.append(text(chunk)));
        }
        return text.toString();
    }

    private static String text(GenerateContentResponse response) {
        @Nullable String text = response.text();
        return text == null ? "" : text;
    }
}
