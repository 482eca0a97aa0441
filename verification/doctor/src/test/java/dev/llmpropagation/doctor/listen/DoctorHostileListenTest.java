package dev.llmpropagation.doctor.listen;

import static dev.llmpropagation.doctor.RawHttp.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.doctor.RawHttp;
import dev.llmpropagation.doctor.trace.TraceFile;
import dev.llmpropagation.fixtures.Slow;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What nobody sends to {@code doctor listen} who means well. Each request is answered, and those after it too. */
class DoctorHostileListenTest {

    @TempDir
    Path folder;

    private final List<Socket> open = new ArrayList<>();
    private ListenProcess doctor;

    @BeforeEach
    void start() throws IOException {
        doctor = new ListenProcess(folder, "-Xmx96m");
    }

    @AfterEach
    void stop() throws IOException {
        for (Socket socket : open) {
            socket.close();
        }
        doctor.close();
    }

    @Slow
    @Test
    void halfOfACharacter_spoilsNeitherItsSpanNorThoseAfterIt() throws Exception {
        RawHttp.assertStatus(200, otlp(span("1", "half \\ud83d of one")));
        RawHttp.assertStatus(200, otlp(span("2", "whole")));

        assertThat(saved()).extracting(TraceSpan::name).containsExactly("half \ufffd of one", "whole");
        assertThat(doctor.report()).doesNotContain("could not be saved");
    }

    @Slow
    @Test
    void bytesThatAreNoText_areReplaced() throws Exception {
        RawHttp.assertStatus(200, otlp(span("1", "caf\u00e9").getBytes(StandardCharsets.ISO_8859_1)));

        assertThat(saved()).extracting(TraceSpan::name).containsExactly("caf\ufffd");
    }

    @Test
    void methodWithEscapes_doesNotReachTheTerminal() throws Exception {
        RawHttp.assertStatus(400, ask("\u001b[31mGET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n"));
        RawHttp.assertStatus(400, ask("GET /\u001b[31m HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));

        assertStillAnswers();
        assertThat(doctor.report()).doesNotContain("\u001b");
    }

    @Slow
    @Test
    void requestsThatCannotBeRead_areAnsweredWithAWord() throws Exception {
        RawHttp.assertStatus(400, ask("GET foo:bar HTTP/1.1\r\nHost: x\r\n\r\n"))
                .contains("doctor listen could not read this request");
        RawHttp.assertStatus(431, ask("GET /v1/models HTTP/1.1\r\nHost: x\r\nA: " + "x".repeat(100_000) + "\r\n\r\n"));
        RawHttp.assertStatus(431, ask("GET /v1/models HTTP/1.1\r\nHost: x\r\n" + "a: b\r\n".repeat(20_000) + "\r\n"));
        RawHttp.assertStatus(400, ask("nothing that is HTTP\r\n\r\n"));

        assertStillAnswers();
        assertThat(doctor.report()).contains("⚠ a request could not be read, and was answered with status 431");
    }

    @Test
    void hugeBody_isAnsweredWithItsBound() throws Exception {
        RawHttp.assertStatus(413, post("/v1/chat/completions", "Content-Length: 104857600", 104_857_600))
                .contains("this request is larger than 64 MiB");
        RawHttp.assertStatus(
                        413,
                        post("/v1/traces", "Content-Type: application/json\r\nContent-Length: 104857600", 104_857_600))
                .contains("this request is larger than 20 MiB");

        assertStillAnswers();
        assertThat(doctor.report()).contains("⚠ /v1/chat/completions answered with status 413");
    }

    @Slow
    @Test
    void bodyWithoutAnEnd_isLeftAlone() throws Exception {
        Socket socket = connect();
        OutputStream out = socket.getOutputStream();
        out.write("POST /v1/traces HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                .getBytes(StandardCharsets.UTF_8));
        byte[] chunk = ("100000\r\n" + "x".repeat(1 << 20) + "\r\n").getBytes(StandardCharsets.UTF_8);
        await().atMost(ListenProcess.PATIENCE)
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofNanos(1))
                .until(() -> {
                    try {
                        out.write(chunk);
                    } catch (IOException closed) {
                        return true;
                    }
                    return false;
                });

        doctor.awaitReport("⚠ /v1/traces answered with status 413");
        assertStillAnswers();
    }

    @Slow
    @Test
    void bomb_isAnsweredWithItsBound() throws Exception {
        RawHttp.assertStatus(413, otlp(packed(",{}", 30_000_000), "Content-Encoding: gzip"))
                .contains("more than 1000000 values");
        RawHttp.assertStatus(413, otlp(packed("     ", 30_000_000), "Content-Encoding: gzip"))
                .contains("this request, unpacked, is larger than 20 MiB");

        assertStillAnswers();
    }

    private static byte[] packed(String part, int times) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write("{\"resourceSpans\":[{}".getBytes(StandardCharsets.UTF_8));
            byte[] parts = part.repeat(100_000).getBytes(StandardCharsets.UTF_8);
            for (int i = 0; i < times / 100_000; i++) {
                out.write(parts);
            }
        }
        return packed.toByteArray();
    }

