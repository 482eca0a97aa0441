package dev.llmpropagation.comparison;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

import dev.llmpropagation.fixtures.Slow;
import dev.llmpropagation.testkit.ClientConformance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.platform.engine.TestExecutionResult;
import org.junit.platform.engine.TestExecutionResult.Status;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestIdentifier;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;

/** The conformance kit on instrumentations of OkHttp. docs/comparison.md is what comes out. */
class ComparisonTest {

    private static final Path PAGE = Path.of("../../docs/comparison.md");
    private static final String BEGIN = "<!-- generated -->\n";
    private static final String END = "<!-- end -->\n";

    /** With {@code -Dcomparison.write=true} the table is written. */
    @Slow
    @Test
    void page_showsWhatWasSeen() throws IOException {
        String page = Files.readString(PAGE);
        int begin = page.indexOf(BEGIN) + BEGIN.length();
        int end = page.indexOf(END);
        String table = table();
        if (Boolean.getBoolean("comparison.write")) {
            Files.writeString(PAGE, page.substring(0, begin) + table + page.substring(end));
        } else {
            assertThat(page.substring(begin, end)).isEqualTo(table);
        }
    }

    private static String table() {
        Map<String, Map<String, Status>> columns = new LinkedHashMap<>();
        columns.put("this library", run(Contender.Ours.class));
        columns.put("opentelemetry-okhttp-3.0", run(Contender.OpenTelemetryOkHttp.class));
        columns.put("OpenTelemetry Java agent", AgentRun.run());
        columns.put("Micrometer", run(Contender.Micrometer.class));
        columns.put("Brave", run(Contender.Brave.class));
        assertThat(columns.values()).allSatisfy(column -> assertThat(column).containsOnlyKeys(promises()));
        StringBuilder table = new StringBuilder();
        row(table, "", List.copyOf(columns.keySet()));
        row(table, "---", columns.keySet().stream().map(column -> ":---:").toList());
        for (String promise : promises()) {
            List<Status> seen =
                    columns.values().stream().map(column -> column.get(promise)).toList();
            if (seen.stream().anyMatch(status -> status != Status.ABORTED)) {
                row(table, promise, seen.stream().map(ComparisonTest::sign).toList());
            }
        }
        return table.toString();
    }

    private static String sign(Status status) {
        return switch (status) {
            case SUCCESSFUL -> "yes";
            case FAILED -> "no";
            case ABORTED -> "not run";
        };
    }

    private static void row(StringBuilder table, String first, List<String> cells) {
        table.append("| ")
                .append(first)
                .append(" | ")
                .append(String.join(" | ", cells))
                .append(" |\n");
    }

    /** In the order of their names, which is that of no library. */
    private static List<String> promises() {
        return Arrays.stream(ClientConformance.class.getDeclaredMethods())
                .filter(method -> method.isAnnotationPresent(Test.class))
                .map(method -> method.getAnnotation(DisplayName.class).value())
                .sorted()
                .toList();
    }

    /** By the name that is shown. */
    static Map<String, Status> run(Class<? extends ClientConformance> test) {
        Map<String, Status> results = new TreeMap<>();
        LauncherFactory.create()
                .execute(
                        LauncherDiscoveryRequestBuilder.request()
                                .selectors(selectClass(test))
                                .build(),
                        new TestExecutionListener() {
                            @Override
                            public void executionFinished(TestIdentifier identifier, TestExecutionResult result) {
                                if (identifier.isTest()) {
                                    results.put(identifier.getDisplayName(), result.getStatus());
                                    if (Boolean.getBoolean("comparison.verbose")) {
                                        System.out.println(test.getSimpleName() + ": " + identifier.getDisplayName()
                                                + ": " + result);
                                    }
                                }
                            }
                        });
        return results;
    }
}
