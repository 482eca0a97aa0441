package dev.llmpropagation.openai;

import static dev.llmpropagation.fixtures.Attributed.outcome;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.openai.client.OpenAIClientAsync;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.LlmPropagationBuilder;
import dev.llmpropagation.fixtures.NoSleep;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The program ends a call while the SDK's thread is on its way through our steps. Each place where that thread asks the
 * program for something is one where it can be held. {@link SdkWire} checks that no span stays open.
 */
class EndedWhileStartingTest {

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    /** Holds the thread that asks for the session, the given time it does. */
    private static final class Gate {
        private final int held;
        private final AtomicInteger asked = new AtomicInteger();
        private final CountDownLatch arrived = new CountDownLatch(1);
        private final CountDownLatch open = new CountDownLatch(1);

        Gate(int held) {
            this.held = held;
        }

        String sessionId() {
            if (asked.incrementAndGet() == held) {
                arrived.countDown();
                try {
                    assertThat(open.await(20, TimeUnit.SECONDS)).isTrue();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
            return "s-1";
        }
    }

    /** The model call asks first, then the attempt. */
    @ParameterizedTest
    @CsvSource({"STREAM, 1", "STREAM, 2", "FUTURE, 1", "FUTURE, 2", "COMPLETED, 1", "COMPLETED, 2", "RAW, 1", "RAW, 2"})
    void spansEndAsCancelled(Way way, int held) throws Exception {
        wire.answers(SdkWire.chunks(2));
        Gate gate = new Gate(held);
        LlmPropagationBuilder settings =
                LlmPropagation.builder(wire.openTelemetry).sessionId(gate::sessionId);
        OpenAiClientFactory factory = OpenAiClientFactory.create(settings.build());
        OpenAIClientAsync client = factory.asyncClient(
                sdk -> sdk.baseUrl(wire.url("/v1")).apiKey("sk-test").sleeper(new NoSleep()));
        wire.managed(client, client::close);
        Runnable end = way.start(client);
        assertThat(gate.arrived.await(20, TimeUnit.SECONDS)).isTrue();
        end.run();
        gate.open.countDown();

        await().untilAsserted(
                        () -> assertThat(wire.modelCalls()).singleElement().satisfies(span -> assertThat(outcome(span))
                                .isEqualTo("cancelled")));
        await().untilAsserted(() -> assertThat(wire.openSpans()).isEmpty());
    }

    private enum Way {
        STREAM {
            @Override
            Runnable start(OpenAIClientAsync client) {
                AsyncStreamResponse<ChatCompletionChunk> stream = SdkWire.stream(client);
                return stream::close;
            }
        },
        FUTURE {
            @Override
            Runnable start(OpenAIClientAsync client) {
                CompletableFuture<?> future = SdkWire.ask(client);
                return () -> future.cancel(true);
            }
        },
        COMPLETED {
            @Override
            Runnable start(OpenAIClientAsync client) {
                CompletableFuture<?> future = SdkWire.ask(client);
                return () -> future.complete(null);
            }
        },

        RAW {
            @Override
            Runnable start(OpenAIClientAsync client) {
                CompletableFuture<?> future =
                        client.withRawResponse().chat().completions().create(SdkWire.chat());
                return () -> future.cancel(true);
            }
        };

        /** Starts a call, and tells how to end it. */
        abstract Runnable start(OpenAIClientAsync client);
    }
}
