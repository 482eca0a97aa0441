package dev.llmpropagation.scenarios.samples;

import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.daemon.DaemonRequest;
import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.daemon.HttpServerFilter;
import dev.llmpropagation.fixtures.Latches;
import dev.llmpropagation.fixtures.LocalServer;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.javalin.Javalin;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import jakarta.servlet.http.HttpServlet;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.context.support.AnnotationConfigWebApplicationContext;
import org.springframework.web.servlet.DispatcherServlet;
import org.springframework.web.servlet.config.annotation.EnableWebMvc;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** Servers that hand a request to another thread: its prompts and its stream stand in it all the same. */
class ServerSamplesTest {

    @RegisterExtension
    final RecordedTelemetry telemetry = RecordedTelemetry.create();

    private final List<String> diagnostics = new CopyOnWriteArrayList<>();
    private final DaemonTelemetry daemon = DaemonTelemetry.builder(telemetry.openTelemetry())
            .diagnostics(diagnostics::add)
            .build();
    private final ExecutorService executor = Executors.newCachedThreadPool();
    private final Function<String, String> child = prompt -> prompt + " yourself";

    @AfterEach
    void stop() {
        executor.shutdownNow();
        daemon.close();
    }

    @Test
    void serverOfTheJdk() throws Exception {
        try (LocalServer server = jdk(child)) {
            promptStandsInItsRequest(server.port());
        }
    }

    @Test
    void agentThatFails_isAnswered500_andItsRequestHasFailed() throws Exception {
        Function<String, String> broken = prompt -> {
            throw new IllegalStateException("broken");
        };
        try (LocalServer server = jdk(broken)) {
            assertThat(send(server.port(), "POST", "/session/s-1/prompt").statusCode())
                    .isEqualTo(500);
            Awaitility.await().until(() -> telemetry.spans().size() == 2);
        }

        SpanData request = named("qwen-code.daemon.request", "POST /session/:id/prompt");
        assertThat(text(request, "llm_propagation.outcome")).isEqualTo("failed");
        assertThat(text(request, "error.type")).isEqualTo("unknown");
        assertThat(request.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(number(request, "http.response.status_code")).isEqualTo(500);
    }

    /** What the handler tells before it ends the request is on the span. */
    @Test
    void clientThatHangsUp_isAnErrorOfItsRequest() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        Function<String, String> slow = prompt -> {
            Latches.await(gone);
            return "x".repeat(8 << 20); // more than the buffers of the connection hold
        };
        try (LocalServer server = jdk(slow)) {
            hangUp(server.port());
            gone.countDown();
            Awaitility.await().until(() -> telemetry.spans().size() == 2);
        }

        SpanData request = named("qwen-code.daemon.request", "POST /session/:id/prompt");
        assertThat(text(request, "llm_propagation.outcome")).isEqualTo("interrupted");
        assertThat(text(request, "error.type")).isEqualTo("unknown");
        assertThat(number(request, "http.response.status_code")).isNull();
    }

