package dev.llmpropagation.scenarios.settings;

import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Parents.assertParent;
import static dev.llmpropagation.testkit.LlmAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.openai.client.OpenAIClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.ChatQuestion;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.testkit.LlmServer;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** An interceptor on {@code httpClient(base)} that waits for the rest of a call on another thread. */
class TimeLimiterTest extends BothServices {

    private final List<String> diagnostics = new CopyOnWriteArrayList<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final LlmPropagation propagation = LlmPropagation.builder(telemetry.openTelemetry())
            .diagnostics(diagnostics::add)
            .build();

    private final OkHttpClient base = new OkHttpClient.Builder()
            .addInterceptor(chain -> {
                try {
                    return threads.<Response>submit(() -> chain.proceed(chain.request()))
                            .get(30, TimeUnit.SECONDS);
                } catch (ExecutionException | InterruptedException | TimeoutException e) {
                    throw new IOException(e);
                }
            })
            .build();

    @AfterEach
    void release() {
        threads.shutdownNow();
        base.connectionPool().evictAll();
    }

    @Test
    void openAisCalls_loseNothing() throws Exception {
        openAi.willAnswer("hello").thenAnswer("hello");
        OpenAIClient client = OpenAiClientFactory.builder(propagation)
                .httpClient(base)
                .build()
                .client(sdk -> sdk.apiKey("k").baseUrl(openAi.baseUrl()));
        ChatCompletionCreateParams question = ChatQuestion.of("hi");
        assertNothingIsLost(openAi, () -> client.chat().completions().create(question));
        telemetry.reset();
        assertNothingIsLost(
                openAi,
                () -> client.async().chat().completions().create(question).get(30, TimeUnit.SECONDS));
        client.close();
    }

    @Test
    void geminisCalls_loseNothing() throws Exception {
        gemini.willAnswer("hello").thenAnswer("hello");
        try (Client client = GeminiClientFactory.builder(propagation)
                .httpClient(base)
                .build()
                .client(sdk -> sdk.apiKey("k")
                        .httpOptions(
                                HttpOptions.builder().baseUrl(gemini.baseUrl()).build()))) {
            assertNothingIsLost(gemini, () -> client.models.generateContent("m", "hi", null));
            telemetry.reset();
            assertNothingIsLost(
                    gemini,
                    () -> client.async.models.generateContent("m", "hi", null).get(30, TimeUnit.SECONDS));
        }
    }

    private void assertNothingIsLost(LlmServer service, Ask ask) throws Exception {
        Span caller = asked(() -> {
            try (Scope session = LlmSession.of("s-1").makeCurrent()) {
                return ask.ask();
            }
        });
        SpanData attempt = telemetry.attempt();
        SpanData model = telemetry.spans().stream()
                .filter(span -> span.getSpanId().equals(attempt.getParentSpanId()))
                .findFirst()
                .orElseThrow();
        assertParent(model, caller);
        assertThat(outcome(model)).isEqualTo("completed");
        assertThat(number(model, "gen_ai.usage.output_tokens")).isPositive();
        var requests = service.requests();
        assertThat(requests.get(requests.size() - 1))
                .carriesTraceparentOf(attempt)
                .carriesSessionId("s-1");
        assertThat(diagnostics).isEmpty();
    }
}
