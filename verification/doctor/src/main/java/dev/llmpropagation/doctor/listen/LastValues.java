package dev.llmpropagation.doctor.listen;

import dev.llmpropagation.doctor.trace.MetricPoint;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** The value that each series of a metric had when it came last. Not thread-safe. */
final class LastValues {

    /** Series that are kept; of further ones nothing is known. */
    static final int MOST = 2_000;

    private static final int LONGEST_NAME = 300;

    private final Map<String, String> values = new TreeMap<>();

    /** Those that are new, or another number than before; a line for each. */
    List<String> changed(List<MetricPoint> points) {
        List<String> changed = new ArrayList<>();
        for (MetricPoint point : points) {
            String name = name(point);
            String value = value(point);
            if ((values.size() < MOST || values.containsKey(name)) && !value.equals(values.put(name, value))) {
                changed.add(name + "  " + value);
            }
        }
        return changed;
    }

    /** Sorted by their names. */
    List<String> all() {
        return values.entrySet().stream()
                .map(series -> series.getKey() + "  " + series.getValue())
                .toList();
    }

    private static String name(MetricPoint point) {
        String service = point.service().isEmpty() ? "" : point.service() + ": ";
        String labels = point.attributes().isEmpty() ? "" : new TreeMap<>(point.attributes()).toString();
        String name = service + point.name() + labels;
        // Those that begin alike are still two.
        return name.length() > LONGEST_NAME ? name.substring(0, LONGEST_NAME) + "…#" + digest(name) : name;
    }

    /** Of 64 bits, as hex digits. */
    private static String digest(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest, 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }

    private static String value(MetricPoint point) {
        String unit = point.unit().isEmpty() || point.unit().startsWith("{") ? "" : ' ' + point.unit();
        if (!point.histogram()) {
            return number(point.value()) + unit;
        }
        double mean = point.value() == 0 ? 0 : point.sum() / point.value();
        return number(point.value()) + " times, " + number(mean) + unit + " on average";
    }

    private static String number(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? String.format(Locale.ROOT, "%.0f", value)
                : String.format(Locale.ROOT, "%.3g", value);
    }
}
