package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.SpanLife;
import dev.llmpropagation.internal.span.Throwables;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What follows when a step has ended: metrics, log records, and what its request and the steps around get to know. A
 * failure is counted by the innermost step that it passes through, and by no other. Thread-safe.
 */
final class StepEnd {

    private final BridgeSpan step;
    private final BridgeOperation operation;
    private final DaemonInstruments instruments;
    private final SpanLife<DaemonSpan> life;
    private volatile @Nullable Throwable counted;

    StepEnd(BridgeSpan step, BridgeOperation operation) {
        this.step = step;
        this.operation = operation;
        this.instruments = step.instruments;
        this.life = step.life;
    }

    void onEnded(Ending ending, long nanos) {
        Throwables.inTurn(
                () -> life.measure(() -> measure(ending.outcome(), nanos)),
                () -> tellCancel(ending.outcome()),
                () -> passOn(ending),
                () -> counted = null);
    }

    private void measure(Outcome outcome, long nanos) {
        if (step.isDispatch() && outcome != Outcome.ABANDONED) {
            instruments.metrics().prompt(nanos, life.context());
        } else if (operation == BridgeOperation.SESSION_CANCEL) {
            instruments.metrics().cancel(life.context());
        }
    }

    private void tellCancel(Outcome outcome) {
        if (step.isDispatch() && outcome == Outcome.CANCELLED) {
            step.tell(LogEvent.PROMPT_CANCELLED, Severity.INFO, Attributes.empty());
        }
    }

    /** Tells the request how the step ended, as it may end for the same reason. */
    private void passOn(Ending ending) {
        DaemonSpan request = step.request();
        RequestOutcome open = request == null ? null : request.outcome();
        if (open != null && step.isDispatch()) {
            open.dispatched(ending.outcome());
        }
        if (ending.outcome().isError() && !isCounted(ending.failure())) {
            Throwables.inTurn(() -> life.measure(() -> countError(ending)), () -> {
                if (open == null) {
                    step.tellError(ending, Instant.now(), Attributes.builder());
                } else {
                    open.stepFailed(step, ending);
                }
            });
        } else if (ending.outcome() == Outcome.COMPLETED && open != null) {
            open.stepsWentOn();
        }
    }

    private void countError(Ending ending) {
        instruments.metrics().bridgeError(instruments.errorKinds().of(ending), life.context());
    }

    /**
     * Whether an inner step has counted this failure, which passes through the outer steps, maybe inside another
     * exception.
     */
    private boolean isCounted(@Nullable Throwable failure) {
        Throwable known = counted;
        for (SpanLife<DaemonSpan> outer = life.around();
                failure != null && outer != null && outer.handle() instanceof BridgeSpan around;
                outer = outer.around()) {
            around.end().count(failure);
        }
        return Causes.contain(failure, known, life);
    }

    /** An inner step counts this failure. */
    private void count(Throwable failure) {
        counted = failure;
        if (life.isEnded()) { // by another thread, meanwhile
            counted = null;
        }
    }
}