    /** With a reset, as soon as the request has come to its handler. */
    private void hangUp(int port) throws IOException {
        try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
            client.setSoLinger(true, 0);
            client.getOutputStream()
                    .write("POST /session/s-1/prompt HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"
                            .getBytes(StandardCharsets.US_ASCII));
            Awaitility.await().until(() -> telemetry.openSpans().size() == 2);
        }
    }

    @Test
    void asyncServlet() throws Exception {
        withJetty(ServerSamples.servlet(executor, child), this::promptStandsInItsRequest);
    }

    @Test
    void springMvc() throws Exception {
        AnnotationConfigWebApplicationContext spring = new AnnotationConfigWebApplicationContext();
        spring.register(Mvc.class);
        spring.addBeanFactoryPostProcessor(
                beans -> beans.registerSingleton("sessions", new ServerSamples.Sessions(executor, child)));
        withJetty(new DispatcherServlet(spring), port -> {
            promptStandsInItsRequest(port);
            streamIsThatOfItsRequest(port);
        });
    }

    /** Spring lets nobody send to a client that it has taken leave of. */
    @Test
    void springMvc_emitterThatHasCompleted_closesTheStream() {
        List<Runnable> tasks = new ArrayList<>();
        DaemonRequest request = daemon.request("GET", "/session/s-1/events").start();
        SseEmitter client = new ServerSamples.Sessions(tasks::add, child).events("s-1", request);
        client.complete();
        tasks.get(0).run();

        assertThat(telemetry.openSpans()).isEmpty();
        SpanData span = named("qwen-code.daemon.request", "GET /session/:id/events");
        assertThat(text(span, "qwen-code.daemon.sse.close_reason")).isEqualTo("client_closed");
        assertThat(text(span, "llm_propagation.outcome")).isEqualTo("interrupted");
    }

    @Test
    void springMvc_executorThatRefuses_leavesNoStreamOpen() {
        Executor full = task -> {
            throw new RejectedExecutionException("full");
        };
        DaemonRequest request = daemon.request("GET", "/session/s-1/events").start();
        assertThatThrownBy(() -> new ServerSamples.Sessions(full, child).events("s-1", request))
                .isInstanceOf(RejectedExecutionException.class);
        request.responded(500); // as the filter says

        assertThat(telemetry.openSpans()).isEmpty();
        SpanData span = named("qwen-code.daemon.request", "GET /session/:id/events");
        assertThat(text(span, "llm_propagation.outcome")).isEqualTo("failed");
        assertThat(number(span, "http.response.status_code")).isEqualTo(500);
    }

    @Test
    void javalin() throws Exception {
        Javalin app = ServerSamples.javalin(daemon, executor, child).start("127.0.0.1", 0);
        try {
            promptStandsInItsRequest(app.port());
            streamIsThatOfItsRequest(app.port());
        } finally {
            app.stop();
        }
    }

    private LocalServer jdk(Function<String, String> agent) {
        return LocalServer.start(ServerSamples.jdk(executor, agent), new HttpServerFilter(daemon));
    }

    private void promptStandsInItsRequest(int port) throws Exception {
        HttpResponse<String> answer = send(port, "POST", "/session/s-1/prompt");
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("Hi yourself");

        Awaitility.await().until(() -> telemetry.spans().size() == 2);
        SpanData request = named("qwen-code.daemon.request", "POST /session/:id/prompt");
        SpanData dispatch = telemetry.span("qwen-code.daemon.bridge");
        assertThat(dispatch.getParentSpanId()).isEqualTo(request.getSpanId());
        assertThat(text(request, "session.id")).isEqualTo("s-1");
        assertThat(text(dispatch, "session.id")).isEqualTo("s-1");
        assertThat(text(request, "llm_propagation.outcome")).isEqualTo("completed");
        assertThat(number(request, "http.response.status_code")).isEqualTo(200);
        assertThat(diagnostics).isEmpty();
    }

    private void streamIsThatOfItsRequest(int port) throws Exception {
        assertThat(send(port, "GET", "/session/s-1/events").body()).contains("hello");

        Awaitility.await().until(() -> telemetry.spans().size() == 3);
        SpanData request = named("qwen-code.daemon.request", "GET /session/:id/events");
        assertThat(text(request, "qwen-code.daemon.sse.close_reason")).isEqualTo("completed");
        assertThat(text(request, "qwen-code.daemon.sse.last_event_id_written")).isEqualTo("1");
        assertThat(text(request, "session.id")).isEqualTo("s-1");
    }

    private void withJetty(HttpServlet servlet, OnPort test) throws Exception {
        Server jetty = DaemonSamplesTest.jetty(daemon, servlet);
        jetty.start();
        try {
            test.run(((ServerConnector) jetty.getConnectors()[0]).getLocalPort());
        } finally {
            jetty.stop();
        }
    }

    private SpanData named(String name, String route) {
        return telemetry.spans().stream()
                .filter(span -> span.getName().equals(name) && route.equals(text(span, "http.route")))
                .findFirst()
                .orElseThrow();
    }

    private static HttpResponse<String> send(int port, String method, String path) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .header("Accept", method.equals("GET") ? "text/event-stream" : "*/*")
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        return HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    }

    private interface OnPort {
        void run(int port) throws Exception;
    }

    @Configuration
    @EnableWebMvc
    static class Mvc {}
}
