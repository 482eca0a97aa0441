package dev.llmpropagation.scenarios.samples;

import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.daemon.DaemonRequest;
import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.data.SpanData;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The samples of docs/daemon.md, on real servers. */
public class DaemonSamplesTest {

    private static final String PARENT = "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01";

    // Jetty forgets a timeout that comes before the thread which has set it goes on: on a busy machine that takes its
    // time.
    private static final long ASYNC_TIMEOUT_MILLIS = 500;
    private static final AttributeKey<String> OUTCOME = AttributeKey.stringKey("llm_propagation.outcome");

    private final RecordedTelemetry telemetry = RecordedTelemetry.create();
    private final OpenTelemetrySdk sdk = telemetry.openTelemetry();
    private final ExecutorService executor = Executors.newSingleThreadExecutor();

    @AfterEach
    void stop() {
        executor.shutdownNow();
        sdk.close();
    }

    @Test
    void httpServer_makesSpansOfRequests() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        DaemonTelemetry daemon = DaemonSamples.httpServer(sdk, server, exchange -> {
            if (exchange.getRequestMethod().equals("DELETE")) {
                throw new IllegalStateException("MARKER");
            }
            DaemonSamples.ids(DaemonRequest.current(), "s-1", "p-1", "c-1", "/home");
            exchange.sendResponseHeaders(exchange.getRequestURI().getPath().endsWith("prompt") ? 503 : 204, -1);
            exchange.close();
        });
        server.start();
        try {
            String url = "http://localhost:" + server.getAddress().getPort();
            assertThat(send("POST", url + "/session/s-1/prompt")).isEqualTo(503);
            assertThat(send("POST", url + "/session")).isEqualTo(204);
            assertThat(send("POST", url + "/elsewhere")).isEqualTo(204);
        } finally {
            server.stop(0);
            daemon.close();
        }

        // A client can have its answer before the span of the request has ended.
        Awaitility.await().until(() -> spans().size() == 2);
        SpanData failed = named("POST /session/:id/prompt");
        assertThat(failed.getTraceId()).isEqualTo("0123456789abcdef0123456789abcdef");
        assertThat(failed.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(text(failed, "qwen-code.prompt_id")).isEqualTo("p-1");
    }

