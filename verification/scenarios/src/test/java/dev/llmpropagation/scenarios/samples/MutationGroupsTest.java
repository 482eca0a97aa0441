package dev.llmpropagation.scenarios.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The groups of {@code bin/mutations} name classes that are there: PIT passes over one that is not, without a word. */
class MutationGroupsTest {

    private static final Pattern LIST = Pattern.compile("<target(Classes|Tests)>(.*?)</target", Pattern.DOTALL);
    private static final Pattern NAME = Pattern.compile("<param>([\\w.]+)</param>");

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
}
