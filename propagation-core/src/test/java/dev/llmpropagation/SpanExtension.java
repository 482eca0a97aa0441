package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.fixtures.MetricPoints;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.AbstractStringAssert;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** An SDK that records what was exported, and a clock. Fails a test that leaves spans open. */
public abstract class SpanExtension implements AfterEachCallback {

    public final List<String> diagnostics = new CopyOnWriteArrayList<>();
    public final AtomicLong clock = new AtomicLong(1);
    public final RecordedTelemetry telemetry;
    public final OpenTelemetrySdk sdk;

    protected SpanExtension(RecordedTelemetry telemetry) {
        this.telemetry = telemetry;
        this.sdk = telemetry.openTelemetry();
    }

    public final void passes(Duration time) {
        clock.addAndGet(time.toNanos());
    }

    /** Time passes, and then this is called: a sweep, as a rule. */
    public final void passes(Duration time, Runnable then) {
        passes(time);
        then.run();
    }

    public final List<SpanData> spans() {
        return telemetry.spans();
    }

    public final List<SpanData> spans(String name) {
        return telemetry.spans(name);
    }

    public final SpanData span(SpanContext context) {
        return spans().stream()
                .filter(span -> span.getSpanId().equals(context.getSpanId()))
                .findFirst()
                .orElseThrow();
    }

    public final List<LogRecordData> events() {
        return telemetry.logs();
    }

    public final List<MetricData> metrics() {
        return List.copyOf(telemetry.metrics());
    }

    /** What has been measured; asked for again, without its exemplars. */
    public final MetricPoints points() {
        return new MetricPoints(metrics());
    }

    /** The only thing that the library has told. */
    public final AbstractStringAssert<?> told() {
        return assertThat(diagnostics).singleElement().asString();
    }

    /** Everything that was exported, as text. */
    public final String everything() {
        return spans() + "\n" + events() + "\n" + metrics();
    }

    /** What must be so after each test, with the SDK still open. */
    protected abstract void check();

    @Override
    public final void afterEach(ExtensionContext context) {
        try {
            assertThat(telemetry.openSpans()).as("spans open").isEmpty();
            check();
        } finally {
            sdk.close();
        }
    }
}
