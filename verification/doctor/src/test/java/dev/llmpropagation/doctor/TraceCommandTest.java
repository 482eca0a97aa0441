package dev.llmpropagation.doctor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** {@code doctor trace} as its user meets it. */
class TraceCommandTest {

    private static final String A = "a".repeat(32);
    private static final String B = "b".repeat(32);

    @TempDir
    Path folder;

    private Path file;
    private Path gateway;
    private String out;
    private String err;

    @BeforeEach
    void write() throws IOException {
        file = Files.writeString(
                folder.resolve("spans.jsonl"),
                line(A, "1", "", "morning", "session-1")
                        + line(A, "2", "1", "call", "session-1")
                        + line(B, "5", "", "evening", "session-2"));
        gateway = Files.writeString(folder.resolve("gateway.jsonl"), line(A, "3", "2", "gateway", "session-1"));
    }

    @Test
    void file_isDrawnTraceByTrace() {
        assertThat(trace(file)).isZero();

        assertThat(out)
                .containsSubsequence(
                        "trace " + A, "2 spans", "session session-1", "morning ", "└─ call ", "trace " + B, "evening ");
        assertThat(err).isEmpty();
    }

    @Test
    void spansOfSeveralFiles_makeOneTree() {
        assertThat(trace(gateway)).isZero();
        assertThat(out).contains("gateway (unknown parent) ");

        assertThat(trace(file, gateway)).isZero();
        assertThat(out).contains("└─ call ", "   └─ gateway ").doesNotContain("unknown parent");
    }

    @Test
    void traceAndSession_areChosen() {
        assertThat(trace(file, "--trace", "BBB")).isZero();
        assertThat(out).contains("evening").doesNotContain("morning");

        assertThat(trace(file, "--session", "session-1")).isZero();
        assertThat(out).contains("morning", "call").doesNotContain("evening");
    }

    @Test
    void choiceOfNothing_namesWhatThereIs() {
        assertThat(trace(file, "--trace", "c", "--session", "session-1")).isEqualTo(1);

        assertThat(err.strip())
                .isEqualTo(
                        "None of the 3 spans of spans.jsonl is of trace c and session session-1. What there is: traces "
                                + A + ", " + B + "; sessions session-1, session-2.");
    }

    @Test
    void page_isWritten() throws IOException {
        Path page = folder.resolve("trace.html");

        assertThat(trace(file, "--html", page)).isZero();

        assertThat(out).isEqualTo("3 spans written to " + page + System.lineSeparator());
        assertThat(Files.readString(page)).startsWith("<!doctype html>").contains("morning", "evening");
    }

    @Test
    void logRecords_standWithTheirSpans() throws IOException {
        Path logs = Files.writeString(folder.resolve("logs.jsonl"), """
                {"resourceLogs":[{"scopeLogs":[{"logRecords":[%s,%s,%s,7,{"traceId":"odd"}]}]}]}
                """.formatted(
                log(A, "2", "later", "5000000"), log(A, "2", "sooner", "3000000"), log(A, "9", "lost", "9000000")));

        assertThat(trace(file, logs, "--trace", "a")).isZero();
        assertThat(out)
                .containsSubsequence(
                        "└─ call ",
                        "log records",
                        "WARN   sooner  in call " + id("2"),
                        "text=<b>\ufffd[2J",
                        "WARN   later  in call " + id("2"),
                        "WARN   lost  in a span that is not here")
                .doesNotContain("evening", "\u001b");

        Path page = folder.resolve("logs.html");
        assertThat(trace(file, logs, "--html", page)).isZero();
        assertThat(Files.readString(page))
                .contains(">2 log records</span>")
                .contains("\"logs\":[{\"name\":\"sooner\",\"severity\":\"WARN\"")
                .doesNotContain("<b>\u001b", "\"lost\"");
    }

    private static String id(String number) {
        return "000000000000000" + number;
    }

    private static String log(String trace, String span, String name, String nanos) {
        return """
                {"traceId":"%s","spanId":"%s","eventName":"%s","timeUnixNano":"%s","severityNumber":13,\
                "attributes":[{"key":"text","value":{"stringValue":"<b>\\u001b[2J"}}]}""".formatted(trace, id(span), name, nanos);
    }

    @Test
    void demo_isSavedAndDrawn() throws IOException {
        Path saved = folder.resolve("demo.jsonl");

        assertThat(execute("demo", "--no-color", "--save", saved)).isZero();
        assertThat(trace(saved)).isZero();

        assertThat(out)
                .contains("program in session-a", "└─ POST #1 localhost 200 completed")
                .doesNotContain("unknown parent");
        assertThat(Files.readString(saved)).doesNotContain(Stage.KEY);
    }

