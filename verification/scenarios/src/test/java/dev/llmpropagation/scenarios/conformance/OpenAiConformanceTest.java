package dev.llmpropagation.scenarios.conformance;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.ChatQuestion;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.testkit.ClientConformance;
import dev.llmpropagation.testkit.ClientUnderTest;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import java.util.Iterator;
import java.util.concurrent.CompletableFuture;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/** Clients of the OpenAI factory. */
class OpenAiConformanceTest extends ClientConformance {

    @Override
    protected ClientUnderTest client(OpenTelemetry openTelemetry, String baseUrl) {
        Dispatcher five = new Dispatcher();
        five.setMaxRequestsPerHost(5);
        OpenAiClientFactory factory = OpenAiClientFactory.builder(
                        LlmPropagation.builder(openTelemetry).build())
                .httpClient(new OkHttpClient.Builder().dispatcher(five).build())
                .build();
        return new OpenAiUnderTest(
                factory.client(sdk -> sdk.apiKey(SECRET).baseUrl(baseUrl)),
                factory.asyncClient(sdk -> sdk.apiKey(SECRET).baseUrl(baseUrl)));
    }

    @Override
    protected Context withSession(Context context, String id) {
        return context.with(LlmSession.of(id));
    }

    private record OpenAiUnderTest(OpenAIClient sync, OpenAIClientAsync async) implements ClientUnderTest {
        @Override
        public String ask(String question) {
            return text(sync.chat().completions().create(params(question)));
        }

        @Override
        public CompletableFuture<String> askAsync(String question) {
            return async.chat().completions().create(params(question)).thenApply(OpenAiUnderTest::text);
        }

        @Override
        @SuppressWarnings("MustBeClosedChecker") // the Pieces close it
        public Pieces stream(String question) {
            StreamResponse<ChatCompletionChunk> response =
                    sync.chat().completions().createStreaming(params(question));
            Iterator<String> texts = response.stream()
                    .flatMap(chunk -> chunk.choices().get(0).delta().content().stream())
                    .filter(text -> !text.isEmpty())
                    .iterator();
            return new Pieces() {
                @Override
                public @Nullable String next() {
                    return texts.hasNext() ? texts.next() : null;
                }

                @Override
                public void close() {
                    response.close();
                }
            };
        }

        private static ChatCompletionCreateParams params(String question) {
            return ChatQuestion.of(question);
        }

        private static String text(ChatCompletion answer) {
            return answer.choices().get(0).message().content().orElseThrow();
        }

        @Override
        public void close() {
            sync.close();
            async.close();
        }
    }
}
