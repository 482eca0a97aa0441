package dev.llmpropagation.agent;

import static dev.llmpropagation.fixtures.Attributed.flag;
import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams that stand still, and those that go on. The numbers are those of docs/pitfalls.md. */
class IdleStreamsTest {

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    private final AgentTracing agent = telemetry.agent;

    @Test
    void pitfall_36_38_123_streamThatStandsStill_saysWhoseTurnItWas() {
        for (boolean service : new boolean[] {true, false}) {
            LlmRequest request = telemetry.agent.llmRequest("chat", "openai").stream()
                    .atEnd(read -> read.put(AttributeKey.longKey("gen_ai.usage.input_tokens"), 7L))
                    .start();
            request.firstChunk();
            request.call.awaitsService();
            if (!service) {
                request.call.awaitsConsumer();
            }
            telemetry.passes(Duration.ofMinutes(4), telemetry.agent::sweep);
            assertThat(request.isEnded()).isFalse();
            telemetry.passes(Duration.ofMinutes(1), telemetry.agent::sweep);
            SpanData span = telemetry.span(request);
            assertThat(text(span, "llm_propagation.stream.idle")).isEqualTo(service ? "service" : "consumer");
            assertThat(outcome(span)).isEqualTo(service ? "timed_out" : "abandoned");
            assertThat(flag(span, "stream.timed_out")).isTrue();
            assertThat(number(span, "gen_ai.usage.input_tokens")).isEqualTo(7);
            assertThat(span.getAttributes().get(AttributeKey.doubleKey("gen_ai.response.time_to_first_chunk")))
                    .isNotNull();
            request.completed();
            assertThat(telemetry.span(request)).isEqualTo(span);
        }
        telemetry.diagnostics.clear();
    }

    /** The sweep comes at the moment at which the turn changes: when the clock is asked. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void streamThatGoesOnWhileItIsSwept_isNotBlamedOnWhoHasJustGotTheTurn(boolean service) {
        List<Runnable> sweep = new ArrayList<>();
        AgentTracing swept = telemetry.with(options -> options.nanoTime(() -> {
            List<Runnable> now = List.copyOf(sweep);
            sweep.clear();
            now.forEach(Runnable::run);
            return telemetry.clock.get();
        }));
        LlmRequest request = swept.llmRequest("chat", "openai").stream().start();
        request.firstChunk();
        if (service) {
            request.call.awaitsConsumer();
        } else {
            request.call.awaitsService();
        }
        telemetry.passes(Duration.ofMinutes(6));
        sweep.add(swept::sweep);
        if (service) {
            request.call.awaitsService();
        } else {
            request.call.awaitsConsumer();
        }

        // It was the other one who let it stand.
        assertThat(outcome(telemetry.span(request))).isEqualTo(service ? "abandoned" : "timed_out");
        assertThat(text(telemetry.span(request), "llm_propagation.stream.idle"))
                .isEqualTo(service ? "consumer" : "service");
        telemetry.diagnostics.clear();
    }

    @Test
    void streamThatIsSweptWhileItEnds_endsAsItsReaderSays() {
        AtomicReference<Runnable> sweep = new AtomicReference<>(() -> {});
        LlmRequest request = telemetry.agent.llmRequest("chat", "openai").stream()
                .atEnd(read -> sweep.get().run())
                .start();
        request.firstChunk();
        request.call.awaitsService();
        telemetry.passes(Duration.ofMinutes(6));
        sweep.set(telemetry.agent::sweep);
        request.completed();

        SpanData span = telemetry.span(request);
        assertThat(outcome(span)).isEqualTo("completed");
        assertThat(text(span, "llm_propagation.stream.idle")).isNull();
        assertThat(text(span, "error.type")).isNull();
        assertThat(telemetry.diagnostics).isEmpty();
    }

    @Test
    void pitfall_36_endOfAnyKind_endsTheTimeout() {
        for (Consumer<LlmRequest> end : List.<Consumer<LlmRequest>>of(
                LlmRequest::completed, request -> request.failed("broken"), LlmRequest::cancelled, LlmRequest::close)) {
            LlmRequest request = telemetry.streamedCall();
            request.call.awaitsService();
            end.accept(request);
            SpanData ended = telemetry.span(request);
            telemetry.passes(Duration.ofHours(1), telemetry.agent::sweep);
            assertThat(telemetry.span(request)).isEqualTo(ended);
            assertThat(flag(ended, "stream.timed_out")).isNull();
        }
        assertThat(telemetry.spans()).hasSize(4);
        assertThat(telemetry.diagnostics).isEmpty();
    }

    @Test
    void pitfall_36_chunk_startsTheTimeAnew() {
        LlmRequest request = telemetry.streamedCall();
        for (int i = 0; i < 4; i++) {
            request.call.awaitsService();
            telemetry.passes(Duration.ofMinutes(4));
            request.call.awaitsConsumer();
            telemetry.agent.sweep();
        }
        assertThat(request.isEnded()).isFalse();
        request.completed();
        telemetry.passes(Duration.ofHours(1), telemetry.agent::sweep);
        assertThat(outcome(telemetry.span(request))).isEqualTo("completed");
    }

    @Test
    void pitfall_39_silenceBeforeTheFirstByte_isNotIdle() {
        LlmRequest request = telemetry.streamedCall();
        telemetry.passes(Duration.ofMinutes(10), telemetry.agent::sweep);
        assertThat(request.isEnded()).isFalse();
        request.completed();
    }

    @Test
    void chunks_areActivityOfThePrompt() {
        Interaction turn = telemetry.agent.interaction("p").start();
        LlmRequest request = turn.llmRequest("chat", "openai").stream().start();
        for (int i = 0; i < 20; i++) {
            telemetry.passes(Duration.ofMinutes(3));
            request.call.awaitsConsumer();
            telemetry.agent.sweep();
        }
        assertThat(turn.isEnded()).isFalse();
        request.completed();
        turn.completed();
    }
}
