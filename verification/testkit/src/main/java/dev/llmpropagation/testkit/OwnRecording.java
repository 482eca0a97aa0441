package dev.llmpropagation.testkit;

import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
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
    @SuppressWarnings("MustBeClosedChecker") // the Caller closes it
    public Caller caller() {
        Span span = telemetry.startSpan("caller");
        Scope scope = span.makeCurrent();
        return new Caller() {
            @Override
            public String spanId() {
                return span.getSpanContext().getSpanId();
            }

            @Override
            public void close() {
                scope.close();
                span.end();
            }
        };
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
