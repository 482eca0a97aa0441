package dev.llmpropagation.examples.spring;

import com.openai.client.OpenAIClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import org.jspecify.annotations.Nullable;
import org.springframework.ai.google.genai.GoogleGenAiChatModel;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.ai.openai.OpenAiEmbeddingModel;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;

/** Asks models, through Spring AI and through the SDK's client alone. */
@RestController
class AssistantController {

    private final OpenAiChatModel openAi;
    private final OpenAiEmbeddingModel embeddings;
    private final GoogleGenAiChatModel gemini;
    private final OpenAIClient client;

    AssistantController(
            OpenAiChatModel openAi, OpenAiEmbeddingModel embeddings, GoogleGenAiChatModel gemini, OpenAIClient client) {
        this.openAi = openAi;
        this.embeddings = embeddings;
        this.gemini = gemini;
        this.client = client;
    }

    @PostMapping("/openai")
    @Nullable
    String openAi(@RequestBody String question) {
        return openAi.call(question);
    }

    @PostMapping(path = "/openai/stream", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<String> openAiStream(@RequestBody String question) {
        return openAi.stream(question);
    }

    @PostMapping("/embedding")
    int embedding(@RequestBody String text) {
        return embeddings.embed(text).length;
    }

    @PostMapping("/gemini")
    @Nullable
    String gemini(@RequestBody String question) {
        return gemini.call(question);
    }

    @PostMapping(path = "/gemini/stream", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    Flux<String> geminiStream(@RequestBody String question) {
        return gemini.stream(question);
    }

    @PostMapping("/client")
    String client(@RequestBody String question) {
        return client.chat()
                .completions()
                .create(ChatCompletionCreateParams.builder()
                        .model("gpt-4o-mini")
                        .addUserMessage(question)
                        .build())
                .choices()
                .get(0)
                .message()
                .content()
                .orElse("");
    }
}
