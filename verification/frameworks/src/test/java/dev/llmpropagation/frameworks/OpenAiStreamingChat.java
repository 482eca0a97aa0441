package dev.llmpropagation.frameworks;

import com.openai.client.OpenAIClientAsync;
import dev.langchain4j.model.openaiofficial.OpenAiOfficialStreamingChatModel;

/** The streaming chat model of LangChain4j, on a client of ours. */
public final class OpenAiStreamingChat extends OpenAiOfficialStreamingChatModel {

    public OpenAiStreamingChat(Builder builder, OpenAIClientAsync client) {
        super(builder);
        asyncClient.close();
        asyncClient = client;
    }
}
