package dev.llmpropagation.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClientAsync;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.AtSpanEnd;
import dev.llmpropagation.fixtures.NoSleep;
import dev.llmpropagation.testkit.RecordedTelemetry;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A span processor of the program's finds no memory when a model call ends: who waits for the call gets that, and soon. */
class FatalEndTest {

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    private final OutOfMemoryError fatal = new OutOfMemoryError("of a test");
    private OpenAIClientAsync client;

    @BeforeEach
    void start() {
        RecordedTelemetry full = RecordedTelemetry.create(spans -> spans.addSpanProcessor(new AtSpanEnd(span -> {
            if (span.getName().equals("qwen-code.llm_request")) {
                throw fatal;
            }
        })));
        OpenAIClientAsync made = OpenAiClientFactory.create(
                        LlmPropagation.builder(full.openTelemetry()).build())
                .asyncClient(
                        sdk -> sdk.baseUrl(wire.url("/v1")).apiKey("sk-test").sleeper(new NoSleep()));
        client = wire.managed(made, made::close);
    }

    @Test
    void future_completesWithIt() {
        wire.answers(SdkWire.completion());

        CompletableFuture<?> future = SdkWire.ask(client);

        assertThatThrownBy(() -> future.get(20, TimeUnit.SECONDS)).hasCause(fatal);
    }

    @Test
    void stream_completesAndItsHandlerHearsOfTheEnd() throws Exception {
        wire.answers(SdkWire.chunks(2));
        CompletableFuture<Optional<Throwable>> heard = new CompletableFuture<>();

        AsyncStreamResponse<ChatCompletionChunk> stream = SdkWire.stream(client);
        stream.subscribe(new AsyncStreamResponse.Handler<>() {
            @Override
            public void onNext(ChatCompletionChunk chunk) {}

            @Override
            public void onComplete(Optional<Throwable> failure) {
                heard.complete(failure);
            }
        });

        assertThat(heard.get(20, TimeUnit.SECONDS)).isEmpty();
        // The SDK decides with what: nobody waits for ever.
        assertThat(stream.onCompleteFuture().handle((nothing, thrown) -> "over"))
                .succeedsWithin(Duration.ofSeconds(20));
        stream.close();
    }
}
