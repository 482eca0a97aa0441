package dev.llmpropagation.scenarios.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The map of CONTRIBUTING.md leads to code that is there, and has every name of the reference pages. */
class MapTest {

    private static final Pattern ROW = Pattern.compile("\\| `([^`]+)` \\| `(\\w+)` \\| `(\\w+)\\.(\\w+)` \\|");
    private static final Pattern NAME = Pattern.compile("\\| `([^`]+)` \\|.*");

    @Test
    void everyRow_leadsToAClassAndATest() throws IOException {
        Sources sources = Sources.read();
        List<String> wrong = new ArrayList<>();
        for (Matcher row : rows()) {
            if (!sources.hasMain(row.group(2))) {
                wrong.add("class " + row.group(2));
            }
            if (!sources.hasTest(row.group(3), row.group(4))) {
                wrong.add("test " + row.group(3) + "." + row.group(4));
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void everyNameOfTheReference_isOnTheMap() throws IOException {
        Set<String> known = new TreeSet<>();
        rows().forEach(row -> known.add(row.group(1)));
        Set<String> told = new TreeSet<>();
        for (String page : List.of("telemetry-reference.md", "daemon-reference.md")) {
            for (String section :
                    Files.readString(Sources.ROOT.resolve("docs").resolve(page)).split("\n## ")) {
                if (section.startsWith("Spans") || section.startsWith("Metrics") || section.startsWith("Log events")) {
                    // The first table of a section: what follows tells of operations.
                    section.substring(section.indexOf("\n|"))
                            .stripLeading()
                            .split("\n\n", 2)[0]
                            .lines()
                            .map(NAME::matcher)
                            .filter(Matcher::matches)
                            .forEach(row -> told.add(row.group(1)));
                }
            }
        }
        assertThat(told).hasSizeGreaterThan(40);
        assertThat(known).containsAll(told);
    }

    @Test
    void classesWhereSomethingNewGoes_exist() throws IOException {
        Sources sources = Sources.read();
        String text = Files.readString(Sources.ROOT.resolve("CONTRIBUTING.md"));
        String table = text.substring(text.indexOf("## Where something new goes"), text.indexOf("## The map"));
        Matcher named = Pattern.compile("`(?:\\w+\\.)?([A-Z]\\w+[a-z]\\w*)`").matcher(table);
        List<String> missing = new ArrayList<>();
        while (named.find()) {
            if (!sources.hasMain(named.group(1)) && !sources.hasTest(named.group(1))) {
                missing.add(named.group(1));
            }
        }
        assertThat(missing).isEmpty();
    }

    private static List<Matcher> rows() throws IOException {
        return Files.readString(Sources.ROOT.resolve("CONTRIBUTING.md"))
                .lines()
                .map(ROW::matcher)
                .filter(Matcher::matches)
                .toList();
    }
}