    @Slow
    @Test
    void deepNesting_isAnswered() throws Exception {
        for (String deep : List.of("[".repeat(1_000_000), "{\"a\":".repeat(1_000_000))) {
            RawHttp.assertStatus(413, otlp(deep)).contains("nesting depth");
        }
        assertStillAnswers();
    }

    @Slow
    @Test
    void unknownPacking_isAnsweredWithItsName() throws Exception {
        RawHttp.assertStatus(415, otlp(new byte[] {1}, "Content-Encoding: zstd"))
                .contains("Content-Encoding is not gzip");
        RawHttp.assertStatus(415, otlp(new byte[] {1}, "Content-Encoding: gzip, gzip"));
    }

    @Slow
    @Test
    void manyLargeHeaders_areNotKeptAndTheEndIsAnswered() throws Exception {
        Socket socket = connect();
        String filler = "x".repeat(15_000);
        Thread answers = new Thread(() -> {
            try {
                socket.getInputStream().transferTo(OutputStream.nullOutputStream());
            } catch (IOException e) {
                // The test closes it.
            }
        });
        answers.start();
        OutputStream out = socket.getOutputStream();
        for (int i = 1; i <= 10_000; i++) {
            out.write(("GET /v1/models HTTP/1.1\r\nHost: x\r\nBig: %s\r\ntraceparent: 00-%032x-%016x-01\r\n\r\n"
                            .formatted(filler, i, i))
                    .getBytes(StandardCharsets.UTF_8));
        }
        out.flush();
        doctor.awaitReport("#10000 ");

        assertEnds("10000 requests with 0 sessions; 0 spans in 0 traces");
        assertThat(doctor.report())
                .contains("⚠ parent span not exported to here: #1, #2, ")
                .contains("#20 and 9980 more");
        socket.close();
        answers.join();
    }

    @Slow
    @Test
    void slowClients_leaveRoomForOthers() throws Exception {
        for (int i = 0; i < 400; i++) {
            connect().getOutputStream().write("POST /v1/traces HTTP/1.1\r\nHost: ".getBytes(StandardCharsets.UTF_8));
        }
        for (int i = 0; i < 100; i++) {
            connect()
                    .getOutputStream()
                    .write("POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 20000000\r\n\r\nx"
                            .getBytes(StandardCharsets.UTF_8));
        }

        assertStillAnswers();
        RawHttp.assertStatus(200, otlp(span("1", "whole")));
    }

    @Test
    void outputThatNobodyReads_doesNotKeepTheProcess() throws Exception {
        doctor.startUnread();
        await().atMost(ListenProcess.PATIENCE).until(() -> {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), doctor.port())) {
                return socket.isConnected();
            } catch (IOException e) {
                return false;
            }
        });
        for (int i = 0; i < 20; i++) {
            // More than the pipe takes.
            connect()
                    .getOutputStream()
                    .write("GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
                            .repeat(200)
                            .getBytes(StandardCharsets.UTF_8));
        }

        doctor.end();
    }

    private void assertStillAnswers() throws IOException {
        RawHttp.assertStatus(200, ask("GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
    }

    /** By the signal that ends a container. */
    private void assertEnds(String line) throws Exception {
        doctor.end();
        assertThat(doctor.report()).contains(line);
    }

    private List<TraceSpan> saved() throws IOException {
        try (InputStream file = Files.newInputStream(doctor.spans)) {
            return TraceFile.read("spans", file).spans();
        }
    }

    private static String span(String id, String name) {
        return """
                {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"%s","spanId":"%s","name":"%s","kind":3,\
                "startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}""".formatted("a".repeat(32), "0".repeat(15) + id, name);
    }

    private String otlp(String body) throws IOException {
        return otlp(body.getBytes(StandardCharsets.UTF_8));
    }

    private String otlp(byte[] body, String... headers) throws IOException {
        Socket socket = connect();
        String head = "POST /v1/traces HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
                + String.join("\r\n", headers)
                + (headers.length == 0 ? "" : "\r\n")
                + "Content-Length: " + body.length + "\r\n\r\n";
        socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().write(body);
        return answer(socket);
    }

    private String post(String path, String headers, int length) throws IOException {
        Socket socket = connect();
        OutputStream out = socket.getOutputStream();
        out.write(("POST " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + "\r\n\r\n")
                .getBytes(StandardCharsets.UTF_8));
        byte[] part = new byte[1 << 20];
        for (int sent = 0; sent < length; sent += part.length) {
            out.write(part);
        }
        return answer(socket);
    }

    private String ask(String request) throws IOException {
        return RawHttp.ask(connect(), request);
    }

    private Socket connect() throws IOException {
        Socket socket = RawHttp.connect(doctor.port());
        open.add(socket);
        return socket;
    }
}
