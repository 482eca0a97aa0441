package dev.llmpropagation.doctor.trace;

import static dev.llmpropagation.doctor.RawHttp.answer;
import static dev.llmpropagation.doctor.RawHttp.write;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import dev.llmpropagation.doctor.RawHttp;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The collector of the demo, and what nobody sends to it who means well. */
class OtlpReceiverTest {

    private static final Duration LONG = Duration.ofMinutes(1);

    private final List<AutoCloseable> open = new ArrayList<>();
    private OtlpReceiver receiver;

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : open) {
            closeable.close();
        }
    }

    @Test
    void spans_areKept() throws IOException {
        start(100_000, LONG, LONG, 10);

        assertThat(post("", span("plain"))).startsWith("HTTP/1.1 200 ");
        assertThat(post("Content-Encoding: gzip\r\n", packed(span("packed")))).startsWith("HTTP/1.1 200 ");
        assertThat(receiver.spans()).extracting(span -> span.name()).containsExactly("plain", "packed");
        assertThat(receiver.requests()).hasSize(2).last().satisfies(headers -> assertThat(headers)
                .containsEntry("content-encoding", "gzip"));
    }

    @Test
    void whatIsTooLarge_isRefusedAsSentAndUnpacked() throws IOException {
        start(100_000, LONG, LONG, 10);

        assertThat(post("", new byte[200_000])).startsWith("HTTP/1.1 413 ");
        byte[] bomb = packed(new byte[50_000_000]);
        assertThat(bomb).hasSizeLessThan(100_000);
        assertThat(post("Content-Encoding: gzip\r\n", bomb)).startsWith("HTTP/1.1 413 ");
        assertThat(receiver.requests()).isEmpty();
    }

    @Test
    void whatCannotBeRead_isRefused() throws IOException {
        start(100_000, LONG, LONG, 10);

        assertThat(post("", new byte[] {1, 2, 3})).startsWith("HTTP/1.1 400 ");
        assertThat(post("Content-Encoding: gzip\r\n", new byte[] {1, 2, 3})).startsWith("HTTP/1.1 400 ");
        assertThat(post("Content-Encoding: zstd\r\n", new byte[] {1, 2, 3})).startsWith("HTTP/1.1 415 ");
        assertThat(ask("\u001b[31m / HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 400 ");
        assertThat(post("", span("good"))).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void clientsThatAreSlow_leaveRoomForOthers() throws IOException {
        start(100_000, LONG, LONG, 10);
        for (int i = 0; i < 50; i++) {
            write(connect(), "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx");
            write(connect(), "POST /v1/traces HTTP/1.1\r\nHost: ");
        }

        assertThat(post("", span("good"))).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void bodyThatTakesTooLongOrStops_isRefused() throws IOException {
        start(100_000, Duration.ZERO, LONG, 10);
        assertThat(ask("POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx"))
                .startsWith("HTTP/1.1 408 ");
        start(100_000, LONG, Duration.ofMillis(500), 10);
        assertThat(ask("POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nx"))
                .startsWith("HTTP/1.1 400 ");
        assertThat(ask("")).isEmpty();
    }

    @Test
    void moreThanIsKept_isRefused() throws IOException {
        start(100_000, LONG, LONG, 3);
        for (int i = 0; i < 3; i++) {
            assertThat(post("", span("s" + i))).startsWith("HTTP/1.1 200 ");
        }

        assertThat(post("", span("s3"))).startsWith("HTTP/1.1 503 ");
        receiver.clear();
        assertThat(post("", span("s4"))).startsWith("HTTP/1.1 200 ");
    }

    private void start(int bytes, Duration bodyTime, Duration silence, int kept) throws IOException {
        receiver = OtlpReceiver.start(new OtlpReceiver.Limits(bytes, bodyTime, silence, 1_000, kept));
        open.add(receiver);
    }

    private static byte[] span(String name) {
        return ExportTraceServiceRequest.newBuilder()
                .addResourceSpans(ResourceSpans.newBuilder()
                        .addScopeSpans(ScopeSpans.newBuilder()
                                .addSpans(Span.newBuilder()
                                        .setName(name)
                                        .setTraceId(ByteString.copyFrom(new byte[16]))
                                        .setSpanId(ByteString.copyFrom(new byte[8])))))
                .build()
                .toByteArray();
    }

    private static byte[] packed(byte[] plain) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(plain);
        }
        return packed.toByteArray();
    }

    private String post(String headers, byte[] body) throws IOException {
        Socket socket = connect();
        write(
                socket,
                "POST /v1/traces HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + headers + "Content-Length: "
                        + body.length + "\r\n\r\n");
        try {
            socket.getOutputStream().write(body);
        } catch (IOException refused) {
            // The answer says why.
        }
        return answer(socket);
    }

    private String ask(String request) throws IOException {
        return RawHttp.ask(connect(), request);
    }

    private Socket connect() throws IOException {
        Socket socket = RawHttp.connect(URI.create(receiver.endpoint()).getPort());
        open.add(0, socket);
        return socket;
    }
}