    @Test
    void badFiles_areNamedWithTheReason() throws IOException {
        Path bad = Files.writeString(folder.resolve("bad.jsonl"), "{}\nno json");

        assertThat(trace(bad)).isEqualTo(1);
        assertThat(err).startsWith("bad.jsonl, line 2: this is no JSON: ");
        assertThat(trace(folder.resolve("none.jsonl"))).isEqualTo(1);
        assertThat(err).endsWith("none.jsonl does not exist." + System.lineSeparator());
        assertThat(trace(Files.writeString(bad, "{}"))).isEqualTo(1);
        assertThat(err).startsWith("bad.jsonl holds no spans.");
        assertThat(trace()).isEqualTo(2);
        assertThat(err).contains("FILE");
    }

    @Test
    void pageInAMissingFolder_isNamedSo() {
        assertThat(trace(file, "--html", folder.resolve("none/trace.html"))).isEqualTo(1);
        assertThat(err).startsWith("--html ").contains("there is no folder " + folder.resolve("none"));
    }

    @Test
    void folder_isNoFile() {
        assertThat(trace(folder)).isEqualTo(1);
        assertThat(err).isEqualTo(folder + " is a folder." + System.lineSeparator());
    }

    @Test
    void fileOfSomebodyElse_isNamedSo() throws IOException {
        Files.setPosixFilePermissions(file, Set.of());
        assumeFalse(Files.isReadable(file), "root may read everything");

        assertThat(trace(file)).isEqualTo(1);
        assertThat(err).isEqualTo(file + " may not be opened by you." + System.lineSeparator());
    }

    @Test
    void lineOfManySpans_isDrawn() throws IOException {
        String line = line(A, "1", "", "root", "s");
        String span = line.substring(line.indexOf("{\"traceId"), line.lastIndexOf("]}]}]}"));
        StringBuilder spans = new StringBuilder(span);
        for (int i = 2; i <= 20_000; i++) {
            spans.append(',')
                    .append(span.replace("0".repeat(15) + "1", "%016x".formatted(i))
                            .replace("\"parentSpanId\":\"\"", "\"parentSpanId\":\"" + "0".repeat(15) + "1\""));
        }
        Files.writeString(file, "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[" + spans + "]}]}]}");

        assertThat(trace(file)).isZero();
        assertThat(out).contains("20000 spans").doesNotContain("unknown parent");
        assertThat(trace(file, "--html", folder.resolve("page.html"))).isZero();
        assertThat(out).startsWith("20000 spans written");
    }

    @Test
    void manyTraces_showTheSlowestAndSayWhatIsLeftOut() throws IOException {
        Files.writeString(
                file,
                span(A, 1, 0, "fast", 10, false)
                        + span(B, 2, 0, "slow", 90, false)
                        + span(B, 3, 2, "below", 20, false)
                        + span("c".repeat(32), 4, 0, "faster", 5, true));

        assertThat(trace(file, "--most", 2)).isZero();

        assertThat(out)
                .contains("slow", "└─ below")
                .doesNotContain("fast ")
                .endsWith(
                        "Shown are 2 of 4 spans: those of the slowest traces. 2 traces are left out, the slowest of them"
                                + " with 10.0 ms. With an error, of those left out: 1. --trace and --session choose, --most shows"
                                + " more." + System.lineSeparator());
        assertThat(trace(file, "--most", 2, "--trace", "c")).isZero();
        assertThat(out).contains("faster").doesNotContain("Shown are");
        assertThat(trace(file, "--most", 4)).isZero();
        assertThat(out).contains("faster", "fast ", "slow").doesNotContain("Shown are");
        assertThat(trace(file, "--most", 0)).isEqualTo(2);
    }

    @Test
    void traceOfManySpans_showsItsSlowestUnderAllThatStandsAbove() throws IOException {
        StringBuilder spans =
                new StringBuilder(span(A, 1, 0, "root", 1_000, false) + span(A, 2, 1, "middle", 1, false));
        for (int i = 10; i < 60; i++) {
            spans.append(span(A, i, 1, "other", 100, false));
        }
        spans.append(span(A, 3, 2, "longest", 900, true)).append(span(A, 3, 2, "longest", 900, true));
        Files.writeString(file, spans);
        Path page = folder.resolve("trace.html");

        assertThat(trace(file, "--most", 5, "--html", page)).isZero();

        assertThat(out)
                .startsWith("5 spans written to ")
                .contains("Shown are 5 of 54 spans", "Of trace " + A + " the faster spans are left out.");
        assertThat(Files.readString(page))
                .contains("Shown are 5 of 54 spans", ">longest<", ">middle<", ">root<")
                .doesNotContain("unknown parent");
    }

    @Test
    void halfOfACharacter_isReplacedOnThePage() throws IOException {
        Files.writeString(file, span(A, 1, 0, "half \\ud83d of one", 10, false));
        Path page = folder.resolve("trace.html");

        assertThat(trace(file, "--html", page)).isZero();

        assertThat(Files.readString(page)).contains("half \ufffd of one");
    }