    @Test
    void servlets_areTheSame() throws Exception {
        DaemonTelemetry daemon = DaemonTelemetry.builder(sdk).build();
        Server jetty = jetty(daemon, new Sessions());
        jetty.start();
        try {
            String url = "http://127.0.0.1:" + ((ServerConnector) jetty.getConnectors()[0]).getLocalPort();
            assertThat(send("POST", url + "/session")).isEqualTo(200);
            assertThat(send("POST", url + "/session/s-1/prompt")).isEqualTo(202);
            assertThat(send("DELETE", url + "/session/s-1")).isEqualTo(500);
        } finally {
            jetty.stop();
        }

        Awaitility.await().until(() -> spans().size() == 3);
        assertThat(named("POST /session").getTraceId()).isEqualTo("0123456789abcdef0123456789abcdef");
        SpanData async = named("POST /session/:id/prompt");
        assertThat(number(async, "http.response.status_code")).isEqualTo(202);
        assertThat(text(async, "session.id")).isEqualTo("s-1");
        SpanData failed = named("DELETE /session/:id");
        assertThat(failed.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(text(failed, "error.type")).isEqualTo("unknown");
        assertThat(spans().toString()).doesNotContain("MARKER");
    }

    /** The container answers, and it is no cancel of anybody. */
    @Test
    void servlet_asyncTimeout_isAnErrorOfTheRequestThatTheContainerAnswers() throws Exception {
        int status = served(new HttpServlet() {
            @Override
            protected void doPost(HttpServletRequest request, HttpServletResponse response) {
                request.startAsync().setTimeout(ASYNC_TIMEOUT_MILLIS);
            }
        });

        SpanData request = named("POST /session/:id/prompt");
        assertThat(status).isEqualTo(500);
        assertThat(number(request, "http.response.status_code")).isEqualTo(500);
        assertThat(request.getAttributes().get(OUTCOME)).isEqualTo("failed");
        assertThat(text(request, "error.type")).isEqualTo("BridgeTimeoutError");
    }

    /** As frameworks answer by a default of theirs. */
    @Test
    void servlet_asyncTimeoutThatIsAnswered_isNoError() throws Exception {
        int status = served(new HttpServlet() {
            @Override
            protected void doPost(HttpServletRequest request, HttpServletResponse response) {
                if (request.getDispatcherType() == DispatcherType.ASYNC) {
                    response.setStatus(202);
                    return;
                }
                AsyncContext first = request.startAsync();
                first.addListener(new AsyncListener() {
                    @Override
                    public void onTimeout(AsyncEvent event) {
                        first.dispatch();
                    }

                    @Override
                    public void onComplete(AsyncEvent event) {}

                    @Override
                    public void onError(AsyncEvent event) {}

                    @Override
                    public void onStartAsync(AsyncEvent event) {}
                });
                first.setTimeout(ASYNC_TIMEOUT_MILLIS);
            }
        });

        SpanData request = named("POST /session/:id/prompt");
        assertThat(status).isEqualTo(202);
        assertThat(number(request, "http.response.status_code")).isEqualTo(202);
        assertThat(request.getAttributes().get(OUTCOME)).isEqualTo("completed");
    }

    /** A container forgets the listeners of the cycle before. */
    @Test
    void servlet_secondAsyncCycle_endsTheRequestToo() throws Exception {
        int status = served(new HttpServlet() {
            @Override
            protected void doPost(HttpServletRequest request, HttpServletResponse response) {
                AsyncContext async = request.startAsync();
                if (request.getDispatcherType() != DispatcherType.ASYNC) {
                    async.dispatch();
                    return;
                }
                response.setStatus(202);
                async.complete();
            }
        });

        assertThat(status).isEqualTo(202);
        assertThat(number(named("POST /session/:id/prompt"), "http.response.status_code"))
                .isEqualTo(202);
    }

    /** Sends a prompt to this servlet, and waits for the span of the request. */
    private int served(HttpServlet servlet) throws Exception {
        Server jetty = jetty(DaemonTelemetry.builder(sdk).build(), servlet);
        jetty.start();
        try {
            int port = ((ServerConnector) jetty.getConnectors()[0]).getLocalPort();
            int status = send("POST", "http://127.0.0.1:" + port + "/session/s-1/prompt");
            Awaitility.await().until(() -> spans().size() == 1);
            return status;
        } finally {
            jetty.stop();
        }
    }

    /** A server with this servlet behind the filter, to be started. */
    public static Server jetty(DaemonTelemetry daemon, HttpServlet sessions) {
        Server jetty = new Server();
        ServerConnector connector = new ServerConnector(jetty);
        connector.setHost("127.0.0.1");
        jetty.addConnector(connector);
        ServletContextHandler context = new ServletContextHandler();
        ServletHolder servlet = new ServletHolder(sessions);
        servlet.setAsyncSupported(true);
        context.addServlet(servlet, "/*");
        FilterHolder filter = new FilterHolder(new DaemonServletFilter(daemon));
        filter.setAsyncSupported(true);
        context.addFilter(filter, "/*", EnumSet.of(DispatcherType.REQUEST));
        jetty.setHandler(
                new GracefulHandler(context)); // its stop waits for requests that are answered, but not over yet
        jetty.setStopTimeout(20_000);
        return jetty;
    }

    @Test
    void pitfall_100_105_queue_keepsTheRequestOfEachPrompt() throws Exception {
        DaemonTelemetry daemon = DaemonSamples.strangers(sdk);
        DaemonRequest request = daemon.request("POST", "/session/s-1/prompt").start();
        List<Object> sent = new ArrayList<>();
        Map<String, Object> params = new HashMap<>(Map.of("_meta", Map.of("traceparent", "forged")));
        try (Scope ignored = request.makeCurrent()) {
            assertThat(DaemonSamples.queue(daemon, executor, () -> false, params, message -> {
                                sent.add(message.get("_meta"));
                                return "answer";
                            })
                            .get(20, TimeUnit.SECONDS))
                    .isEqualTo("answer");
            assertThat(DaemonSamples.queue(daemon, executor, () -> true, params, message -> "sent")
                            .get(20, TimeUnit.SECONDS))
                    .isEmpty();
        }
        request.responded(200);

        assertThat(spans().get(1).getParentSpanId()).isEqualTo(spans().get(0).getSpanId());
        assertThat(sent.toString())
                .contains("qwen.telemetry.traceparent", spans().get(1).getSpanId())
                .doesNotContain("forged");
        assertThat(spans().get(2).getAttributes().get(OUTCOME)).isEqualTo("cancelled");
        assertThat(params).hasToString("{_meta={traceparent=forged}}");
    }

    @Test
    void channel_tellsOfItsExit() throws Exception {
        try (DaemonTelemetry daemon = DaemonTelemetry.builder(sdk).build()) {
            String java =
                    Path.of(System.getProperty("java.home"), "bin", "java").toString();
            DaemonSamples.channel(daemon, new ProcessBuilder(java, "-version"), new byte[10])
                    .waitFor();
            Awaitility.await().until(() -> spans().size() == 2);
        }
        assertThat(spans().get(1).getEvents().get(0).getName()).isEqualTo("channel.exited");
    }

    @Test
    void stream_endsWithItsRequest() throws Exception {
        DaemonTelemetry daemon = DaemonTelemetry.builder(sdk).build();
        List<String> got = new ArrayList<>();
        DaemonSamples.stream(
                daemon.request("GET", "/session/s-1/events").start(),
                new LinkedBlockingQueue<>(List.of("one", "two", "")),
                got::add);

        assertThat(got).containsExactly("one", "two");
        assertThat(text(spans().get(0), "qwen-code.daemon.sse.last_event_id_written"))
                .isEqualTo("2");
    }

    @Test
    void inProcess_anAgentStandsInItsDispatch() {
        try (AgentTracing agent = AgentTracing.builder(sdk).build();
                DaemonTelemetry daemon = DaemonTelemetry.builder(sdk).build()) {
            DaemonRequest request =
                    daemon.request("POST", "/session/s-1/prompt").start();
            request.session("s-1");
            assertThat(DaemonSamples.inProcess(request, agent, turn -> "Hi")).isEqualTo("Hi");
            request.responded(200);
        }

        assertThat(spans())
                .extracting(SpanData::getName)
                .containsExactly("qwen-code.daemon.request", "qwen-code.daemon.bridge", "qwen-code.interaction");
        assertThat(spans().get(2).getParentSpanId()).isEqualTo(spans().get(1).getSpanId());
        assertThat(spans())
                .allSatisfy(span -> assertThat(text(span, "session.id")).isEqualTo("s-1"));
    }

    @Test
    void safetyNet_leavesWhatGoesOn() {
        List<String> log = new ArrayList<>();
        DaemonTelemetry daemon = DaemonSamples.safetyNet(sdk, log::add);
        DaemonRequest request = daemon.request("POST", "/session").start();
        request.touch();
        daemon.sweep();

        assertThat(request.isEnded()).isFalse();
        request.responded(200);
        assertThat(spans().get(0).getAttributes().get(OUTCOME)).isEqualTo("completed");
        assertThat(log).isEmpty();
    }

    @Test
    void shutdown_isInTime() {
        DaemonTelemetry daemon = DaemonTelemetry.builder(sdk).build();
        assertThat(DaemonSamples.shutdown(sdk, daemon, () -> {}, line -> {})).isEmpty();
    }

    private List<SpanData> spans() {
        return telemetry.spans();
    }

    private SpanData named(String route) {
        return spans().stream()
                .filter(span -> route.equals(text(span, "http.route")))
                .findFirst()
                .orElseThrow();
    }

    private static int send(String method, String url) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
                .header("traceparent", PARENT)
                .timeout(Duration.ofSeconds(60))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        return HttpClient.newHttpClient()
                .send(request, HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    private static final class Sessions extends HttpServlet {
        @Override
        protected void doPost(HttpServletRequest request, HttpServletResponse response) {
            if (request.getRequestURI().endsWith("prompt")) {
                DaemonRequest.current().session("s-1");
                AsyncContext later = request.startAsync();
                later.start(() -> {
                    ((HttpServletResponse) later.getResponse()).setStatus(202);
                    later.complete();
                });
            }
        }

        @Override
        protected void doDelete(HttpServletRequest request, HttpServletResponse response) {
            throw new IllegalStateException("MARKER");
        }
    }
}
