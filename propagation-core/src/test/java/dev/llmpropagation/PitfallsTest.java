package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Each pitfall of the reference that concerns agents has a test by its number, or a reason in RATIONALE.md. */
class PitfallsTest {

    private static final Set<Integer> ALL = Stream.of(
                    IntStream.rangeClosed(1, 58), IntStream.rangeClosed(77, 82), IntStream.rangeClosed(114, 124))
            .flatMap(IntStream::boxed)
            .collect(Collectors.toUnmodifiableSet());

    // pitfall_12_34_subject_condition, pitfall12_subject_condition or subject_condition_12_34
    private static final Pattern TEST =
            Pattern.compile("void (?:pitfall_?(\\d+(?:_\\d+)*)_\\w+|[a-z]\\w*?_[a-zA-Z]\\w*?((?:_\\d+)+))\\(");

    private static final Pattern LINE = Pattern.compile("(?m)^\\| ([\\d, ]+) \\|");

    @Test
    void everyPitfall_hasATestOrAReason() throws IOException {
        Set<Integer> missing = new TreeSet<>(ALL);
        missing.removeAll(tested());
        missing.removeAll(explained());
        assertThat(missing).as("pitfalls with neither").isEmpty();
    }

    private static Set<Integer> explained() throws IOException {
        String rationale = Files.readString(Path.of("RATIONALE.md"));
        String section =
                rationale.split("\n## Pitfalls that cannot occur here\n", -1)[1].split("\n## ", -1)[0];
        return numbers(LINE, section);
    }

    private static Set<Integer> tested() throws IOException {
        Set<Integer> numbers = new TreeSet<>();
        for (String module : new String[] {".", "../providers-openai", "../providers-gemini", "../verification"}) {
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
                    Pattern.compile("\\d+")
                            .matcher(matcher.group(group))
                            .results()
                            .forEach(number -> numbers.add(Integer.valueOf(number.group())));
                }
            }
        }
        return numbers;
    }
}
