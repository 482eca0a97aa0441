package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.SpanLife;
import dev.llmpropagation.internal.span.SpanText;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import java.util.concurrent.TimeUnit;

/** What the process of a step asks the user, as events of its span. Thread-safe. */
final class StepQuestions {

    private static final long PERSON_NANOS = TimeUnit.DAYS.toNanos(7);
    private static final int MAX_ID_LENGTH = 256;

    private final DaemonSpan step;
    private final SpanLife<DaemonSpan> life;
    private final OpenQuestions open = new OpenQuestions();

    StepQuestions(DaemonSpan step) {
        this.step = step;
        this.life = step.life;
    }

    void asked(String requestId) {
        String id = SpanText.line(requestId, MAX_ID_LENGTH);
        if (!open.add(id, life.instrumentation().now())) {
            return;
        }
        if (step.isEnded() && open.remove(id)) { // the step ended in between and did not see it
            return;
        }
        event("permission.requested", id);
    }

    /** One that is not open is left alone. */
    void answered(String requestId) {
        String id = SpanText.line(requestId, MAX_ID_LENGTH);
        if (open.remove(id)) {
            life.touch();
            event("permission.answered", id);
        }
    }

    /** As {@link #answered}. */
    void cancelled(String requestId) {
        String id = SpanText.line(requestId, MAX_ID_LENGTH);
        if (open.remove(id)) {
            life.touch();
            tellCancelled(id);
        }
    }

    /** Whether a person is waited for, who may take a week. */
    boolean isHeld(long now) {
        return open.isAskedSince(now - PERSON_NANOS);
    }

    /** The step ends: nobody waits for an answer any more. */
    void end() {
        open.close().forEach(this::tellCancelled);
        if (open.leftOut() > 0) {
            step.set(Attribute.PERMISSIONS_LEFT_OUT, open.leftOut());
        }
    }

    private void tellCancelled(String id) {
        event("permission.cancelled", id);
        step.tell(LogEvent.PERMISSION_CANCELLED, Severity.INFO, Attributes.of(Attribute.PERMISSION_ID.key(), id));
    }

    private void event(String name, String id) {
        life.quietly("An event could not be added", () -> life.span()
                .addEvent(name, Attributes.of(Attribute.PERMISSION_ID.key(), id)));
    }
}
