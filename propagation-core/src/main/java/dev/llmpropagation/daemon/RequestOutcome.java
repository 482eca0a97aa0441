package dev.llmpropagation.daemon;

import dev.llmpropagation.daemon.DaemonMetrics.StatusClass;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.SpanLife;
import dev.llmpropagation.internal.span.Throwables;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import java.io.IOException;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * How a request ends: by its response, by what its handler says went wrong, and by how its steps went. The log record
 * of a failed step is held back here, at most until the request ends: if that fails for the same reason, one record
 * tells of both. Thread-safe.
 */
final class RequestOutcome {

    private final DaemonInstruments instruments;
    private final SpanLife<DaemonSpan> life;
    private final DaemonResponse response;
    private final AtomicReference<@Nullable Ending> said = new AtomicReference<>();
    private final AtomicReference<@Nullable FailedStep> step = new AtomicReference<>();
    private volatile boolean dispatchCancelled;
    private volatile @Nullable Throwable thrown;

    private record FailedStep(DaemonSpan step, Ending ending, Instant when) {}

    RequestOutcome(DaemonInstruments instruments, SpanLife<DaemonSpan> life, DaemonResponse response) {
        this.instruments = instruments;
        this.life = life;
        this.response = response;
    }

    /** The first counts. */
    void say(Ending failure) {
        said.compareAndSet(null, failure);
        if (life.isEnded()) { // too late for this one; one that was set before may still be shown
            said.compareAndSet(failure, null);
        }
    }

    /** As {@link #say(Ending)}, by this exception. */
    void say(Throwable failure) {
        say(new Ending(Outcome.FAILED, null, null, Causes.unwrapped(failure, life), null));
    }

    /** As {@link #say(Throwable)}, and the handler left its response as it was by then. */
    void threw(Throwable failure) {
        thrown = failure;
        say(failure);
    }

    @Nullable
    Ending said() {
        return said.get();
    }

    /** What was said, else a failure of this type. */
    Ending saidOr(String errorType) {
        Ending known = said.get();
        return known != null ? known : Ending.failed(errorType, null);
    }

    /** A dispatch of the request has ended so; the last one counts. */
    void dispatched(Outcome outcome) {
        dispatchCancelled = outcome == Outcome.CANCELLED;
    }

    /** A step of the request has failed. One log record tells of it, also if the request fails for the same reason. */
    void stepFailed(DaemonSpan failed, Ending ending) {
        tell(step.getAndSet(new FailedStep(failed, ending, Instant.now())), 0);
        if (life.isEnded() || response.isStream()) { // which may go on for hours
            stepsWentOn();
        }
    }

    /** A step has succeeded: so an earlier failure is not the reason if the request fails. */
    void stepsWentOn() {
        tell(step.getAndSet(null), 0);
    }

    /** How the request ends, now that its response is known. */
    Ending ending() {
        int status = response.status();
        Ending known = said.get();
        if (response.isStopped()) {
            return Ending.of(Outcome.CANCELLED);
        }
        if (known != null && (status >= 500 || !response.hasStatus() || thrown != null)) {
            boolean clientGone = thrown instanceof IOException && response.hasStatus() && status < 500;
            return clientGone ? Ending.of(Outcome.INTERRUPTED) : known;
        }
        if (response.hasStatus() && status >= 500) {
            FailedStep inside = step.get();
            return inside == null
                    ? Ending.failed(Integer.toString(status), null)
                    : DaemonSpan.failure(
                            Outcome.FAILED, instruments.errorKinds().of(inside.ending()), null);
        }
        if (dispatchCancelled) {
            return Ending.of(Outcome.CANCELLED);
        }
        return Ending.of(response.hasStatus() ? Outcome.COMPLETED : Outcome.INTERRUPTED);
    }

    /**
     * The request has ended: one record if it failed for its step, with the ids of that and the status of the response.
     *
     * @param failed whether it is an error, and of the catalogue
     */
    void tellAtTheEnd(DaemonSpan request, Ending ending, boolean failed) {
        int status = response.status();
        FailedStep inside = step.getAndSet(null);
        boolean same = failed && inside != null && isSame(ending, inside.ending());
        Throwables.inTurn(() -> tell(inside, same ? status : 0), () -> {
            if (failed && !same) {
                request.tellError(ending, Instant.now(), answered(status));
            }
        });
    }

    void letGo() {
        said.set(null);
        thrown = null;
    }

    private static void tell(@Nullable FailedStep failed, int status) {
        if (failed != null) {
            failed.step().tellError(failed.ending(), failed.when(), answered(status));
        }
    }

    private static AttributesBuilder answered(int status) {
        AttributesBuilder attributes = Attributes.builder();
        return StatusClass.of(status) == StatusClass.NONE
                ? attributes
                : attributes.put(Attribute.HTTP_STATUS_CODE.<Long>key(), (long) status);
    }

    private boolean isSame(Ending ending, Ending other) {
        Throwable failure = ending.failure();
        Throwable told = other.failure();
        return (failure == null || told == null)
                ? instruments.errorKinds().of(ending)
                        == instruments.errorKinds().of(other)
                : (Causes.contain(told, failure, life) || Causes.contain(failure, told, life));
    }
}
