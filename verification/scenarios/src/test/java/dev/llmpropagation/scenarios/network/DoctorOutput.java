package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import dev.llmpropagation.doctor.check.CheckCommand;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;
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
    private static final Logger ROOT = Logger.getLogger("");

    /** The test's own server. */
    private static final Logger SERVER = Logger.getLogger("com.sun.net.httpserver");

    private final StringWriter said = new StringWriter();
    private final ByteArrayOutputStream streams = new ByteArrayOutputStream();
    private final List<String> logged = new ArrayList<>();
    private final Handler handler = new Log();
    private final PrintStream out = System.out;
    private final PrintStream err = System.err;
    private Level level;

    @Override
    public void beforeEach(ExtensionContext context) {
        said.getBuffer().setLength(0);
        streams.reset();
        logged.clear();
        level = ROOT.getLevel();
        SERVER.setLevel(Level.OFF);
        handler.setLevel(Level.ALL);
        ROOT.addHandler(handler);
        ROOT.setLevel(Level.ALL);
        PrintStream heard = new PrintStream(streams, true, StandardCharsets.UTF_8);
        System.setOut(heard);
        System.setErr(heard);
    }

    @Override
    public void afterEach(ExtensionContext context) {
        System.setOut(out);
        System.setErr(err);
        ROOT.setLevel(level);
        ROOT.removeHandler(handler);
        SERVER.setLevel(null);
        assertThat(said.toString()).as("its output").isNotEmpty();
        assertThat(all()).doesNotContain(MARKER).doesNotContain(Squid.USER + ':');
    }

    private String all() {
        synchronized (logged) {
            return said + "\n" + streams.toString(StandardCharsets.UTF_8) + "\n" + String.join("\n", logged);
        }
    }

    /** What the doctor has printed in this test. */
    String printed() {
        return said.toString();
    }

    List<String> logged() {
        synchronized (logged) {
            return List.copyOf(logged);
        }
    }

    int check(String... args) {
        PrintWriter writer = new PrintWriter(said, true);
        return new CommandLine(new CheckCommand()).setOut(writer).setErr(writer).execute(args);
    }

    /** The report as JSON, which is as the schema says. */
    JsonNode json(int exitCode, List<String> args) throws IOException {
        int before = said.getBuffer().length();
        List<String> all = new ArrayList<>(args);
        all.add("--json");
        int actual = check(all.toArray(String[]::new));
        String text = said.toString().substring(before);
        assertThat(actual).as(text).isEqualTo(exitCode);
        JsonNode report = new ObjectMapper().readTree(text);
        assertThat(SCHEMA.validate(report)).as(text).isEmpty();
        return report;
    }

    /** The same run twice: once as JSON, once as text. */
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
        int before = said.getBuffer().length();
        assertThat(check(args.toArray(String[]::new))).isEqualTo(exitCode);
        assertThat(said.toString().substring(before)).contains("✗ failed: ").contains("(exit code " + exitCode + ")");
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

    private final class Log extends Handler {

        private final SimpleFormatter formatter = new SimpleFormatter();

        @Override
        public void publish(LogRecord line) {
            synchronized (logged) {
                logged.add(formatter.format(line));
            }
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    }
}
