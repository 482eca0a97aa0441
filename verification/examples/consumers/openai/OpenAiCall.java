import com.openai.client.OpenAIClient;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.openai.OpenAiClientFactory;

public final class OpenAiCall implements Consumer.Call {

    @Override
    public String ask(LlmPropagation propagation, String url) {
        OpenAIClient client = OpenAiClientFactory.create(propagation)
                .client(sdk -> sdk.apiKey("key").baseUrl(url + "/openai"));
        ChatCompletionCreateParams params = ChatCompletionCreateParams.builder()
                .model("m")
                .addUserMessage("Hi")
                .build();
        try {
            ChatCompletion answer = client.async().chat().completions().create(params).join();
            ChatCompletion again = client.chat().completions().create(params);
            return answer.choices().get(0).message().content().orElse("")
                    + again.choices().get(0).message().content().map(text -> "").orElse("");
        } finally {
            client.close();
        }
    }
}
