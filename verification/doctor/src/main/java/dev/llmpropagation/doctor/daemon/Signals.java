package dev.llmpropagation.doctor.daemon;

import dev.llmpropagation.doctor.trace.MetricPoint;
import dev.llmpropagation.doctor.trace.TraceLog;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Log records and metrics, in short, and whether they fit to the spans. */
public final class Signals {

    private Signals() {}

    /** One line for each log event and each metric of each service. */
    public static List<String> summary(Collection<TraceLog> logs, Collection<MetricPoint> metrics) {
        List<String> lines = new ArrayList<>();
        lines.add("Log records: " + logs.size());
        Map<String, Long> events = new TreeMap<>(logs.stream()
                .collect(Collectors.groupingBy(log -> row(log.service(), log.name()), Collectors.counting())));
        events.forEach((event, count) -> lines.add(String.format(Locale.ROOT, "%s%5d", event, count)));
        lines.add("Metrics:");
        Map<String, List<MetricPoint>> series = new TreeMap<>(metrics.stream()
                .collect(Collectors.groupingBy(point -> row(point.service(), point.name()), Collectors.toList())));
        series.forEach((metric, points) -> lines.add(metric + total(points)));
        return lines;
    }

    private static String row(String service, String name) {
        return String.format(Locale.ROOT, "  %-7s %-44s", service, name);
    }

    private static String total(List<MetricPoint> points) {
        double value = points.stream().mapToDouble(MetricPoint::value).sum();
        double sum = points.stream().mapToDouble(MetricPoint::sum).sum();
        String unit = points.get(0).unit();
        if (value == sum) {
            return String.format(Locale.ROOT, "%5.0f", value) + (unit.equals("By") ? " bytes" : "");
        }
        double average = sum / value;
        String format = average < 100 ? "%5.0f, on average %.3g %s" : "%5.0f, on average %.0f %s";
        return String.format(Locale.ROOT, format, value, average, unit);
    }

    /** What is wrong with them; empty if nothing is. */
    public static List<String> flaws(
            Collection<TraceLog> logs, Collection<MetricPoint> metrics, Collection<TraceSpan> spans) {
        List<String> flaws = new ArrayList<>();
        Set<String> ids =
                spans.stream().map(span -> span.traceId() + span.spanId()).collect(Collectors.toSet());
        for (TraceLog log : logs) {
            if (!log.spanId().isEmpty() && !ids.contains(log.traceId() + log.spanId())) {
                flaws.add("log event " + log.name() + " names a span that nobody sent");
            }
        }
        for (String service : List.of("daemon", "agents")) {
            if (logs.stream().noneMatch(log -> log.service().equals(service))) {
                flaws.add("no log record of the service " + service);
            }
            if (metrics.stream().noneMatch(point -> point.service().equals(service))) {
                flaws.add("no metric of the service " + service);
            }
        }
        return flaws;
    }
}
