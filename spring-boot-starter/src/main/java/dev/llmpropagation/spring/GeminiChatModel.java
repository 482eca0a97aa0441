package dev.llmpropagation.spring;

import com.google.genai.Client;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.google.genai.GoogleGenAiChatModel;
import org.springframework.ai.google.genai.GoogleGenAiChatOptions;
import org.springframework.ai.model.tool.ToolCallingManager;
import org.springframework.core.retry.RetryTemplate;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxOperator;

/** Spring AI's Gemini model, whose streamed requests belong to the observation that it starts for them. */
final class GeminiChatModel extends GoogleGenAiChatModel {

    private final StreamStarts starts;

    GeminiChatModel(
            Client client,
            GoogleGenAiChatOptions options,
            ToolCallingManager tools,
            RetryTemplate retries,
            ObservationRegistry observations,
            StreamStarts starts) {
        super(client, options, tools, retries, observations);
        this.starts = starts;
    }

    @Override
    public Flux<ChatResponse> stream(Prompt prompt) {
        return new FluxOperator<ChatResponse, ChatResponse>(super.stream(prompt)) {
            @Override
            public void subscribe(CoreSubscriber<? super ChatResponse> subscriber) {
                starts.during(() -> source.subscribe(subscriber));
            }
        };
    }
}
