package dev.llmpropagation.scenarios.network;

import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.fixtures.ChatQuestion;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.scenarios.matrix.Mode;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** One call in each mode of an SDK, without retries. A call throws what the SDK throws. */
interface Calls extends AutoCloseable {

    int PATIENCE_SECONDS = 60;

    /** Stands for the service's credential. */
    String KEY = "KEY-MARKER-1";

    /**
     * @param onChunk gets the text of each chunk of a stream, on the thread that reads it
     * @return the whole text
     */
    String call(Mode mode, Consumer<String> onChunk) throws Exception;

    @Override
    void close();

    final class OpenAi implements Calls {

        private static final ChatCompletionCreateParams PARAMS = ChatQuestion.of("hi");

        private final OpenAiClientFactory factory;
        private final OpenAIClient sync;
        private final OpenAIClientAsync async;

        OpenAi(OpenAiClientFactory factory, String origin) {
            this.factory = factory;
            sync = factory.client(sdk -> sdk.baseUrl(origin + "/v1").apiKey(KEY).maxRetries(0));
            async = factory.asyncClient(
                    sdk -> sdk.baseUrl(origin + "/v1").apiKey(KEY).maxRetries(0));
        }

        @Override
        public String call(Mode mode, Consumer<String> onChunk) throws Exception {
            return switch (mode) {
                case SYNC -> text(sync.chat().completions().create(PARAMS));
                case ASYNC -> text(async.chat().completions().create(PARAMS).get(PATIENCE_SECONDS, TimeUnit.SECONDS));
                case STREAMING -> streaming(onChunk);
                case ASYNC_STREAMING -> asyncStreaming(onChunk);
            };
        }

        private String streaming(Consumer<String> onChunk) {
            StringBuilder text = new StringBuilder();
            try (StreamResponse<ChatCompletionChunk> response =
                    sync.chat().completions().createStreaming(PARAMS)) {
                response.stream().forEach(chunk -> onChunk.accept(append(text, chunk)));
            }
            return text.toString();
        }

        private String asyncStreaming(Consumer<String> onChunk) throws Exception {
            StringBuilder text = new StringBuilder();
            AsyncStreamResponse<ChatCompletionChunk> response =
                    async.chat().completions().createStreaming(PARAMS);
            response.subscribe(chunk -> onChunk.accept(append(text, chunk)));
            response.onCompleteFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            return text.toString();
        }

        private static String append(StringBuilder text, ChatCompletionChunk chunk) {
            String part = chunk.choices().get(0).delta().content().orElse("");
            text.append(part);
            return part;
        }

        private static String text(ChatCompletion completion) {
            return completion.choices().get(0).message().content().orElseThrow();
        }

        @Override
        public String toString() {
            return factory + " " + sync + " " + async;
        }

        @Override
        public void close() {
            sync.close();
            async.close();
        }
    }

    final class Gemini implements Calls {

        private final GeminiClientFactory factory;
        private final Client client;

        Gemini(GeminiClientFactory factory, String origin) {
            this.factory = factory;
            client = factory.client(sdk -> sdk.apiKey(KEY)
                    .httpOptions(HttpOptions.builder()
                            .baseUrl(origin)
                            .apiVersion("v1beta") // aimock knows no later one
                            .retryOptions(HttpRetryOptions.builder().attempts(1).build())
                            .build()));
        }

        @Override
        public String call(Mode mode, Consumer<String> onChunk) throws Exception {
            return switch (mode) {
                case SYNC -> client.models.generateContent("m", "hi", null).text();
                case ASYNC ->
                    client.async
                            .models
                            .generateContent("m", "hi", null)
                            .get(PATIENCE_SECONDS, TimeUnit.SECONDS)
                            .text();
                case STREAMING -> streaming(client.models.generateContentStream("m", "hi", null), onChunk);
                case ASYNC_STREAMING ->
                    streaming(
                            client.async
                                    .models
                                    .generateContentStream("m", "hi", null)
                                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS),
                            onChunk);
            };
        }

        private static String streaming(ResponseStream<GenerateContentResponse> response, Consumer<String> onChunk) {
            StringBuilder text = new StringBuilder();
            try (response) {
                for (GenerateContentResponse chunk : response) {
                    text.append(chunk.text());
                    onChunk.accept(chunk.text());
                }
            }
            return text.toString();
        }

        @Override
        public String toString() {
            return factory + " " + client;
        }

        @Override
        public void close() {
            client.close();
        }
    }
}
