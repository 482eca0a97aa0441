package dev.llmpropagation.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.testkit.trace.SpanDetails;
import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.ReadableSpan;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a test sees of a span is all that the SDK would export. */
class RecordedSpansTest {

    private static final AttributeKey<String> KEY = AttributeKey.stringKey("key");

    @RegisterExtension
    final RecordedTelemetry telemetry = RecordedTelemetry.create();

    @Test
    void span_keepsItsTimesStatusEventsAndLinks() {
        Span other = telemetry.startSpan("other");
        other.end();
        Span span = telemetry
                .openTelemetry()
                .getTracer("scope")
                .spanBuilder("POST")
                .setSpanKind(SpanKind.CLIENT)
                .setStartTimestamp(Instant.ofEpochSecond(0, 10))
                .addLink(other.getSpanContext(), Attributes.of(KEY, "of the link"))
                .startSpan();
        span.addEvent("retried", Attributes.of(KEY, "of the event"), Instant.ofEpochSecond(0, 12));
        span.setStatus(StatusCode.ERROR, "refused");

        TraceSpan open = RecordedSpans.of(((ReadableSpan) span).toSpanData());
        span.end(Instant.ofEpochSecond(0, 15));
        TraceSpan ended = RecordedSpans.of(telemetry.span("POST"));

        assertThat(open.name()).isEqualTo("POST (not ended)");
        assertThat(open.endNanos()).isEqualTo(10);
        assertThat(ended.name()).isEqualTo("POST");
        assertThat(ended.kind()).isEqualTo("CLIENT");
        assertThat(ended.parentSpanId()).isEmpty();
        assertThat(ended.startNanos()).isEqualTo(10);
        assertThat(ended.endNanos()).isEqualTo(15);
        assertThat(ended.error()).isTrue();
        SpanDetails details = ended.details();
        assertThat(details.scope()).isEqualTo("scope");
        assertThat(details.statusMessage()).isEqualTo("refused");
        assertThat(details.events())
                .containsExactly(new SpanDetails.Event("retried", 12, Map.of("key", "of the event")));
        assertThat(details.links())
                .containsExactly(new SpanDetails.Link(
                        other.getSpanContext().getTraceId(),
                        other.getSpanContext().getSpanId(),
                        Map.of("key", "of the link")));
    }
}
