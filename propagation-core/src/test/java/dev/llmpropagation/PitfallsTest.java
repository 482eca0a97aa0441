package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each pitfall of the reference that concerns us here has a test by its number, or a reason in RATIONALE.md. */
class PitfallsTest {

    private static final Pattern NUMBER = Pattern.compile("\\d+");

    // pitfall_12_34_subject_condition, pitfall12_subject_condition or subject_condition_12_34
    private static final Pattern TEST =
            Pattern.compile("void (?:pitfall_?(\\d+(?:_\\d+)*)_\\w+|[a-z]\\w*?_[a-zA-Z]\\w*?((?:_\\d+)+))\\(");

    private static final Pattern LINE = Pattern.compile("(?m)^\\| ([\\d, ]+) \\|");

    /** @param ranges as {@code 1-58 65} */
    @ParameterizedTest
    @CsvSource({
        "'', 1-64 66-92 114-124",
        "', in carriers', 5-13 24-26 56-58 65 77 93-121",
        "', in a daemon', 5-13 24-26 56-58 65 77 93-121",
    })
    void everyPitfall_hasATestOrAReason(String where, String ranges) throws IOException {
        Set<Integer> missing = new TreeSet<>();
        for (String range : ranges.split(" ")) {
            int[] ends = NUMBER.matcher(range)
                    .results()
                    .mapToInt(number -> Integer.parseInt(number.group()))
                    .toArray();
            IntStream.rangeClosed(ends[0], ends[ends.length - 1]).forEach(missing::add);
        }
        missing.removeAll(tested());
        missing.removeAll(explained(where));
        assertThat(missing).as("pitfalls with neither").isEmpty();
    }

    private static Set<Integer> explained(String where) throws IOException {
        String rationale = Files.readString(Path.of("RATIONALE.md"));
        String title = "\n## Pitfalls that cannot occur here" + where + "\n";
        return numbers(LINE, rationale.split(title, -1)[1].split("\n## ", -1)[0]);
    }

    private static Set<Integer> tested() throws IOException {
        Set<Integer> numbers = new TreeSet<>();
        for (String module : List.of(
                ".",
                "../providers-openai",
                "../providers-gemini",
                "../verification/testkit",
                "../verification/doctor",
                "../verification/scenarios")) {
            try (Stream<Path> files = Files.walk(Path.of(module, "src", "test", "java"))) {
                for (Path file : files.filter(path -> path.toString().endsWith("Test.java"))
                        .toList()) {
                    numbers.addAll(numbers(TEST, Files.readString(file)));
                }
            }
        }
        return numbers;
    }

    private static Set<Integer> numbers(Pattern pattern, String text) {
        Set<Integer> numbers = new TreeSet<>();
        Matcher matcher = pattern.matcher(text);
        while (matcher.find()) {
            for (int group = 1; group <= matcher.groupCount(); group++) {
                if (matcher.group(group) != null) {
                    NUMBER.matcher(matcher.group(group))
                            .results()
                            .forEach(number -> numbers.add(Integer.valueOf(number.group())));
                }
            }
        }
        return numbers;
    }
}
