package dev.llmpropagation.scenarios.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** {@code docs/pitfalls.md} and the tests name each other. */
class PitfallsPageTest {

    private static final Pattern ROW = Pattern.compile("\\| (\\d+) \\| [^|]+ \\| [^|]+ \\| ([^|]+) \\|");
    private static final Pattern TESTS = Pattern.compile("`\\w+\\.\\w+`(, `\\w+\\.\\w+`)*");
    private static final Pattern NAMED = Pattern.compile("`(\\w+)\\.(\\w+)`");
    private static final Pattern METHOD = Pattern.compile("void (\\w+)\\(");
    private static final Pattern NUMBERED = Pattern.compile("pitfall((?:_\\d+)+)_[a-z]\\w*");

    @Test
    void numbers_runWithoutAGap() throws IOException {
        assertThat(rows().keySet())
                .containsExactlyElementsOf(
                        IntStream.rangeClosed(1, rows().size()).boxed().toList())
                .hasSizeGreaterThan(100);
    }

    @Test
    void everyPitfall_hasTestsThatExistOrAReason() throws IOException {
        Sources sources = Sources.read();
        List<String> wrong = new ArrayList<>();
        rows().forEach((number, held) -> {
            if (held.startsWith("Does not apply: ")) {
                return;
            }
            if (!TESTS.matcher(held).matches()) {
                wrong.add(number + ": " + held);
            }
            Matcher named = NAMED.matcher(held);
            while (named.find()) {
                if (!sources.hasTest(named.group(1), named.group(2))) {
                    wrong.add(number + ": " + named.group());
                }
            }
        });
        assertThat(wrong).isEmpty();
    }

    @Test
    void everyTestWithANumber_standsThere() throws IOException {
        Map<Integer, String> rows = rows();
        List<String> missing = new ArrayList<>();
        int tests = 0;
        for (Map.Entry<String, List<String>> file : Sources.read().tests().entrySet()) {
            Matcher method = METHOD.matcher(String.join("\n", file.getValue()));
            while (method.find()) {
                Matcher numbered = NUMBERED.matcher(method.group(1));
                if (!numbered.matches()) {
                    continue;
                }
                tests++;
                String named = "`" + file.getKey() + "." + method.group(1) + "`";
                for (String number : numbered.group(1).substring(1).split("_")) {
                    if (!rows.getOrDefault(Integer.valueOf(number), "").contains(named)) {
                        missing.add(number + ": " + named);
                    }
                }
            }
        }
        assertThat(missing).isEmpty();
        assertThat(tests).isGreaterThan(100);
    }

    @Test
    void numbersInNames_haveOneForm() throws IOException {
        Pattern other = Pattern.compile("\\w*_\\d+|pitfall\\w*");
        List<String> wrong = new ArrayList<>();
        Sources.read().tests().forEach((name, texts) -> {
            Matcher method = METHOD.matcher(String.join("\n", texts));
            while (method.find()) {
                if (other.matcher(method.group(1)).matches()
                        && !NUMBERED.matcher(method.group(1)).matches()) {
                    wrong.add(name + "." + method.group(1));
                }
            }
        });
        assertThat(wrong).as("pitfall_45_subject_condition").isEmpty();
    }

    /** What holds each pitfall, by its number, in the order of the page. */
    private static Map<Integer, String> rows() throws IOException {
        Map<Integer, String> rows = new LinkedHashMap<>();
        for (String line : Files.readAllLines(Sources.ROOT.resolve("docs/pitfalls.md"))) {
            Matcher row = ROW.matcher(line);
            if (row.matches()) {
                assertThat(rows.put(Integer.valueOf(row.group(1)), row.group(2)))
                        .as(line)
                        .isNull();
            }
        }
        return rows;
    }
}
