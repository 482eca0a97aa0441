package dev.llmpropagation.doctor.listen;

import static dev.llmpropagation.doctor.RawHttp.answer;
import static dev.llmpropagation.doctor.RawHttp.write;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.llmpropagation.doctor.RawHttp;
import dev.llmpropagation.doctor.show.Paint;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each bound of {@code listen}, made small: what is beyond it is answered, told, and forgotten. */
class ListenLimitsTest {

    private static final int PATIENCE_MILLIS = 60_000;
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final ListenLimits WIDE = new ListenLimits(1 << 20, 1 << 20, 8 << 20, 1 << 20, LONG, LONG, 100);
    private static final String MODELS = "GET /v1/models HTTP/1.1\r\nHost: x\r\n\r\n";

    private final StringWriter report = new StringWriter();
    private final List<AutoCloseable> open = new ArrayList<>();
    private SavedTelemetry saved = SavedTelemetry.none();
    private Listener listener;

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable closeable : open) {
            closeable.close();
        }
    }

    @Test
    void bodyThatTakesTooLong_isAnsweredWith408() throws IOException {
        listen(new ListenLimits(1 << 20, 1 << 20, 8 << 20, 1 << 20, Duration.ZERO, LONG, 100));

        RawHttp.assertStatus(
                        408,
                        ask("POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n" + "x".repeat(1500)))
                .contains("this request did not come within 0 s");
        RawHttp.assertStatus(
                408, ask("POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\n{"));
        assertThat(report.toString()).contains("/v1/traces answered with status 408");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "GET /v1/mod", "GET /v1/models HTTP/1.1\r\nHost: x\r\nA: "})
    void connectionThatSaysNoMore_isClosed(String said) throws IOException {
        listen(new ListenLimits(1 << 20, 1 << 20, 8 << 20, 1 << 20, LONG, Duration.ofMillis(500), 100));

        assertThat(ask(said)).doesNotContain("200 OK");
        assertStillAnswers();
    }

    @Test
    void bodyThatStops_isAnsweredWith408() throws IOException {
        listen(new ListenLimits(1 << 20, 1 << 20, 8 << 20, 1 << 20, LONG, Duration.ofMillis(500), 100));

        RawHttp.assertStatus(408, ask("POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 2000\r\n\r\nx"));
        assertThat(report.toString()).contains("the rest of this request did not come");
        assertStillAnswers();
    }

    /** Of two that both wait for the rest of their body, one has the room. */
    @Test
    @Timeout(60)
    void requestBeyondTheMemory_isAnsweredWith503UntilThereIsRoom() throws IOException {
        listen(new ListenLimits(1 << 20, 1 << 20, 1 << 16, 1 << 20, LONG, LONG, 100));
        List<Socket> slow = List.of(connect(), connect());
        for (Socket socket : slow) {
            write(
                    socket,
                    "POST /v1/traces HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 2000\r\n\r\n"
                            + " ".repeat(1500));
        }
        while (slow.get(0).getInputStream().available()
                        + slow.get(1).getInputStream().available()
                == 0) {
            Thread.onSpinWait();
        }
        boolean first = slow.get(0).getInputStream().available() > 0;

        RawHttp.assertStatus(503, answer(slow.get(first ? 0 : 1)));
        assertThat(report.toString()).contains("too many requests with telemetry come at the same time");
        write(slow.get(first ? 1 : 0), " ".repeat(500));
        RawHttp.assertStatus(200, answer(slow.get(first ? 1 : 0)));
        RawHttp.assertStatus(200, otlp("{}"));
    }

    @Test
    void connectionsBeyondTheirNumber_waitForOneThatEnds() throws IOException {
        listen(new ListenLimits(1 << 20, 1 << 20, 8 << 20, 1 << 20, LONG, LONG, 1));
        Socket first = connect();
        write(first, MODELS);
        assertThat(first.getInputStream().read()).isEqualTo('H');
        Socket second = connect();
        write(second, MODELS);
        second.setSoTimeout(200);
        assertThatThrownBy(() -> second.getInputStream().read()).isInstanceOf(SocketTimeoutException.class);
        second.setSoTimeout(PATIENCE_MILLIS);

        first.close();

        assertThat(second.getInputStream().read()).isEqualTo('H');
    }

    /** A disk that is full. */
    @Test
    void fileThatCannotBeWritten_isToldOnce() throws IOException {
        boolean[] full = {true};
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        saved = new SavedTelemetry(new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                if (full[0] && file.size() > 3) {
                    throw new IOException("No space left on device");
                }
                file.write(b);
            }
        });
        listen(WIDE);
        for (int i = 0; i < 5; i++) {
            RawHttp.assertStatus(200, otlp(span("1111111111111111", "lost")));
        }
        assertThat(report.toString().split("No space left on device", -1)).hasSize(2);
        full[0] = false;
        RawHttp.assertStatus(200, otlp(span("2222222222222222", "kept")));

        assertThat(report.toString()).contains("telemetry is saved again");
        assertThat(file.toString(StandardCharsets.UTF_8).lines().toList())
                .hasSize(2)
                .last()
                .asString()
                .startsWith("{\"resourceSpans\"")
                .contains("kept");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET http://x/v1/models HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /v1/models HTTP/1.0\r\n\r\n",
                "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
                "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                "TRACE /v1/models HTTP/1.1\r\nHost: x\r\n\r\n",
                "CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
                "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 1e9\r\n\r\n",
                "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
                "POST /v1/traces HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
                "POST /v1/traces HTTP/1.1\r\n"
                        + "Host: x\r\n"
                        + "Content-Length: 1\r\n"
                        + "Transfer-Encoding: chunked\r\n\r\n"
                        + "0\r\n\r\n",
                "POST /v1/traces HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
                "POST /v1/traces HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nxxxxx\r\n0\r\n\r\n",
                "POST /v1/traces HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n",
                "GET /v1/models HTTP/1.1\r\nHost: \u001b[31m\r\n\r\n",
                "GET /v1/models HTTP/1.1\r\n\r\n",
                "GET /v1/models HTTP/1.1\r\nHost: x\r\nX: a\r\n \u001b[2J b\r\n\r\n",
                "GET /%1b[2J%00/%ff%fe/../../etc/passwd?x=%1b HTTP/1.1\r\nHost: x\r\n\r\n",
                "GET /v1/models HTTP/1.1\r\nHost: x\r\ntraceparent: \u001b]0;title\u0007\r\n\r\n",
                "GET /v1/models HTTP/1.1\r\nHost: x\r\nbaggage: \u009b31m=\u202e,,=;\r\n\r\n",
            })
    void oddRequests_areAnsweredAndMoveNoCursor(String request) throws IOException {
        // What asks for a tunnel keeps its connection, until it has said nothing for this long.
        listen(new ListenLimits(1 << 20, 1 << 20, 8 << 20, 1 << 20, LONG, Duration.ofSeconds(2), 100));

        assertThat(ask(request.replaceFirst("\r\n", "\r\nConnection: close\r\n")))
                .startsWith("HTTP/1.");
        assertStillAnswers();
        assertThat(report.toString()).doesNotContain("\u001b", "\u0007", "\u009b", "\u202e", "\u0000");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[]",
                "7",
                "\"spans\"",
                "null",
                "{\"resourceSpans\":{}}",
                "{\"resourceSpans\":[[]]}",
                "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[7]}]}]}",
                "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":7}]}]}]}",
                "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"traceId\":\"zz\"}]}]}]}",
                "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"name\":\"without ids\"}]}]}]}",
                "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"startTimeUnixNano\":\"1e1000000000\"}]}]}]}",
                "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"kind\":1e99}]}]}]}",
                "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"attributes\":\"x\"}]}]}]}",
                "{\"resourceSpans\":[{\"scopeSpans\":[{\"spans\":[{\"droppedAttributesCount\":-1.5}]}]}]}",
                "{\"resourceSpans\":[",
                "{\"a\":\"\u0001\"}",
                "{{{{",
            })
    void whatIsNoTelemetry_isAnsweredWith400(String body) throws IOException {
        listen(WIDE);

        RawHttp.assertStatus(400, otlp(body));
        RawHttp.assertStatus(200, otlp(span("1111111111111111", "whole")));
    }

    @Test
    void idsOfAnyLength_areNotKept() throws IOException {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        saved = new SavedTelemetry(file);
        listen(WIDE);
        String huge = "\u0001".repeat(20_000);
        for (String id : List.of("", "\u0001", huge)) {
            byte[] bytes = ExportTraceServiceRequest.newBuilder()
                    .addResourceSpans(ResourceSpans.newBuilder()
                            .addScopeSpans(ScopeSpans.newBuilder()
                                    .addSpans(Span.newBuilder()
                                            .setTraceId(ByteString.copyFromUtf8(id))
                                            .setSpanId(ByteString.copyFromUtf8(id)))))
                    .build()
                    .toByteArray();
            RawHttp.assertStatus(400, post("application/x-protobuf", bytes));
        }

        assertThat(file.size()).isZero();
        assertThat(report.toString()).contains("a span has no traceId of 16 bytes");
    }

    @Test
    void spanThatComesTwiceOrIsItsOwnParent_isTakenAsItComes() throws IOException {
        listen(WIDE);
        String own =
                span("1111111111111111", "own").replace("\"name\"", "\"parentSpanId\":\"1111111111111111\",\"name\"");
        for (int i = 0; i < 3; i++) {
            RawHttp.assertStatus(200, otlp(own));
        }
        ask("GET /v1/models HTTP/1.1\r\nHost: x\r\nConnection: close\r\ntraceparent: 00-" + "a".repeat(32)
                + "-1111111111111111-01\r\n\r\n");

        assertThat(report.toString()).contains("under                    own");
    }

    private void listen(ListenLimits limits) throws IOException {
        Journal journal = new Journal(new PrintWriter(report), Paint.PLAIN, "X-Session");
        listener = new Listener(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), limits, journal, saved);
        open.add(listener);
    }

    private void assertStillAnswers() throws IOException {
        RawHttp.assertStatus(200, ask(MODELS.replaceFirst("\r\n", "\r\nConnection: close\r\n")));
    }

    private static String span(String id, String name) {
        return """
            {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"%s","spanId":"%s","name":"%s","kind":3,\
            "startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]}\
            """.formatted("a".repeat(32), id, name);
    }

    private String otlp(String json) throws IOException {
        return post("application/json", json.getBytes(StandardCharsets.UTF_8));
    }

    private String post(String type, byte[] body) throws IOException {
        Socket socket = connect();
        write(
                socket,
                "POST /v1/traces HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: " + type
                        + "\r\nContent-Length: " + body.length + "\r\n\r\n");
        socket.getOutputStream().write(body);
        return answer(socket);
    }

    private String ask(String request) throws IOException {
        return RawHttp.ask(connect(), request);
    }

    private Socket connect() throws IOException {
        Socket socket = RawHttp.connect(listener.port());
        open.add(0, socket);
        return socket;
    }
}
