package dev.llmpropagation.scenarios.conformance;

import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.testkit.ClientConformance;
import dev.llmpropagation.testkit.ClientUnderTest;
import dev.llmpropagation.testkit.LlmServer;
import dev.llmpropagation.testkit.Promise;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import java.util.Iterator;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/** Clients of the Gemini factory. */
class GeminiConformanceTest extends ClientConformance {

    @Override
    protected LlmServer server() {
        return LlmServer.gemini();
    }

    @Override
    protected ClientUnderTest client(OpenTelemetry openTelemetry, String baseUrl) {
        Dispatcher five = new Dispatcher();
        five.setMaxRequestsPerHost(5);
        HttpOptions options = HttpOptions.builder().baseUrl(baseUrl).build();
        return new GeminiUnderTest(GeminiClientFactory.builder(
                        LlmPropagation.builder(openTelemetry).build())
                .httpClient(new OkHttpClient.Builder().dispatcher(five).build())
                .build()
                .client(sdk -> sdk.apiKey(SECRET).httpOptions(options)));
    }

    @Override
    protected Context withSession(Context context, String id) {
        return context.with(LlmSession.of(id));
    }

    /** The SDK makes its futures on threads that know no Context; docs/propagation.md says what to do. */
    @Override
    protected Set<Promise> without() {
        return Set.of(Promise.CONTINUATION);
    }

    private record GeminiUnderTest(Client client) implements ClientUnderTest {
        @Override
        public String ask(String question) {
            return String.valueOf(
                    client.models.generateContent("m", question, null).text());
        }

        @Override
        public CompletableFuture<String> askAsync(String question) {
            return client.async.models.generateContent("m", question, null).thenApply(GenerateContentResponse::text);
        }

        @Override
        public Pieces stream(String question) {
            ResponseStream<GenerateContentResponse> response = client.models.generateContentStream("m", question, null);
            Iterator<GenerateContentResponse> chunks = response.iterator();
            return new Pieces() {
                @Override
                public @Nullable String next() {
                    return chunks.hasNext() ? chunks.next().text() : null;
                }

                @Override
                public void close() {
                    response.close();
                }
            };
        }

        @Override
        public void close() {
            client.close();
        }
    }
}
