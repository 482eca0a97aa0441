package dev.llmpropagation.comparison;

import brave.ScopedSpan;
import brave.Tracing;
import brave.handler.MutableSpan;
import brave.handler.SpanHandler;
import brave.propagation.Propagation;
import brave.propagation.TraceContext;
import brave.propagation.TraceContext.Extractor;
import brave.propagation.TraceContext.Injector;
import brave.propagation.TraceContextOrSamplingFlags;
import dev.llmpropagation.testkit.Recording;
import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.api.OpenTelemetry;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** Spans as Brave reports them. Brave sends B3; here it is made to send traceparent. */
record BraveRecording(Recording own, List<TraceSpan> ended) implements Recording {

    BraveRecording(Recording own) {
        this(own, new CopyOnWriteArrayList<>());
        if (Tracing.current() != null) {
            Tracing.current().close();
        }
        Tracing.newBuilder()
                .traceId128Bit(true)
                .propagationFactory(new Traceparent())
                .addSpanHandler(new SpanHandler() {
                    @Override
                    public boolean end(TraceContext context, MutableSpan span, Cause cause) {
                        ended.add(span(span));
                        return true;
                    }
                })
                .build();
    }

    static Tracing tracing() {
        return Tracing.current();
    }

    private static TraceSpan span(MutableSpan span) {
        Map<String, Object> attributes = new TreeMap<>(span.tags());
        return new TraceSpan(
                span.traceId(),
                span.id(),
                span.parentId() == null ? "" : span.parentId(),
                String.valueOf(span.name()),
                span.kind() == null ? "INTERNAL" : span.kind().name(),
                span.startTimestamp() * 1000,
                span.finishTimestamp() * 1000,
                span.error() != null || attributes.containsKey("error"),
                attributes);
    }

    @Override
    public OpenTelemetry openTelemetry() {
        return own.openTelemetry();
    }

    @Override
    public Caller caller() {
        ScopedSpan span = tracing().tracer().startScopedSpan("caller");
        return new Caller() {
            @Override
            public String spanId() {
                return span.context().spanIdString();
            }

            @Override
            public void close() {
                span.finish();
            }
        };
    }

    @Override
    public String currentSpanId() {
        TraceContext current = tracing().currentTraceContext().get();
        return current == null ? "" : current.spanIdString();
    }

    @Override
    public List<TraceSpan> spans() {
        return spansSoFar();
    }

    @Override
    public List<TraceSpan> spansSoFar() {
        return List.copyOf(ended);
    }

    @Override
    public Set<String> metrics() {
        return Set.of();
    }

    private static final class Traceparent extends Propagation.Factory implements Propagation<String> {
        @Override
        public Propagation<String> get() {
            return this;
        }

        @Override
        public List<String> keys() {
            return List.of("traceparent");
        }

        @Override
        public <R> Injector<R> injector(Setter<R, String> setter) {
            return (context, request) -> setter.put(
                    request, "traceparent", "00-" + context.traceIdString() + '-' + context.spanIdString() + "-01");
        }

        @Override
        public <R> Extractor<R> extractor(Getter<R, String> getter) {
            return request -> TraceContextOrSamplingFlags.EMPTY;
        }
    }
}
