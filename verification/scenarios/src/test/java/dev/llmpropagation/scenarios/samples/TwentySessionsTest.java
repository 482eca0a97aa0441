package dev.llmpropagation.scenarios.samples;

import static dev.llmpropagation.testkit.LlmServer.contains;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import com.openai.client.OpenAIClient;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.testkit.LlmAssertions;
import dev.llmpropagation.testkit.LlmServer;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.context.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Twenty sessions at once, each with its own answers by what it asks; both SDKs, as streams. */
class TwentySessionsTest {

    private static final int SESSIONS = 20;

    @RegisterExtension
    static final LlmServer openai = LlmServer.openAi();

    @RegisterExtension
    static final LlmServer gemini = LlmServer.gemini();

    @RegisterExtension
    final RecordedTelemetry telemetry = RecordedTelemetry.create();

    private final LlmPropagation propagation =
            LlmPropagation.builder(telemetry.openTelemetry()).build();
    private final ExecutorService executor = Executors.newFixedThreadPool(SESSIONS);

    @AfterEach
    void stop() {
        executor.shutdownNow();
        propagation.close();
    }

    @Test
    void openAiStreams_answerEachSessionByItsQuestion() throws Exception {
        // sample: whenAsked
        for (int i = 0; i < 20; i++) {
            openai.whenAsked(contains("plan " + i + "."))
                    .thenCallTool("plan", "{}")
                    .thenStream("done ", i + ".");
        }
        // end
        OpenAIClient client = OpenAiClientFactory.create(propagation)
                .client(sdk -> sdk.apiKey("key").baseUrl(openai.baseUrl()));
        try {
            List<String> answers = ofAllSessions(i -> {
                ChatCompletionCreateParams first = ChatCompletionCreateParams.builder()
                        .model("m")
                        .addUserMessage("Make plan " + i + ".")
                        .build();
                String tool = openAi(client, first);
                String done = openAi(
                        client, first.toBuilder().addUserMessage("Go on.").build());
                return tool + done;
            });
            assertThat(answers).isEqualTo(expected("plan"));
        } finally {
            client.close();
        }
        eachRequestHasTheSessionThatAsked(openai, 2);
    }

    @Test
    void geminiStreams_answerEachSessionByItsQuestion() throws Exception {
        for (int i = 0; i < SESSIONS; i++) {
            gemini.whenAsked(contains("plan " + i + ".")).thenStream("done ", i + ".");
        }
        HttpOptions options = HttpOptions.builder().baseUrl(gemini.baseUrl()).build();
        try (Client client = GeminiClientFactory.create(propagation)
                .client(sdk -> sdk.apiKey("key").httpOptions(options))) {
            List<String> answers = ofAllSessions(i -> {
                try (ResponseStream<GenerateContentResponse> stream =
                        client.models.generateContentStream("gemini-2.5-flash", "Make plan " + i + ".", null)) {
                    StringBuilder said = new StringBuilder();
                    stream.forEach(part -> said.append(part.text()));
                    return said.toString();
                }
            });
            assertThat(answers).isEqualTo(expected(""));
        }
        eachRequestHasTheSessionThatAsked(gemini, 1);
    }

    private static List<String> expected(String tool) {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < SESSIONS; i++) {
            expected.add(tool + "done " + i + ".");
        }
        return expected;
    }

    private List<String> ofAllSessions(Ask ask) throws Exception {
        List<Callable<String>> work = new ArrayList<>();
        for (int i = 0; i < SESSIONS; i++) {
            int session = i;
            work.add(() -> {
                try (Scope ignored = LlmSession.of("s-" + session).makeCurrent()) {
                    return ask.answer(session);
                }
            });
        }
        List<String> answers = new ArrayList<>();
        for (Future<String> answer : executor.invokeAll(work)) {
            answers.add(answer.get(60, TimeUnit.SECONDS));
        }
        return answers;
    }

    /** What was said, or the name of the tool that is wanted. */
    private static String openAi(OpenAIClient client, ChatCompletionCreateParams params) {
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(params)) {
            return stream.stream()
                    .flatMap(chunk -> chunk.choices().stream())
                    .map(choice -> choice.delta().content().orElse("")
                            + choice.delta().toolCalls().orElse(List.of()).stream()
                                    .flatMap(call -> call.function().stream())
                                    .flatMap(function -> function.name().stream())
                                    .collect(Collectors.joining()))
                    .collect(Collectors.joining());
        }
    }

    private static void eachRequestHasTheSessionThatAsked(LlmServer server, int each) {
        assertThat(server.requests()).hasSize(SESSIONS * each).allSatisfy(request -> {
            String session = request.getHeader("X-Qwen-Code-Session-Id");
            assertThat(request.getBodyAsString()).contains("plan " + session.substring(2) + ".");
            LlmAssertions.assertThat(request).carriesSessionId(session);
        });
    }

    private interface Ask {
        String answer(int session) throws Exception;
    }
}
