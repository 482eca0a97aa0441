package dev.llmpropagation.carrier;

import dev.llmpropagation.agent.AgentTracing;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.util.Map;
import java.util.TreeMap;

/** An agent program that another starts. Prints a line for each run: trace, parent and state of its interaction. */
final class ReportingChild {

    private ReportingChild() {}

    public static void main(String[] arguments) {
        EnvironmentCarrier carrier = EnvironmentCarrier.create();
        report(carrier.extractFromProcess());
        report(carrier.extract(Map.of()));
        report(carrier.extractFromProcess());
    }

    private static void report(Context parent) {
        InMemorySpanExporter exporter = InMemorySpanExporter.create();
        try (OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                        .build())
                .build()) {
            AgentTracing agent = AgentTracing.builder(sdk).parent(parent).build();
            agent.interaction("prompt-1").run(turn -> {});
            for (SpanData span : exporter.getFinishedSpanItems()) {
                System.out.println(span.getTraceId()
                        + ' '
                        + span.getParentSpanId()
                        + ' '
                        + new TreeMap<>(span.getSpanContext().getTraceState().asMap()));
            }
        }
    }
}