    @Test
    void hugeText_isCutAndSaysSo() throws IOException {
        Files.writeString(file, span(A, 1, 0, "long", 10, false).replace("\"v\"", '"' + "v".repeat(40_000) + '"'));
        Path page = folder.resolve("trace.html");

        assertThat(trace(file, "--html", page)).isZero();

        assertThat(Files.readString(page)).contains("v".repeat(32_768) + "… (7232 characters more)");
    }

    @Test
    void spanWithoutATime_doesNotMakeAnAxisOfDecades() throws IOException {
        Files.writeString(
                file,
                span(A, 1, 0, "root", 10, false)
                        + span(A, 2, 1, "unset", 10, false).replaceAll("UnixNano\":\"[0-9]+", "UnixNano\":\"0")
                        + span(A, 3, 1, "begun", 10, false).replaceAll("start(.*?)\":\"[0-9]+", "start$1\":\"0"));

        assertThat(trace(file)).isZero();

        assertThat(out).contains("10.0 ms   3 spans", "unset (no time)", "begun (no time)");
    }

    @Test
    void fileThatBreaksOff_isDrawnWithANote() throws IOException {
        Files.writeString(file, Files.readString(file) + "{\"resourceSpans\":[");

        assertThat(trace(file)).isZero();

        assertThat(out).contains("evening");
        assertThat(err).startsWith("spans.jsonl, line 4: the file breaks off here");
    }

    private int trace(Object... arguments) {
        Object[] all = new Object[arguments.length + 1];
        all[0] = "trace";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return execute(all);
    }

    private int execute(Object... arguments) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        StringWriter errors = new StringWriter();
        String[] words = new String[arguments.length];
        for (int i = 0; i < words.length; i++) {
            words[i] = arguments[i].toString();
        }
        int exitCode = new CommandLine(new Doctor(new PrintStream(bytes, true, StandardCharsets.UTF_8), builder -> {}))
                .setErr(new PrintWriter(errors, true))
                .execute(words);
        out = bytes.toString(StandardCharsets.UTF_8);
        err = errors.toString();
        return exitCode;
    }

    private static String span(String trace, int id, int parent, String name, int millis, boolean error) {
        return """
                {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"%s","spanId":"%016x","parentSpanId":"%s","name":"%s",\
                "kind":1,"startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"%d","status":{"code":%d},\
                "attributes":[{"key":"k","value":{"stringValue":"v"}}]}]}]}]}
                """.formatted(
                        trace,
                        id,
                        parent == 0 ? "" : "%016x".formatted(parent),
                        name,
                        1_700_000_000_000_000_000L + millis * 1_000_000L,
                        error ? 2 : 0);
    }

    @Test
    void spansThatAreTheirOwnForebears_areAllShown() throws IOException {
        Path circle = Files.writeString(
                folder.resolve("circle.jsonl"),
                line(A, "1", "3", "one", "s")
                        + line(A, "2", "1", "two", "s")
                        + line(A, "3", "2", "three", "s")
                        + line(B, "4", "4", "alone", "s"));
        assertThat(trace(circle)).isZero();

        assertThat(out).containsSubsequence("3 spans", "one ", "└─ two ", "   └─ three ", "1 span", "alone ");
        Path page = folder.resolve("circle.html");
        assertThat(trace(Path.of("--html"), page, circle)).isZero();
        assertThat(page).content().contains("one", "two", "three", "alone");
    }

    @Test
    void spanThatEndsBeforeItStarts_takesNoTime() throws IOException {
        String backwards = line(A, "8", "", "backwards", "s").replace("\"9000000\"", "\"1000000\"");
        assertThat(trace(Files.writeString(folder.resolve("backwards.jsonl"), backwards)))
                .isZero();

        assertThat(out).containsPattern("backwards .*│ +0 ms +0 ms");
    }

    @Test
    void negativeTime_isNamedWithItsPlace() throws IOException {
        String negative = line(A, "8", "", "negative", "s").replace("\"9000000\"", "\"-1\"");
        assertThat(trace(Files.writeString(folder.resolve("negative.jsonl"), line(A, "1", "", "good", "s") + negative)))
                .isEqualTo(1);

        assertThat(err)
                .contains("negative.jsonl, line 2: resourceSpans[0].scopeSpans[0].spans[0].endTimeUnixNano is no whole"
                        + " number: \"-1\"");
    }

    private static String line(String trace, String id, String parent, String name, String session) {
        return """
                {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"%s","spanId":"%s","parentSpanId":"%s","name":"%s",\
                "kind":1,"startTimeUnixNano":"%d000000","endTimeUnixNano":"9000000",\
                "attributes":[{"key":"session.id","value":{"stringValue":"%s"}}]}]}]}]}
                """.formatted(
                        trace,
                        "0".repeat(15) + id,
                        parent.isEmpty() ? "" : "0".repeat(15) + parent,
                        name,
                        id.charAt(0) - '0',
                        session);
    }
}
