package dev.llmpropagation.daemon;

import static dev.llmpropagation.daemon.DaemonExtension.number;
import static dev.llmpropagation.daemon.DaemonExtension.string;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpHandler;
import dev.llmpropagation.fixtures.LocalServer;
import dev.llmpropagation.internal.span.Api;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.LogEvent;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The JDK's own server, asked over a socket. */
class HttpServerFilterTest {

    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "Traceparent: 00-" + TRACE + "-00f067aa0ba902b7-01\r\n";

    @RegisterExtension
    final DaemonExtension telemetry = new DaemonExtension();

    private final HttpServerFilter filter =
            new HttpServerFilter(telemetry.with(options -> options.inboundTrace(InboundTrace.JOIN)));
    private LocalServer server;

    @AfterEach
    void stop() {
        if (server != null) {
            server.close();
        }
    }

    @Test
    void request_isASpanInTheTraceOfItsClient_withTheStatusThatTheHandlerSent() throws IOException {
        DaemonRequest[] inside = new DaemonRequest[1];
        serve(exchange -> {
            inside[0] = DaemonRequest.current();
            exchange.sendResponseHeaders(404, -1);
            exchange.close();
        });
        ask("POST /session?key=1", PARENT);

        SpanData span = ended();
        assertThat(inside[0].spanContext().getSpanId()).isEqualTo(span.getSpanId());
        assertThat(span.getTraceId()).isEqualTo(TRACE);
        assertThat(span.getParentSpanId()).isEqualTo("00f067aa0ba902b7");
        assertThat(string(span, Attribute.HTTP_ROUTE)).isEqualTo("POST /session");
        assertThat(number(span, Attribute.HTTP_STATUS_CODE)).isEqualTo(404);
        assertThat(string(span, Attribute.OUTCOME)).isEqualTo("completed");
    }

    @Test
    void requestWithoutOrWithTwoParents_isARoot() throws IOException {
        serve(exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        ask("POST /session", "");
        assertThat(ended().getParentSpanContext().isValid()).isFalse();
        if (Api.hasGetAll()) {
            ask("POST /session", PARENT + PARENT);
            await().until(() -> telemetry.spans().size() == 2);
            assertThat(telemetry.spans()).extracting(SpanData::getTraceId).doesNotContain(TRACE);
        }
    }

    @Test
    void handlerThatThrows_isAnErrorWithItsClass() throws IOException {
        serve(exchange -> {
            throw new IllegalStateException("MARKER");
        });
        ask("POST /session", "");

        SpanData span = ended();
        assertThat(string(span, Attribute.OUTCOME)).isEqualTo("failed");
        assertThat(string(span, Attribute.ERROR_TYPE)).isEqualTo("unknown");
        assertThat(number(span, Attribute.HTTP_STATUS_CODE)).isNull();
        assertThat(telemetry.everything()).doesNotContain("MARKER");
    }

    /** As a client sees it: the headers of a success, and then a body that ends too early. */
    @Test
    void handlerThatThrowsInTheMiddleOfItsBody_isAnError() throws IOException {
        serve(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write('a');
            throw new IllegalStateException("MARKER");
        });
        ask("POST /session", "");

        SpanData span = ended();
        assertThat(string(span, Attribute.OUTCOME)).isEqualTo("failed");
        assertThat(span.getStatus()).isEqualTo(StatusData.create(StatusCode.ERROR, "response broken off"));
        assertThat(string(span, Attribute.ERROR_TYPE)).isEqualTo("unknown");
        assertThat(number(span, Attribute.HTTP_STATUS_CODE)).isEqualTo(200);
        assertThat(telemetry.events(LogEvent.DAEMON_ERROR)).singleElement().satisfies(log -> {
            assertThat(string(log, Attribute.EXCEPTION_TYPE)).isEqualTo("java.lang.IllegalStateException");
            assertThat(string(log, Attribute.ERROR_MESSAGE)).isEqualTo("response broken off");
        });
        assertThat(telemetry.everything()).doesNotContain("MARKER");
    }

    /** Mostly because the client has gone, which is no fault of the daemon. */
    @Test
    void handlerThatCannotWriteOn_isInterrupted() throws IOException {
        serve(exchange -> {
            exchange.sendResponseHeaders(200, 0);
            throw new IOException("Broken pipe");
        });
        ask("POST /session", "");

        SpanData span = ended();
        assertThat(string(span, Attribute.OUTCOME)).isEqualTo("interrupted");
        assertThat(span.getStatus()).isEqualTo(StatusData.unset());
        assertThat(string(span, Attribute.ERROR_TYPE)).isEqualTo("unknown");
        assertThat(number(span, Attribute.HTTP_STATUS_CODE)).isEqualTo(200);
        assertThat(telemetry.events(LogEvent.DAEMON_ERROR)).isEmpty();
    }

    @Test
    void handlerThatCancels_keepsTheStatusOfItsAnswer() throws IOException {
        serve(exchange -> {
            DaemonRequest.current().cancelled();
            exchange.sendResponseHeaders(503, -1);
            exchange.close();
        });
        ask("POST /session", "");

        assertThat(string(ended(), Attribute.OUTCOME)).isEqualTo("cancelled");
        assertThat(number(ended(), Attribute.HTTP_STATUS_CODE)).isEqualTo(503);
    }

    @Test
    void description_namesTheLibrary() {
        assertThat(filter.description()).isEqualTo("llm-propagation");
    }

    private void serve(HttpHandler handler) {
        server = LocalServer.start(handler, filter);
    }

    /** Until the server has closed the connection, answered or not. */
    private void ask(String line, String headers) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
            String request = line + " HTTP/1.1\r\nHost: localhost\r\n" + headers
                    + "Connection: close\r\nContent-Length: 0\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            socket.getInputStream().readAllBytes();
        }
    }

    private SpanData ended() {
        await().until(() -> !telemetry.spans().isEmpty());
        return telemetry.span();
    }
}
