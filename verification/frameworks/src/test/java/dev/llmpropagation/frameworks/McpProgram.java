package dev.llmpropagation.frameworks;

import static org.awaitility.Awaitility.await;

import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.mcp.McpTelemetry;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.metrics.data.MetricData;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

/** A program that speaks MCP, and what its exporters got. */
final class McpProgram implements AutoCloseable {

    private static final Duration LONG = Duration.ofSeconds(60);

    final RecordedTelemetry telemetry = RecordedTelemetry.create();
    final OpenTelemetrySdk openTelemetry = telemetry.openTelemetry();
    final Queue<String> diagnostics = new ConcurrentLinkedQueue<>();
    final McpTelemetry mcp;

    McpProgram(ContentCapture content) {
        mcp = McpTelemetry.builder(openTelemetry)
                .content(content)
                .diagnostics(diagnostics::add)
                .build();
    }

    List<McpSpanLine> spans() {
        return telemetry.spans().stream().map(McpSpanLine::of).toList();
    }

    /** The span of this name and kind, as soon as it has ended. */
    McpSpanLine span(String name, String kind) {
        return await().atMost(LONG)
                .until(
                        () -> spans().stream()
                                .filter(span ->
                                        span.name().equals(name) && span.kind().equals(kind))
                                .toList(),
                        found -> !found.isEmpty())
                .get(0);
    }

    /** All of this name and kind. */
    List<McpSpanLine> all(String name, String kind) {
        return spans().stream()
                .filter(span -> span.name().equals(name) && span.kind().equals(kind))
                .toList();
    }

    /** Points of the histogram of this name, by their attributes. */
    Map<Map<String, String>, HistogramPointData> points(String name) {
        Map<Map<String, String>, HistogramPointData> points = new HashMap<>();
        telemetry.metrics().stream()
                .filter(metric -> metric.getName().equals(name))
                .flatMap(metric -> metric.getHistogramData().getPoints().stream())
                .forEach(point -> points.put(McpSpanLine.map(point.getAttributes()), point));
        return points;
    }

    MetricData metric(String name) {
        return telemetry.metrics().stream()
                .filter(metric -> metric.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void close() {
        mcp.close();
        openTelemetry.close();
    }
}
