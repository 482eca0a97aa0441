package dev.llmpropagation.internal.span;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A reference page in the making: tables of what the enums say. */
public final class ReferencePage {

    private final boolean ofADaemon;
    private final StringBuilder text = new StringBuilder();

    public ReferencePage(boolean ofADaemon) {
        this.ofADaemon = ofADaemon;
    }

    /** With {@code -Dreference.write=true} the page is written. */
    public static String stored(String name, String generated) throws IOException {
        Path page = Path.of("../docs", name);
        if (Boolean.getBoolean("reference.write")) {
            Files.writeString(page, generated);
        }
        return Files.readString(page);
    }

    public ReferencePage text(String more) {
        text.append(more);
        return this;
    }

    public ReferencePage attributes() {
        text.append(
                ofADaemon
                        ? "| attribute | type | on | |\n|---|---|---|---|\n"
                        : "| attribute | type | at most | earlier | 0.1 | on | |\n|---|---|---|---|---|---|---|\n");
        for (Attribute attribute : Attribute.values()) {
            String on = places(attribute);
            if (!on.isEmpty()) {
                String bound = attribute.maxLength() == 0 ? "" : Integer.toString(attribute.maxLength());
                row(
                        code(attribute.key().getKey()),
                        words(attribute.key().getType()) + (ofADaemon ? "" : " | " + bound + sets(attribute::isOf)),
                        on,
                        attribute.description);
            }
        }
        return this;
    }

    public ReferencePage metrics() {
        text.append("\n## Metrics\n\n| metric | kind | unit |")
                .append(ofADaemon ? "" : " earlier | 0.1 |")
                .append(" attributes | buckets | |\n|---|---|---|")
                .append(ofADaemon ? "" : "---|---|")
                .append("---|---|---|\n");
        for (Metric metric : metricsOf()) {
            row(
                    code(metric.metricName),
                    words(metric.kind),
                    metric.unit + sets(metric::isOf),
                    names(metric.attributes),
                    metric.buckets.stream().map(ReferencePage::plain).collect(Collectors.joining(", ")),
                    metric.description);
        }
        return this;
    }

    public ReferencePage events() {
        text.append("\n## Log events\n\n| event |")
                .append(ofADaemon ? "" : " earlier | 0.1 |")
                .append(" attributes | |\n|---|")
                .append(ofADaemon ? "" : "---|---|")
                .append("---|---|\n");
        for (LogEvent event : eventsOf()) {
            row(code(event.eventName) + sets(event::isOf), names(event.attributes), event.description);
        }
        return this;
    }

    public ReferencePage row(String... cells) {
        text.append("| ").append(String.join(" | ", cells)).append(" |\n");
        return this;
    }

    public static String code(String name) {
        return '`' + name + '`';
    }

    public List<Metric> metricsOf() {
        return Arrays.stream(Metric.values())
                .filter(metric -> metric.isOfADaemon() == ofADaemon)
                .toList();
    }

    public List<LogEvent> eventsOf() {
        return Arrays.stream(LogEvent.values())
                .filter(event -> event.isOfADaemon() == ofADaemon)
                .toList();
    }

    @Override
    public String toString() {
        return text.toString();
    }

    private String places(Attribute attribute) {
        List<SpanType> all = Arrays.stream(SpanType.values())
                .filter(type -> type.isOfADaemon() == ofADaemon)
                .toList();
        List<SpanType> on = all.stream().filter(attribute.spans::contains).toList();
        boolean metric = has(metricsOf().stream().map(of -> of.attributes), attribute);
        boolean event = has(eventsOf().stream().map(of -> of.attributes), attribute);
        // Of a link, or of a span event that stands in the text.
        boolean elsewhere = attribute == Attribute.LINK_KIND;
        return Stream.of(spans(on, all), metric ? "metrics" : "", event ? "events" : "", elsewhere ? "links" : "")
                .filter(Predicate.not(String::isEmpty))
                .collect(Collectors.joining(", "));
    }

    /** Cells of which sets of names one is. */
    private String sets(Predicate<Convention> isOf) {
        return ofADaemon
                ? ""
                : Arrays.stream(Convention.values())
                        .map(set -> isOf.test(set) ? " | yes" : " | ")
                        .collect(Collectors.joining());
    }

    private static String spans(List<SpanType> on, List<SpanType> all) {
        if (on.equals(all)) {
            return "all spans";
        }
        return on.size() == all.size() - 1 && !on.contains(SpanType.HTTP_ATTEMPT) && all.size() > 2
                ? "all spans but attempts"
                : on.stream().map(ReferencePage::words).collect(Collectors.joining(", "));
    }

    private static boolean has(Stream<List<Attribute>> lists, Attribute attribute) {
        return lists.anyMatch(list -> list.contains(attribute));
    }

    private static String names(List<Attribute> attributes) {
        return attributes.stream()
                .map(attribute -> code(attribute.key().getKey()))
                .collect(Collectors.joining(", "));
    }

    private static String words(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    private static String plain(double bound) {
        return bound == Math.rint(bound) ? Long.toString((long) bound) : Double.toString(bound);
    }
}
