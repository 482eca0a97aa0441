package dev.llmpropagation.testkit;

import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import java.util.List;
import java.util.Set;

/**
 * What {@link ClientConformance} sees of the client's telemetry. Its own is a {@link RecordedTelemetry}; a client that
 * reports elsewhere, to another library or to an agent, brings one of its own.
 */
public interface Recording {

    /** What the client is to be built with. */
    OpenTelemetry openTelemetry();

    /** Starts a span of the program's own, and makes it current on this thread. */
    Caller caller();

    /** Id of the span that is current on this thread, or an empty text. */
    String currentSpanId();

    /** The spans that have ended, when those that are about to end have; in the order of their starts. */
    List<TraceSpan> spans();

    /** The spans that have ended by now. */
    List<TraceSpan> spansSoFar();

    /** Names of the metrics that have values. */
    Set<String> metrics();

    /** A span of the program's own. */
    interface Caller extends AutoCloseable {

        String spanId();

        /** This span of OpenTelemetry, which is made current on this thread. */
        @SuppressWarnings("MustBeClosedChecker") // who closes the caller closes it
        static Caller of(Span span) {
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

        /** Ends the span; it is no longer current. */
        @Override
        void close();
    }
}
