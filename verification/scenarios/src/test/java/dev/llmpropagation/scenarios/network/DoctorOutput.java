package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import dev.llmpropagation.doctor.check.CheckCommand;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import picocli.CommandLine;

/**
 * Runs {@code doctor check} and keeps all that it says: to its own streams, to those of the JVM, and to loggers at every
 * level. After each test there must be no secret in any of it.
 */
final class DoctorOutput implements BeforeEachCallback, AfterEachCallback {

    /** Part of each secret that is given to it. */
    static final String MARKER = "MARKER";

    private static final JsonSchema SCHEMA = schema();
    /** The test's own server. */
    private static final Logger SERVER = Logger.getLogger("com.sun.net.httpserver");

    private final StringWriter printed = new StringWriter();
    private final Said said = new Said();

    @Override
    public void beforeEach(ExtensionContext context) {
        printed.getBuffer().setLength(0);
        SERVER.setLevel(Level.OFF);
        said.beforeEach(context);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        said.afterEach(context);
        SERVER.setLevel(null);
        assertThat(printed()).as("its output").isNotEmpty();
        assertThat(printed() + "\n" + said.text()).doesNotContain(MARKER).doesNotContain(Squid.USER + ':');
    }

    /** What the doctor has printed in this test. */
    String printed() {
        return printed.toString();
    }

    int check(String... args) {
        PrintWriter writer = new PrintWriter(printed, true);
        return new CommandLine(new CheckCommand()).setOut(writer).setErr(writer).execute(args);
    }

    /** The report as JSON, which is as the schema says. */
    JsonNode json(int exitCode, List<String> args) throws IOException {
        int before = printed.getBuffer().length();
        List<String> all = new ArrayList<>(args);
        all.add("--json");
        int actual = check(all.toArray(String[]::new));
        String text = printed().substring(before);
        assertThat(actual).as(text).isEqualTo(exitCode);
        JsonNode report = new ObjectMapper().readTree(text);
        assertThat(SCHEMA.validate(report)).as(text).isEmpty();
        return report;
    }

    /** By its report as JSON. */
    JsonNode assertFails(int exitCode, String stage, String failureClass, List<String> args) throws IOException {
        JsonNode report = json(exitCode, args);
        assertThat(report.path("ok").asBoolean()).isFalse();
        assertThat(report.path("exitCode").asInt()).isEqualTo(exitCode);
        assertThat(report.path("failedStage").asText()).isEqualTo(stage);
        assertThat(report.path("failureClass").asText()).isEqualTo(failureClass);
        boolean passed = true;
        for (JsonNode each : report.path("stages")) {
            boolean failed = each.path("stage").asText().equals(stage);
            if (failed) {
                assertThat(each.path("remedy").asText()).as("remedy").isNotBlank();
                passed = false;
            }
            assertThat(each.path("status").asText())
                    .as(each.toString())
                    .isIn(
                            failed
                                    ? List.of("failed")
                                    : passed ? List.of("passed", "warning", "skipped") : List.of("skipped"));
        }
        return report;
    }

    /** The same run twice: once as JSON, once as text. A few of each stage are enough: both are of one report. */
    JsonNode assertFailsInBothForms(int exitCode, String stage, String failureClass, List<String> args)
            throws IOException {
        JsonNode report = assertFails(exitCode, stage, failureClass, args);
        int before = printed.getBuffer().length();
        assertThat(check(args.toArray(String[]::new))).isEqualTo(exitCode);
        assertThat(printed().substring(before)).contains("✗ failed: ").contains("(exit code " + exitCode + ")");
        return report;
    }

    static List<String> statuses(JsonNode report) {
        List<String> statuses = new ArrayList<>();
        report.path("stages").forEach(stage -> statuses.add(stage.path("status").asText()));
        return statuses;
    }

    private static JsonSchema schema() {
        try {
            return JsonSchemaFactory.getInstance(VersionFlag.V202012)
                    .getSchema(Files.readString(Path.of("..", "..", "docs", "doctor-check.schema.json")));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
