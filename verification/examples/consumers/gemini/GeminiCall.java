import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.gemini.GeminiClientFactory;

public final class GeminiCall implements Consumer.Call {

    @Override
    public String ask(LlmPropagation propagation, String url) {
        // The version is named, since the SDK's default is another in google-genai 1.
        HttpOptions options =
                HttpOptions.builder().baseUrl(url).apiVersion("v1").build();
        try (Client client = GeminiClientFactory.create(propagation)
                .client(sdk -> sdk.apiKey("key").httpOptions(options))) {
            client.models.generateContent("m", "Hi", null);
            return String.valueOf(client.async.models.generateContent("m", "Hi", null).join().text());
        }
    }
}
