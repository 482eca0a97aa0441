package dev.llmpropagation.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Scope;
import java.lang.ref.WeakReference;
import org.junit.jupiter.api.Test;

/** Apart from {@link LifetimeTest}, since it takes seconds. */
class StepsMemoryTest {

    /** Without an SDK, so that nothing but the handles could grow. */
    @Test
    void aHundredThousandSteps_takeNoMemory() {
        DaemonTelemetry alone = DaemonTelemetry.builder(OpenTelemetry.noop()).build();
        BridgeSpan last = alone.bridge(BridgeOperation.PROMPT_DISPATCH).start();
        WeakReference<BridgeSpan> first = new WeakReference<>(last);
        for (int i = 0; i < 100_000; i++) {
            BridgeSpan next;
            try (Scope ignored = last.makeCurrent()) {
                next = alone.bridge(BridgeOperation.PROMPT_DISPATCH).start();
            }
            last.completed();
            last = next;
        }
        await().until(() -> {
            System.gc();
            return first.refersTo(null);
        });
        last.completed(); // from the end of a chain of that length
        assertThat(alone.openSpans()).isZero();
    }
}
