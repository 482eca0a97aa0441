package dev.llmpropagation.scenarios.matrix;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.client.okhttp.OpenAIOkHttpClientAsync;
import com.openai.core.Timeout;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.ChatQuestion;
import dev.llmpropagation.fixtures.NoSleep;
import dev.llmpropagation.openai.OpenAiClientFactory;
import java.time.Duration;
import java.util.Iterator;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

final class OpenAiSession extends Session {

    private static final ChatCompletionCreateParams PARAMS = ChatQuestion.of(PROMPT);

    private final OpenAIClient sync;
    private final OpenAIClientAsync async;

    /** @param propagation null for the SDK without us */
    OpenAiSession(
            Fault fault, FaultServer server, String baseUrl, Traffic traffic, @Nullable LlmPropagation propagation) {
        super(fault, server, traffic);
        OkHttpClient base =
                new OkHttpClient.Builder().eventListenerFactory(traffic).build();
        if (propagation == null) {
            OpenAIOkHttpClient.Builder syncBuilder =
                    OpenAIOkHttpClient.builder().okHttpClient(base);
            configure(syncBuilder, baseUrl);
            sync = syncBuilder.build();
            OpenAIOkHttpClientAsync.Builder asyncBuilder =
                    OpenAIOkHttpClientAsync.builder().okHttpClient(base);
            configure(asyncBuilder, baseUrl);
            async = asyncBuilder.build();
        } else {
            OpenAiClientFactory factory =
                    OpenAiClientFactory.builder(propagation).httpClient(base).build();
            sync = factory.client(sdk -> configure(sdk, baseUrl));
            async = factory.asyncClient(sdk -> configure(sdk, baseUrl));
        }
    }

    private void configure(OpenAIOkHttpClient.Builder sdk, String baseUrl) {
        sdk.baseUrl(baseUrl + "/v1")
                .apiKey("SECRET")
                .maxRetries(RETRIES)
                .timeout(timeout())
                .sleeper(new NoSleep());
    }

    private void configure(OpenAIOkHttpClientAsync.Builder sdk, String baseUrl) {
        sdk.baseUrl(baseUrl + "/v1")
                .apiKey("SECRET")
                .maxRetries(RETRIES)
                .timeout(timeout())
                .sleeper(new NoSleep());
    }

    private Timeout timeout() {
        return fault() == Fault.STALL_WITH_READ_TIMEOUT
                ? Timeout.builder().read(Duration.ofMillis(READ_TIMEOUT_MILLIS)).build()
                : Timeout.builder().build();
    }

    @Override
    String call(Mode mode) throws Exception {
        return switch (mode) {
            case SYNC -> sync();
            case ASYNC -> async();
            case STREAMING -> streaming();
            case ASYNC_STREAMING -> asyncStreaming();
        };
    }

    private String sync() throws InterruptedException {
        Thread canceller = cancelWhenArrived(this::cancelAll);
        try {
            return text(sync.chat().completions().create(PARAMS));
        } finally {
            join(canceller);
        }
    }

    private String async() throws Exception {
        CompletableFuture<ChatCompletion> future = async.chat().completions().create(PARAMS);
        Thread canceller = cancelWhenArrived(() -> future.cancel(true));
        try {
            return text(future.get(PATIENCE_SECONDS, TimeUnit.SECONDS));
        } finally {
            join(canceller);
        }
    }

    private String streaming() {
        StringBuilder text = new StringBuilder();
        try (StreamResponse<ChatCompletionChunk> response =
                sync.chat().completions().createStreaming(PARAMS)) {
            Iterator<ChatCompletionChunk> chunks = response.stream().iterator();
            while (chunks.hasNext()) {
                boolean first = text.isEmpty();
                text.append(text(chunks.next()));
                if (first && !goesOnAfterFirstChunk(this::cancelAll)) {
                    break;
                }
            }
        }
        return text.toString();
    }

    private String asyncStreaming() throws Exception {
        StringBuffer text = new StringBuffer();
        AsyncStreamResponse<ChatCompletionChunk> response =
                async.chat().completions().createStreaming(PARAMS);
        response.subscribe(new AsyncStreamResponse.Handler<ChatCompletionChunk>() {
            @Override
            public void onNext(ChatCompletionChunk chunk) {
                boolean first = text.isEmpty();
                text.append(text(chunk));
                if (first && !goesOnAfterFirstChunk(OpenAiSession.this::cancelAll)) {
                    response.close();
                }
            }

            @Override
            public void onComplete(Optional<Throwable> error) {}
        });
        response.onCompleteFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        return fault() == Fault.CONSUMER_CLOSES_EARLY ? "closed" : text.toString();
    }

    private static String text(ChatCompletion completion) {
        return completion.choices().get(0).message().content().orElseThrow();
    }

    private static String text(ChatCompletionChunk chunk) {
        return chunk.choices().get(0).delta().content().orElse("");
    }

    @Override
    public void close() {
        sync.close();
        async.close();
    }
}
