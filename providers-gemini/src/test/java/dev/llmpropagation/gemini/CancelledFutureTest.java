package dev.llmpropagation.gemini;

import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.gemini.GeminiWire.MODEL;
import static dev.llmpropagation.gemini.GeminiWire.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.google.genai.Client;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The SDK does not link its futures to their calls: cancelling one stops nothing, and the answer comes all the same. */
class CancelledFutureTest {

    /** The SDK's own stage that reads the answer is what the program cancels, or it hands out a stream that nobody gets. */
    private enum Unread {
        EMBEDDING(client -> client.async.models.embedContent(MODEL, "hi", null)),
        COUNT(client -> client.async.models.countTokens(MODEL, "hi", null)),
        STREAM(client -> client.async.models.generateContentStream(MODEL, "hi", null));

        private final Function<Client, CompletableFuture<?>> call;

        Unread(Function<Client, CompletableFuture<?>> call) {
            this.call = call;
        }
    }

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    /** Nobody reads or closes the body, with the bare SDK for ever. The sweep finds it. */
    @ParameterizedTest
    @EnumSource
    void cancelledFuture_leavesABodyThatTheSweepCloses(Unread unread) {
        wire.answers(answer().withFixedDelay(500));
        Connections connections = new Connections();
        Client client = client(wire, connections);
        unread.call.apply(client).cancel(true);
        await().until(() -> wire.requests().size() == 1);
        await().untilAsserted(() -> {
            System.gc();
            wire.propagation.sweep();
            assertThat(wire.attempts()).hasSize(1);
        });
        assertThat(outcome(wire.attempts(1).get(0))).isEqualTo("abandoned");
        assertThat(connections.acquired).hasValue(1);
        assertThat(connections.released).hasValue(1);
    }

    static Client client(GeminiWire wire, Connections connections) {
        OkHttpClient base = new OkHttpClient.Builder()
                .eventListenerFactory(call -> connections)
                .build();
        return wire.client(
                GeminiClientFactory.builder(wire.propagation).httpClient(base).build(), sdk -> {});
    }
}
