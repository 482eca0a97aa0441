package dev.llmpropagation.frameworks;

import com.google.adk.agents.LlmAgent;
import com.google.adk.agents.RunConfig;
import com.google.adk.models.Gemini;
import com.google.adk.runner.InMemoryRunner;
import com.google.adk.runner.Runner;
import com.google.adk.tools.Annotations.Schema;
import com.google.adk.tools.FunctionTool;
import com.google.genai.Client;
import com.google.genai.types.Content;
import com.google.genai.types.Part;
import com.openai.client.OpenAIClient;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.embedding.EmbeddingModel;
import dev.langchain4j.model.openaiofficial.OpenAiOfficialChatModel;
import dev.langchain4j.model.openaiofficial.OpenAiOfficialEmbeddingModel;
import dev.langchain4j.model.openaiofficial.OpenAiOfficialResponsesStreamingChatModel;
import dev.langchain4j.model.openaiofficial.OpenAiOfficialStreamingChatModel;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;

/** What docs/frameworks.md shows. */
final class FrameworkSamples {

    private FrameworkSamples() {}

    static ChatModel chat(OpenAIClient client, String key) {
        // sample: langChain4jChat
        ChatModel model =
                new OpenAiChat(OpenAiOfficialChatModel.builder().apiKey(key).modelName("gpt-4o-mini"), client);
        // end
        return model;
    }

    static StreamingChatModel streamingChat(OpenAIClient client, String key) {
        // sample: langChain4jStreamingChat
        StreamingChatModel model = new OpenAiStreamingChat(
                OpenAiOfficialStreamingChatModel.builder().apiKey(key).modelName("gpt-4o-mini"), client.async());
        // end
        return model;
    }

    static EmbeddingModel embeddings(OpenAIClient client) {
        // sample: langChain4jEmbeddings
        EmbeddingModel model = OpenAiOfficialEmbeddingModel.builder()
                .openAIClient(client)
                .modelName("text-embedding-3-small")
                .build();
        // end
        return model;
    }

    static StreamingChatModel responses(OpenAIClient client, ExecutorService executor) {
        // sample: langChain4jResponses
        StreamingChatModel model = OpenAiOfficialResponsesStreamingChatModel.builder()
                .client(client)
                .modelName("gpt-4o-mini")
                .executorService(Context.taskWrapping(executor))
                .build();
        // end
        return model;
    }

    static Runner agent(Client client) {
        // sample: googleAdk
        LlmAgent agent = LlmAgent.builder()
                .name("weather")
                .model(Gemini.builder()
                        .modelName("gemini-2.5-flash")
                        .apiClient(client)
                        .build())
                .instruction("Answer in one sentence.")
                .tools(FunctionTool.create(Weather.class, "temperature"))
                .build();
        // end
        return new InMemoryRunner(agent);
    }

    static List<String> ask(Runner runner, RunConfig config, String sessionId, String question) {
        // sample: googleAdkSession
        Content message = Content.fromParts(Part.fromText(question));
        try (Scope ignored = LlmSession.of(sessionId).makeCurrent()) {
            return runner.runAsync("user-1", sessionId, message, config)
                    .map(event -> event.stringifyContent())
                    .toList()
                    .blockingGet();
        }
        // end
    }

    public static final class Weather {

        private Weather() {}

        public static Map<String, Object> temperature(@Schema(name = "city") String city) {
            return Map.of("city", city, "celsius", 21);
        }
    }
}
