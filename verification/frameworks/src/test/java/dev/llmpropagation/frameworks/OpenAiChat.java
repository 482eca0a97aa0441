package dev.llmpropagation.frameworks;

import com.openai.client.OpenAIClient;
import dev.langchain4j.model.openaiofficial.OpenAiOfficialChatModel;

/** The chat model of LangChain4j, on a client of ours. */
public final class OpenAiChat extends OpenAiOfficialChatModel {

    public OpenAiChat(Builder builder, OpenAIClient client) {
        super(builder);
        this.client.close();
        this.client = client;
    }
}
