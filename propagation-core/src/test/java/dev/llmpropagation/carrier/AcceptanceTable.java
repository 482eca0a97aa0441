package dev.llmpropagation.carrier;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/**
 * What counts as a parent, for every way by which one comes in: {@code @MethodSource} with the full name of {@link #rows}.
 * The W3C recommendation, and where it leaves a choice, the reference.
 */
public final class AcceptanceTable {

    public static final String ROWS = "dev.llmpropagation.carrier.AcceptanceTable#rows";

    static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    static final String SPAN = "00f067aa0ba902b7";

    private static final String GOOD = "00-" + TRACE + "-" + SPAN + "-01";
    private static final String UPPER = TRACE.replace('b', 'B');

    private AcceptanceTable() {}

    /** A {@code traceparent}, and its flags if it is one, else null. */
    public static Stream<Arguments> rows() {
        return Stream.concat(
                Map.ofEntries(
                                Map.entry(GOOD, "01"),
                                Map.entry(with("00", TRACE, SPAN, "00"), "00"),
                                Map.entry(with("00", TRACE, SPAN, "03"), "03"),
                                Map.entry(with("00", TRACE, SPAN, "ff"), "ff"),
                                Map.entry(with("01", TRACE, SPAN, "01"), "01"),
                                Map.entry(with("fe", TRACE, SPAN, "01"), "01"),
                                Map.entry(with("01", TRACE, SPAN, "01") + "-what-comes-later", "01"),
                                Map.entry(with("cc", TRACE, SPAN, "01") + "-", "01"),
                                Map.entry(" " + GOOD, "01"),
                                Map.entry(GOOD + " ", "01"),
                                Map.entry("\t" + GOOD + "\n", "01"))
                        .entrySet()
                        .stream()
                        .map(row -> Arguments.of(row.getKey(), row.getValue())),
                List.of(
                                "",
                                " ",
                                "  " + GOOD,
                                GOOD + "  ",
                                GOOD + ";",
                                GOOD + "-",
                                GOOD + "-01",
                                GOOD + "," + GOOD,
                                with("ff", TRACE, SPAN, "01"),
                                with("0", TRACE, SPAN, "01"),
                                with("000", TRACE, SPAN, "01"),
                                with("0g", TRACE, SPAN, "01"),
                                with("FE", TRACE, SPAN, "01"),
                                with("01", TRACE, SPAN, "01") + "later",
                                with("01", TRACE, SPAN, "01") + "-\r\nforged: header",
                                with("00", "0".repeat(32), SPAN, "01"),
                                with("00", TRACE, "0".repeat(16), "01"),
                                with("00", UPPER, SPAN, "01"),
                                with("00", TRACE, SPAN.replace('f', 'F'), "01"),
                                with("00", TRACE, SPAN, "0A"),
                                with("00", TRACE.substring(1), SPAN, "01"),
                                with("00", TRACE, SPAN.substring(1), "01"),
                                with("00", TRACE, SPAN, "1"),
                                with("00", TRACE, SPAN, "001"),
                                with("00", TRACE, SPAN, ""),
                                "00-" + TRACE + "-" + SPAN,
                                with("00", TRACE.replace('4', '\u0664'), SPAN, "01"),
                                GOOD.replace('-', '_'),
                                "\u0000" + GOOD,
                                "[\"" + GOOD + "\"]",
                                "null")
                        .stream()
                        .map(row -> Arguments.of(row, null)));
    }

    private static String with(String version, String trace, String span, String flags) {
        return version + '-' + trace + '-' + span + '-' + flags;
    }
}
