package dev.llmpropagation.daemon;

import static dev.llmpropagation.daemon.DaemonExtension.string;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.ToldTelemetry;
import dev.llmpropagation.internal.span.Api;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.LogEvent;
import io.opentelemetry.api.common.AttributeKey;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Ends that come while something begins, and errors that come while something ends. */
class UntimelyEndsTest {

    private static final AttributeKey<String> RESUME = Attribute.SSE_RESUME_FROM.key();

    @RegisterExtension
    final DaemonExtension telemetry = new DaemonExtension();

    private final OutOfMemoryError fatal = new OutOfMemoryError("of a test");

    /** The step ends after the look at whether it has: on the clock that the question is asked at. */
    @Test
    void questionOfAStepThatHasJustEnded_waitsForNobody() {
        AtomicReference<BridgeSpan> ending = new AtomicReference<>();
        DaemonTelemetry racing = telemetry.with(options -> options.nanoTime(() -> {
            BridgeSpan step = ending.getAndSet(null);
            if (step != null) {
                step.completed();
            }
            return 0;
        }));
        BridgeSpan step = racing.bridge(BridgeOperation.PROMPT_DISPATCH).start();
        ending.set(step);
        step.permissionRequested("q-1");

        assertThat(step.isEnded()).isTrue();
        assertThat(step.isHeld(1)).isFalse();
        assertThat(telemetry.span(step).getEvents()).isEmpty();
        assertThat(telemetry.events(LogEvent.PERMISSION_CANCELLED)).isEmpty();
    }

    /** The second error comes after the end has begun, and before the span shows the first: on the clock of the end. */
    @Test
    void errorThatComesWhileTheRequestEnds_leavesTheFirst() {
        AtomicReference<DaemonRequest> ending = new AtomicReference<>();
        DaemonTelemetry racing = telemetry.with(options -> options.nanoTime(() -> {
            DaemonRequest request = ending.getAndSet(null);
            if (request != null) {
                request.error(DaemonError.UNKNOWN, "the second");
            }
            return 0;
        }));
        DaemonRequest request = racing.request("POST", "/session/s-1/prompt").start();
        request.error(DaemonError.BRIDGE_TIMEOUT, "the first");
        ending.set(request);
        request.responded(404);

        assertThat(string(telemetry.span(request), Attribute.ERROR_MESSAGE)).isEqualTo("the first");
    }

    @Test
    void streamWhoseEndCannotBeTold_endsItsRequest() {
        AtomicReference<Error> failing = new AtomicReference<>();
        DaemonTelemetry daemon = telemetry.with(options -> options.nanoTime(() -> {
            Error thrown = failing.getAndSet(null);
            if (thrown != null) {
                throw thrown;
            }
            return 0;
        }));
        DaemonRequest request = daemon.request("GET", "/session/s-1/events").start();
        DaemonStream stream = request.stream(null);
        failing.set(fatal);
        assertThatThrownBy(() -> stream.closed(StreamEnd.COMPLETED)).isSameAs(fatal);

        assertThat(string(telemetry.span(request), Attribute.OUTCOME)).isEqualTo("completed");
        assertThat(daemon.openStreams()).isZero();
    }

    @Test
    void streamThatCannotBeOpened_isCountedAndToldOnce() {
        DaemonTelemetry daemon = whileAStreamOpens(() -> {
            throw fatal;
        });
        DaemonRequest request = daemon.request("GET", "/session/s-1/events").start();
        assertThatThrownBy(() -> request.stream("41")).isSameAs(fatal);

        assertThat(daemon.openStreams()).isZero();
        assertThat(string(telemetry.span(request), Attribute.SSE_CLOSE_REASON)).isEqualTo("failed");
        assertThat(telemetry.events())
                .extracting(Api::eventName)
                .containsExactly(
                        "qwen-code.daemon.sse.opened", "qwen-code.daemon.sse.closed", "qwen-code.daemon.error");
    }

    @Test
    void streamThatOpensWhileTheDaemonGoesDown_isNeverCountedBelowNone() {
        AtomicReference<DaemonTelemetry> running = new AtomicReference<>();
        AtomicInteger afterTheEnd = new AtomicInteger(Integer.MIN_VALUE);
        DaemonTelemetry daemon = whileAStreamOpens(() -> {
            running.get().close();
            afterTheEnd.set(running.get().openStreams());
        });
        running.set(daemon);
        DaemonRequest request = daemon.request("GET", "/session/s-1/events").start();
        request.stream("41").closed(StreamEnd.COMPLETED);

        assertThat(afterTheEnd).hasValue(0);
        assertThat(daemon.openStreams()).isZero();
        assertThat(string(telemetry.span(request), Attribute.SSE_CLOSE_REASON)).isEqualTo("shutdown");
        assertThat(telemetry.events()).extracting(Api::eventName).containsExactly("qwen-code.daemon.sse.closed");
    }

    /** Once it is known which stream it is, and before anybody is told. */
    private DaemonTelemetry whileAStreamOpens(Runnable happens) {
        return DaemonTelemetry.builder(ToldTelemetry.of(telemetry.sdk, (called, with) -> {
                    if (called.equals("Span.setAttribute") && RESUME.equals(with)) {
                        happens.run();
                    }
                }))
                .build();
    }
}
