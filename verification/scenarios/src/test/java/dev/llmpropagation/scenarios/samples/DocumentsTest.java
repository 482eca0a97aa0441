package dev.llmpropagation.scenarios.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The documents say what the code says. Before each Java sample stands {@code <!-- sample: NAME -->}: a file of this
 * package, or of the modules beside, from its imports on, or the lines between {@code // sample: NAME} and
 * {@code // end} in one of them.
 */
class DocumentsTest {

    private static final Path ROOT = Path.of("../..");
    // of two files of one name the last counts
    private static final List<Path> SAMPLES = List.of(
            Path.of("../comparison/src/test/java"),
            Path.of("../frameworks/src/test/java"),
            Path.of("../examples/kotlin/src/test/kotlin"),
            Path.of("src/test/java/dev/llmpropagation/scenarios/samples"));
    private static final Pattern FENCE =
            Pattern.compile("(?:<!-- sample: (\\w+) -->\n)?```(?:java|kotlin)\n(.*?)```", Pattern.DOTALL);
    private static final Pattern REGION = Pattern.compile("// sample: (\\w+)\n(.*?)\n *// end", Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(?:#[^)]*)?\\)");
    private static final Pattern TEST_NAME = Pattern.compile("`(\\w+Test)(?:\\.(\\w+))?`");

    @Test
    void javaSamples_areThoseThatRun() throws IOException {
        Map<String, String> samples = samples();
        List<String> shown = new ArrayList<>();
        for (Path document : documents()) {
            Matcher fence = FENCE.matcher(Files.readString(document));
            while (fence.find()) {
                assertThat(fence.group(2))
                        .as("%s: %s", document, fence.group(1))
                        .isEqualTo(samples.get(fence.group(1)));
                shown.add(fence.group(1));
            }
        }
        assertThat(shown).contains("OpenAiQuickstart", "GeminiQuickstart", "Telemetry", "destinations");
    }

    @Test
    void links_leadToFiles() throws IOException {
        for (Path document : documents()) {
            Matcher link = LINK.matcher(Files.readString(document));
            while (link.find()) {
                assertThat(document.resolveSibling(link.group(1)))
                        .as("link in %s", document)
                        .exists();
            }
        }
    }

    @Test
    void testsThatAreNamed_exist() throws IOException {
        Sources sources = Sources.read();
        for (String page : List.of("docs/differences.md", "SECURITY.md")) {
            Matcher named = TEST_NAME.matcher(Files.readString(ROOT.resolve(page)));
            List<String> missing = new ArrayList<>();
            int count = 0;
            while (named.find()) {
                count++;
                String method = named.group(2);
                if (!(method == null ? sources.hasTest(named.group(1)) : sources.hasTest(named.group(1), method))) {
                    missing.add(named.group());
                }
            }
            assertThat(missing).as(page).isEmpty();
            assertThat(count).as(page).isPositive();
        }
    }

    private static Map<String, String> samples() throws IOException {
        Map<String, String> samples = new HashMap<>();
        for (Path folder : SAMPLES) {
            for (Path source : files(folder, folder.endsWith("kotlin") ? ".kt" : ".java")) {
                String text = Files.readString(source);
                samples.put(
                        source.getFileName().toString().replaceFirst("\\.\\w+$", ""),
                        text.substring(Math.max(0, text.indexOf("import "))));
                Matcher region = REGION.matcher(text);
                while (region.find()) {
                    samples.put(region.group(1), region.group(2).stripIndent() + "\n");
                }
            }
        }
        return samples;
    }

    private static List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>(files(ROOT.resolve("docs"), ".md"));
        for (String name : List.of("README.md", "CONTRIBUTING.md", "SECURITY.md", "RELEASING.md")) {
            documents.add(ROOT.resolve(name));
        }
        return documents;
    }

    private static List<Path> files(Path folder, String suffix) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(file -> file.toString().endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }
}
