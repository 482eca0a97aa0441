package dev.llmpropagation.scenarios.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The groups of {@code bin/mutations} name classes that are there: PIT passes over one that is not, without a word. */
class MutationGroupsTest {

    private static final Pattern LIST = Pattern.compile("<target(Classes|Tests)>(.*?)</target", Pattern.DOTALL);
    private static final Pattern NAME = Pattern.compile("<param>([\\w.]+)</param>");

    /** Slow for one change out of a thousand, or about memory and reachability, which no single change moves. */
    private static final Set<String> LEFT_OUT = Set.of(
            "CrowdTest",
            "ReachabilityTest",
            "ChildProcessTest",
            "StepsMemoryTest",
            "HotPathAllocationTest",
            "ScannerMemoryTest",
            "WireBodiesCutAnywhereTest");

    @ParameterizedTest
    @ValueSource(strings = {"propagation-core", "verification/testkit"})
    void namedClasses_exist(String module) throws IOException {
        Path folder = Sources.ROOT.resolve(module);
        List<String> named = new ArrayList<>();
        List<String> missing = new ArrayList<>();
        Matcher list = LIST.matcher(Files.readString(folder.resolve("pom.xml")));
        while (list.find()) {
            Path sources = folder.resolve(list.group(1).equals("Tests") ? "src/test/java" : "src/main/java");
            Matcher name = NAME.matcher(list.group(2));
            while (name.find()) {
                named.add(name.group(1));
                if (!Files.exists(sources.resolve(name.group(1).replace('.', '/') + ".java"))) {
                    missing.add(name.group(1));
                }
            }
        }
        assertThat(named).hasSizeGreaterThan(5);
        assertThat(missing).isEmpty();
    }

    /** Else a change is taken for one that nobody notices, since who would is not asked. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "agent",
                "carrier",
                "daemon",
                "destination",
                "internal/content",
                "internal/model",
                "internal/span",
                "sdk",
                "session"
            })
    void testsOfWhatAGroupChanges_areInIt(String folder) throws IOException {
        Path module = Sources.ROOT.resolve("propagation-core");
        String groups = Files.readString(module.resolve("pom.xml"));
        Path tests = module.resolve("src/test/java/dev/llmpropagation").resolve(folder);
        try (Stream<Path> files = Files.list(tests)) {
            assertThat(files.map(file -> file.getFileName().toString())
                            .filter(name -> name.endsWith("Test.java") && !name.endsWith("PropertyTest.java"))
                            .map(name -> name.replace(".java", ""))
                            .filter(name -> !LEFT_OUT.contains(name)))
                    .isNotEmpty()
                    .allSatisfy(name -> assertThat(groups)
                            .contains(
                                    "<param>dev.llmpropagation." + folder.replace('/', '.') + '.' + name + "</param>"));
        }
    }
}
