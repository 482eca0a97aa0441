package dev.llmpropagation.doctor.trace;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/** A page as it grows. Not thread-safe. */
final class Html {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS'Z'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private final StringBuilder html = new StringBuilder();

    /** Markup of our own. */
    Html raw(String markup) {
        html.append(markup);
        return this;
    }

    /** Text of others, between tags or in double quotes. */
    Html text(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '&' -> html.append("&amp;");
                case '<' -> html.append("&lt;");
                case '>' -> html.append("&gt;");
                case '"' -> html.append("&quot;");
                case '\'' -> html.append("&#39;");
                case '\0' -> html.append('\ufffd');
                default -> html.append(c);
            }
        }
        return this;
    }

    /** A part of the whole. */
    Html percent(String attribute, double part) {
        html.append(' ')
                .append(attribute)
                .append("=\"")
                .append(String.format(Locale.ROOT, "%.3f", Math.max(0, Math.min(1, part)) * 100))
                .append("%\"");
        return this;
    }

    static String grouped(long number) {
        return String.format(Locale.ROOT, "%,d", number).replace(',', '\u202f');
    }

    static String time(long nanos) {
        return TIME.format(Instant.ofEpochSecond(nanos / 1_000_000_000, nanos % 1_000_000_000));
    }

    static String duration(long nanos) {
        return duration((double) nanos);
    }

    static String duration(double nanos) {
        if (nanos == 0) {
            return "0";
        }
        if (nanos < 999_500) {
            return String.format(Locale.ROOT, "%.0f µs", nanos / 1e3);
        }
        if (nanos < 999_500_000) {
            return String.format(
                    Locale.ROOT,
                    nanos < 9_995_000 ? "%.2f ms" : nanos < 99_950_000 ? "%.1f ms" : "%.0f ms",
                    nanos / 1e6);
        }
        long seconds = Math.round(nanos / 1e9);
        if (seconds < 100) {
            return String.format(Locale.ROOT, "%.2f s", nanos / 1e9);
        }
        return seconds < 6000
                ? String.format(Locale.ROOT, "%d m %02d s", seconds / 60, seconds % 60)
                : String.format(Locale.ROOT, "%d h %02d m", seconds / 3600, seconds / 60 % 60);
    }

    @Override
    public String toString() {
        return html.toString();
    }
}
