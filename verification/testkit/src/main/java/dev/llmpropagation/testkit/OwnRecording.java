package dev.llmpropagation.testkit;

import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.sdk.metrics.data.MetricData;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** That of a {@link RecordedTelemetry}. */
record OwnRecording(RecordedTelemetry telemetry) implements Recording {

    @Override
    public OpenTelemetry openTelemetry() {
        return telemetry.openTelemetry();
    }

    @Override
    public Caller caller() {
        return Caller.of(telemetry.startSpan("caller"));
    }

    @Override
    public String currentSpanId() {
        Span span = Span.current();
        return span.getSpanContext().isValid() ? span.getSpanContext().getSpanId() : "";
    }

    @Override
    public List<TraceSpan> spans() {
        telemetry.attempts(); // waits
        return spansSoFar();
    }

    @Override
    public List<TraceSpan> spansSoFar() {
        return telemetry.spans().stream().map(RecordedSpans::of).toList();
    }

    @Override
    public Set<String> metrics() {
        return telemetry.metrics().stream().map(MetricData::getName).collect(Collectors.toSet());
    }
}
