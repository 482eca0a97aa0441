package dev.llmpropagation.doctor.trace;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.doctor.DoctorProcess;
import dev.llmpropagation.fixtures.Slow;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code doctor trace} of more spans than its memory takes. */
class DoctorManySpansTest {

    private static final int SPANS = 60_000;

    @TempDir
    Path folder;

    @Test
    void file_isShownByItsSlowestTraces() throws Exception {
        Path file = folder.resolve("spans.jsonl.gz");
        write(file, ScopeOf.LINES);
        Path page = folder.resolve("page.html");

        String said = trace(file.toString(), "--most", "1000", "--html", page.toString());

        assertThat(said)
                .startsWith("1000 spans written to ")
                .contains("Shown are 1\u202f000 of 60\u202f000 spans: those of the slowest traces.")
                .contains("5\u202f900 traces are left out, the slowest of them with 5.90 s.");
        assertThat(Files.readString(page))
                .contains(">root 5999<", ">root 5900<")
                .doesNotContain(">root 5899<");
    }

    @Slow
    @Test
    void oneDocumentOfOneTrace_isShownByItsSlowestSpans() throws Exception {
        Path file = folder.resolve("spans.json.gz");
        write(file, ScopeOf.DOCUMENT);

        assertThat(trace(file.toString(), "--most", "50"))
                .contains("Shown are 50 of 60\u202f000 spans")
                .contains("the faster spans are left out.")
                .contains("root 5999 ")
                .doesNotContain("unknown parent");
    }

    private enum ScopeOf {
        LINES,
        DOCUMENT
    }

    /** Traces of ten spans each, or all in one. */
    private static void write(Path file, ScopeOf form) throws IOException {
        boolean lines = form == ScopeOf.LINES;
        String head = "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[";
        String tail = "]}]}]}\n";
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file), 1 << 16)) {
            StringBuilder text = new StringBuilder(lines ? "" : head);
            for (int i = 0; i < SPANS; i++) {
                int root = i - i % 10;
                text.append(lines ? head : i == 0 ? "" : ",")
                        .append(span(lines ? i / 10 : 0, i + 1, i == root ? (lines || i == 0 ? 0 : 1) : root + 1, i))
                        .append(lines ? tail : "");
                if (text.length() > 1 << 16) {
                    out.write(text.toString().getBytes(StandardCharsets.UTF_8));
                    text.setLength(0);
                }
            }
            out.write(text.append(lines ? "" : tail).toString().getBytes(StandardCharsets.UTF_8));
        }
    }

    private static String span(int trace, int id, int parent, int index) {
        boolean root = index % 10 == 0;
        long millis = root ? index / 10 : 0;
        return "{\"traceId\":\"%032x\",\"spanId\":\"%016x\",\"parentSpanId\":\"%s\",\"name\":\"%s\",\"kind\":1,"
                        .formatted(
                                trace + 1,
                                id,
                                parent == 0 ? "" : "%016x".formatted(parent),
                                root ? "root " + index / 10 : "leaf")
                + "\"startTimeUnixNano\":\"1700000000000000000\",\"endTimeUnixNano\":\""
                + (1_700_000_000_000_000_000L + millis * 1_000_000)
                + "\",\"attributes\":[{\"key\":\"gen_ai.request.model\","
                + "\"value\":{\"stringValue\":\"a-model\"}},{\"key\":\"n\",\"value\":{\"intValue\":\"1\"}}]}";
    }

    private static String trace(String... arguments) throws Exception {
        Process process = DoctorProcess.of(
                        List.of("-Xmx96m"),
                        Stream.concat(Stream.of("trace"), Stream.of(arguments)).toArray(String[]::new))
                .start();
        process.getOutputStream().close();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }
}
