package dev.llmpropagation.doctor;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Takes ids, ports, times and bars out of a report. Equal ids stay equal. */
final class Masks {

    private static final Pattern TRACEPARENT = Pattern.compile("\\b00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}\\b");
    private static final Pattern TIMES = Pattern.compile("│[ ─░┃█╂]{28}│ +\\d+ ms +\\d+ ms");
    private static final Pattern PORT = Pattern.compile("(localhost|127\\.0\\.0\\.1):\\d+");

    private Masks() {}

    static String masked(String report) {
        Map<String, String> names = new HashMap<>();
        String withoutIds = TRACEPARENT.matcher(report).replaceAll(match -> "00-%s-%s-FLAGS"
                .formatted(name(names, "TRACE", match.group(1)), name(names, "SPAN", match.group(2))));
        String withoutTimes = TIMES.matcher(withoutIds).replaceAll(Matcher.quoteReplacement("│BAR│ START DURATION"));
        return PORT.matcher(withoutTimes).replaceAll("$1:PORT");
    }

    private static String name(Map<String, String> names, String kind, String id) {
        return names.computeIfAbsent(id, unknown -> kind + (names.size() + 1));
    }
}
