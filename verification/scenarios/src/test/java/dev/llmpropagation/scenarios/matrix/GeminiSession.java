package dev.llmpropagation.scenarios.matrix;

import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.ClientOptions;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.gemini.GeminiClientFactory;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

final class GeminiSession extends Session {

    private final Client client;

    /** @param propagation null for the SDK without us */
    GeminiSession(
            Fault fault, FaultServer server, String baseUrl, Traffic traffic, @Nullable LlmPropagation propagation) {
        super(fault, server, traffic);
        OkHttpClient.Builder builder =
                new OkHttpClient.Builder().eventListenerFactory(traffic).readTimeout(Duration.ZERO);
        if (fault == Fault.STALL_WITH_READ_TIMEOUT) {
            builder.readTimeout(Duration.ofMillis(READ_TIMEOUT_MILLIS));
        }
        OkHttpClient base = builder.build();
        HttpOptions options = HttpOptions.builder()
                .baseUrl(baseUrl)
                .retryOptions(HttpRetryOptions.builder()
                        .attempts(1 + RETRIES)
                        .initialDelay(0.01)
                        .build())
                .build();
        if (propagation == null) {
            client = Client.builder()
                    .apiKey("SECRET")
                    .httpOptions(options)
                    .clientOptions(
                            ClientOptions.builder().customHttpClient(base).build())
                    .build();
        } else {
            client = GeminiClientFactory.builder(propagation)
                    .httpClient(base)
                    .build()
                    .client(sdk -> sdk.apiKey("SECRET").httpOptions(options));
        }
    }

    @Override
    String call(Mode mode) throws Exception {
        return switch (mode) {
            case SYNC -> sync();
            case ASYNC -> async();
            case STREAMING -> consume(client.models.generateContentStream("m", PROMPT, null));
            case ASYNC_STREAMING ->
                consume(client.async
                        .models
                        .generateContentStream("m", PROMPT, null)
                        .get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        };
    }

    private String sync() throws InterruptedException {
        Thread canceller = cancelWhenArrived(this::cancelAll);
        try {
            return client.models.generateContent("m", PROMPT, null).text();
        } finally {
            join(canceller);
        }
    }

    private String async() throws Exception {
        CompletableFuture<GenerateContentResponse> future = client.async.models.generateContent("m", PROMPT, null);
        Thread canceller = cancelWhenArrived(() -> future.cancel(true));
        try {
            return future.get(PATIENCE_SECONDS, TimeUnit.SECONDS).text();
        } finally {
            join(canceller);
        }
    }

    private String consume(ResponseStream<GenerateContentResponse> response) {
        StringBuilder text = new StringBuilder();
        try (response) {
            for (GenerateContentResponse chunk : response) {
                boolean first = text.isEmpty();
                text.append(chunk.text());
                if (first && !goesOnAfterFirstChunk(this::cancelAll)) {
                    break;
                }
            }
        }
        return text.toString();
    }

    @Override
    public void close() {
        client.close();
    }
}
