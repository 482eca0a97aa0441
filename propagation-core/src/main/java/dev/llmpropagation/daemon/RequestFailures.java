package dev.llmpropagation.daemon;

import dev.llmpropagation.daemon.DaemonMetrics.StatusClass;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.SpanLife;
import dev.llmpropagation.internal.span.Throwables;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What went wrong in a request: what its handler says, and a step of which no record tells yet, as the request may fail for
 * the same reason. Thread-safe.
 */
final class RequestFailures {

    private final DaemonInstruments instruments;
    private final SpanLife<DaemonSpan> life;
    private final AtomicReference<@Nullable Ending> said = new AtomicReference<>();
    private final AtomicReference<@Nullable FailedStep> step = new AtomicReference<>();

    private record FailedStep(BridgeSpan step, Ending ending, Instant when) {}

    RequestFailures(DaemonInstruments instruments, SpanLife<DaemonSpan> life) {
        this.instruments = instruments;
        this.life = life;
    }

    /** The first counts. */
    void say(Ending failure) {
        said.compareAndSet(null, failure);
        if (life.isEnded()) { // after that nobody asks
            said.set(null);
        }
    }

    @Nullable
    Ending said() {
        return said.get();
    }

    /** What was said, else a failure of this type. */
    Ending orElse(String errorType) {
        Ending known = said.get();
        return known != null ? known : Ending.failed(errorType, null);
    }

    /** Of the step that failed last, unless others went on since; null if there is none. */
    ErrorKinds.@Nullable Kind kindOfStep() {
        FailedStep inside = step.get();
        return inside == null ? null : instruments.errorKinds().of(inside.ending());
    }

    void stepFailed(BridgeSpan failed, Ending ending) {
        tell(step.getAndSet(new FailedStep(failed, ending, Instant.now())), 0);
    }

    /** Whatever failed before is not what the request fails for. */
    void tellStep() {
        tell(step.getAndSet(null), 0);
    }

    /**
     * The request has ended: one record if it failed for its step, with the ids of that and the status of the answer.
     *
     * @param failed whether it is an error, and of the catalogue
     */
    void tellAtTheEnd(DaemonRequest request, Ending ending, boolean failed, int status) {
        FailedStep inside = step.getAndSet(null);
        boolean same = failed && inside != null && isSame(ending, inside.ending());
        Throwables.inTurn(() -> tell(inside, same ? status : 0), () -> {
            if (failed && !same) {
                life.log(() -> instruments.events().error(request, ending, Instant.now(), answered(status)));
            }
        });
    }

    void letGo() {
        said.set(null);
    }

    private void tell(@Nullable FailedStep failed, int status) {
        if (failed != null) {
            life.log(() -> failed.step().log(failed.ending(), failed.when(), answered(status)));
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
