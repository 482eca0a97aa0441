package dev.llmpropagation.agent;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.fixtures.Attributed;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How a span ends whose body gives a future. The numbers are those of docs/pitfalls.md. */
class FutureEndingsTest {

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    private final AgentTracing agent = telemetry.agent;

    @Test
    void pitfall_29_bodyThatThrowsBeforeItsFuture_endsTheSpanAndThrowsOn() {
        IllegalStateException failure = new IllegalStateException("set-up");
        assertThatThrownBy(
                        () -> agent.tool("t").callAsync(tool -> tool.execution().callAsync(run -> {
                            throw failure;
                        })))
                .isSameAs(failure);
        assertThat(telemetry.spans()).hasSize(2).allSatisfy(span -> assertThat(Attributed.outcome(span))
                .isEqualTo("failed"));
    }

    @Test
    void callAsync_endsBeforeItsFutureDoes() throws Exception {
        CompletableFuture<String> source = new CompletableFuture<>();
        CompletableFuture<Integer> seen = agent.tool("t")
                .callAsync(tool -> source)
                .thenApply(text -> telemetry.spans().size());
        assertThat(telemetry.spans()).isEmpty();
        source.complete("x");
        assertThat(seen.get()).isEqualTo(1);
    }

    @Test
    void callAsync_stageThatCannotBeFollowed_endsTheSpanAndThrowsOn() {
        IllegalStateException own = new IllegalStateException("no followers");
        CompletableFuture<String> source = new CompletableFuture<>() {
            @Override
            public CompletableFuture<String> whenComplete(BiConsumer<? super String, ? super Throwable> action) {
                throw own;
            }
        };
        assertThatThrownBy(() -> agent.tool("t").callAsync(tool -> source)).isSameAs(own);
        assertThat(outcome()).isEqualTo("failed");
    }

    @Test
    void callAsync_failsAsItsStageDoes() {
        CompletableFuture<String> source = new CompletableFuture<>();
        CompletableFuture<String> result = agent.tool("t").callAsync(tool -> source.thenApply(text -> text));
        source.completeExceptionally(new IOException("x"));
        assertThatThrownBy(result::get).isInstanceOf(ExecutionException.class).hasCauseInstanceOf(IOException.class);
        assertThat(outcome()).isEqualTo("failed");
    }

    @Test
    void pitfall_32_futureThatIsCancelled_cancelsItsStage() {
        CompletableFuture<String> source = new CompletableFuture<>();
        CompletableFuture<String> result = agent.tool("t").callAsync(tool -> source);
        result.cancel(true);
        assertThat(source).isCancelled();
        assertThat(outcome()).isEqualTo("cancelled");
    }

    @Test
    void futureThatTheProgramEndsItself_endsTheSpanSo() {
        CompletableFuture<String> source = new CompletableFuture<>();
        agent.tool("t").callAsync(tool -> source).orTimeout(1, TimeUnit.MILLISECONDS);
        await().until(() -> telemetry.spans().size() == 1);
        assertThat(outcome()).isEqualTo("timed_out");
        agent.tool("t").callAsync(tool -> source).completeExceptionally(new IOException("x"));
        agent.tool("t").callAsync(tool -> source).complete("of the program");

        assertThat(telemetry.spans())
                .extracting(Attributed::outcome)
                .containsExactly("timed_out", "failed", "cancelled");
        assertThat(source).as("others may wait for it").isNotDone();
        source.complete("late");
        assertThat(telemetry.spans()).hasSize(3);
        assertThat(telemetry.diagnostics).isEmpty();
    }

    private String outcome() {
        assertThat(telemetry.spans()).hasSize(1);
        return Attributed.outcome(telemetry.spans().get(0));
    }
}
