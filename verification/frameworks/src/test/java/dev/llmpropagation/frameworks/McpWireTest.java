package dev.llmpropagation.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.fixtures.Latches;
import dev.llmpropagation.fixtures.LocalServer;
import dev.llmpropagation.fixtures.SpanStarts;
import dev.llmpropagation.mcp.McpTelemetry;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.transport.StdioServerTransportProvider;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the SDK's own clients do not do: a server that is spoken to line by line, and a service that breaks off. */
class McpWireTest {

    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String TRACE = "0af7651916cd43dd8448eb211c80319c";
    private static final String PARENT = "b7ad6b7169203331";
    private static final String CLIENT = ",'_meta':{'traceparent':'00-" + TRACE + "-" + PARENT + "-01'}";
    private static final String TRACED = "told 00-" + TRACE + "-" + PARENT + "-01, current " + TRACE;

    private final McpProgram program = new McpProgram(ContentCapture.off());
    private final McpToolbox toolbox = new McpToolbox(program.mcp, program.openTelemetry);

    @AfterEach
    void close() {
        toolbox.slowMayGo.countDown();
        program.close();
    }

    @Test
    void requestThatIsCancelledByItsClient_endsOnce() throws Exception {
        try (Wire wire = new Wire(program.mcp, toolbox)) {
            wire.initialize();
            wire.send(call(7, "slow", ""));
            toolbox.slowEntered.await();
            wire.send("{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':7}}");
            McpSpanLine slow = program.span("tools/call slow", "SERVER");
            assertThat(slow.attributes())
                    .containsEntry("llm_propagation.outcome", "cancelled")
                    .containsEntry("jsonrpc.request.id", "7")
                    .doesNotContainKey("error.type");
            toolbox.slowMayGo.countDown();
            wire.awaitAnswer(7);
        }
        assertThat(program.all("tools/call slow", "SERVER")).hasSize(1);
    }

    @Test
    void clientThatIsGone_failsWhatIsOpenAndEndsTheSession() throws Exception {
        try (Wire wire = new Wire(program.mcp, toolbox)) {
            wire.initialize();
            wire.send(call(7, "slow", ""));
            toolbox.slowEntered.await();
            wire.hangUp();
            McpSpanLine slow = program.span("tools/call slow", "SERVER");
            assertThat(slow.attributes())
                    .containsEntry("llm_propagation.outcome", "failed")
                    .containsEntry("error.type", "session_lost");
            assertThat(slow.status()).isEqualTo("ERROR MCP request failed");
            await().atMost(LONG)
                    .until(() -> program.points("mcp.server.session.duration").keySet(), keys -> !keys.isEmpty());
            assertThat(program.points("mcp.server.session.duration")
                            .keySet()
                            .iterator()
                            .next())
                    .doesNotContainKey("error.type");
            toolbox.slowMayGo.countDown();
        }
        assertThat(program.all("tools/call slow", "SERVER")).hasSize(1);
    }

    @Test
    void traceOfTheClient_isFollowedIfItIsOne() throws Exception {
        try (Wire wire = new Wire(program.mcp, toolbox)) {
            wire.initialize();
            wire.send(call(1, "broken", ",'_meta':{'traceparent':'00-" + TRACE + "-" + PARENT + "-01','mine':'kept'}"));
            wire.awaitAnswer(1);
            McpSpanLine known = program.span("tools/call broken", "SERVER");
            assertThat(known.trace()).isEqualTo(TRACE);
            assertThat(known.parent()).isEqualTo(PARENT);
            wire.send(call(2, "refusing", ",'_meta':{'traceparent':'nonsense'}"));
            wire.awaitAnswer(2);
            assertThat(program.span("tools/call refusing", "SERVER").parent()).isEqualTo("0000000000000000");
            wire.send("{'jsonrpc':'2.0','id':'three','method':'of/no-one','params':{'_meta':'nonsense'}}");
            wire.awaitAnswer("\"three\"");
            McpSpanLine unknown = program.span("of/no-one", "SERVER");
            assertThat(unknown.attributes())
                    .containsEntry("rpc.response.status_code", "-32601")
                    .containsEntry("jsonrpc.request.id", "three")
                    .containsEntry("llm_propagation.outcome", "completed");
            assertThat(unknown.status()).isEqualTo("UNSET");
        }
    }

    @Test
    void namesThatAClientMakesUp_makeNoSeriesWithoutEnd() throws Exception {
        int calls = 150;
        try (Wire wire = new Wire(program.mcp, toolbox)) {
            wire.initialize();
            for (int i = 0; i < calls; i++) {
                wire.send(call(i, "made-up-" + i, ""));
                wire.awaitAnswer(i);
            }
            wire.send(call(calls, "sk-0123456789abcdef", ""));
            wire.awaitAnswer(calls);
        }
        // A span ends after its answer is on its way.
        await().atMost(LONG)
                .until(() -> program.spans().stream()
                                .filter(span -> span.name().startsWith("tools/call"))
                                .count()
                        == calls + 1);
        Set<String> names = program.points("mcp.server.operation.duration").keySet().stream()
                .filter(labels -> "tools/call".equals(labels.get("mcp.method.name")))
                .map(labels -> labels.get("gen_ai.tool.name"))
                .collect(Collectors.toSet());
        assertThat(names).hasSize(101).contains("_OTHER", "made-up-0").doesNotContain("made-up-149");
        assertThat(program.spans())
                .noneMatch(span -> span.line().contains("sk-0123"))
                .anyMatch(span -> span.name().equals("tools/call REDACTED"));
    }

    @Test
    void telemetryThatFails_breaksNothing() throws Exception {
        List<String> told = new CopyOnWriteArrayList<>();
        RecordedTelemetry broken =
                RecordedTelemetry.create(spans -> spans.addSpanProcessor(new SpanStarts((parent, span) -> {
                    throw new IllegalStateException("processor");
                })));
        McpTelemetry mcp = McpTelemetry.builder(broken.openTelemetry())
                .diagnostics(told::add)
                .build();
        try (Wire wire = new Wire(mcp, new McpToolbox(mcp, OpenTelemetry.noop()))) {
            wire.initialize();
            wire.send(call(1, "broken", ""));
            assertThat(wire.awaitAnswer(1)).contains("\"isError\":true");
            wire.send(call(2, "traced", CLIENT));
            assertThat(wire.awaitAnswer(2)).contains(TRACED);
            // Each request is counted, once.
            await().atMost(LONG)
                    .until(
                            () -> broken.metrics().stream()
                                    .filter(metric -> metric.getName().equals("mcp.server.operation.duration"))
                                    .flatMap(metric -> metric.getHistogramData().getPoints().stream())
                                    .mapToLong(HistogramPointData::getCount)
                                    .sum(),
                            count -> count >= 3);
        }
        assertThat(broken.metrics().stream()
                        .filter(metric -> metric.getName().equals("mcp.server.operation.duration"))
                        .flatMap(metric -> metric.getHistogramData().getPoints().stream()))
                .hasSize(3)
                .allMatch(point -> point.getCount() == 1);
        assertThat(told).isNotEmpty().allMatch(line -> line.contains("A span could not be started"));
    }

    @Test
    void withoutAnSdk_theTraceOfTheClientIsPassedOn() throws Exception {
        McpTelemetry mcp = McpTelemetry.create(OpenTelemetry.noop());
        try (Wire wire = new Wire(mcp, new McpToolbox(mcp, OpenTelemetry.noop()))) {
            wire.initialize();
            wire.send(call(1, "traced", CLIENT));
            assertThat(wire.awaitAnswer(1)).contains(TRACED);
        }
    }

    @Test
    void sessionThatTheServerHasForgotten_isLost() throws Exception {
        CountDownLatch sessions = new CountDownLatch(2);
        LocalServer service = LocalServer.start(exchange -> {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String answer = "";
            int status = 405; // of the stream that is listened to
            if (body.contains("\"initialize\"")) {
                String id = body.replaceAll(".*\"id\":\"([^\"]+)\".*", "$1");
                answer = json("{'jsonrpc':'2.0','id':'" + id + "','result':{'protocolVersion':'2025-11-25',"
                        + "'capabilities':{'tools':{}},'serverInfo':{'name':'s','version':'1'}}}");
                exchange.getResponseHeaders().add("mcp-session-id", "session-7");
                status = 200;
                sessions.countDown();
            } else if (body.contains("notifications/initialized")) {
                status = 202;
            } else if (body.contains("tools/call")) {
                status = 404;
            }
            LocalServer.answer(exchange, status, "application/json", answer);
        });
        try (service;
                McpSyncClient client = McpClient.sync(
                                program.mcp.client(HttpClientStreamableHttpTransport.builder(service.url())
                                        .endpoint("/mcp")
                                        .build()))
                        .initializationTimeout(LONG)
                        .requestTimeout(LONG)
                        .build()) {
            client.initialize();
            assertThatThrownBy(() ->
                            client.callTool(CallToolRequest.builder("echo").build()))
                    .isInstanceOf(RuntimeException.class);
            McpSpanLine lost = program.span("tools/call echo", "CLIENT");
            assertThat(lost.attributes())
                    .containsEntry("llm_propagation.outcome", "failed")
                    .containsEntry("error.type", "session_lost");
            await().atMost(LONG)
                    .until(() -> program.points("mcp.client.session.duration").keySet(), keys -> keys.stream()
                            .anyMatch(labels -> "session_lost".equals(labels.get("error.type"))));
            Latches.await(sessions); // the SDK begins the next one by itself, and cannot be closed while it starts
        }
    }

    private static String call(int id, String tool, String more) {
        return "{'jsonrpc':'2.0','id':" + id + ",'method':'tools/call','params':{'name':'" + tool + "','arguments':{}"
                + more + "}}";
    }

    private static String json(String text) {
        return text.replace('\'', '"');
    }

    /** A server of the SDK over pipes, and its client, which is the test. */
    private static final class Wire implements AutoCloseable {
        private final PipedOutputStream toServer = new PipedOutputStream();
        private final List<String> answers = new CopyOnWriteArrayList<>();
        private final McpSyncServer server;

        Wire(McpTelemetry mcp, McpToolbox toolbox) throws IOException {
            PipedInputStream fromServer = new PipedInputStream(1 << 16);
            server = McpServer.sync(mcp.server(new StdioServerTransportProvider(
                            McpJsonDefaults.getMapper(),
                            new PipedInputStream(toServer, 1 << 16),
                            new PipedOutputStream(fromServer))))
                    .serverInfo("toolbox", "1")
                    .tools(toolbox.tools())
                    .build();
            Thread reader = new Thread(() -> {
                try (BufferedReader lines =
                        new BufferedReader(new InputStreamReader(fromServer, StandardCharsets.UTF_8))) {
                    lines.lines().forEach(answers::add);
                } catch (IOException | UncheckedIOException e) {
                    // the server is closed
                }
            });
            reader.setDaemon(true);
            reader.start();
        }

        void initialize() throws IOException {
            send("{'jsonrpc':'2.0','id':0,'method':'initialize','params':{'protocolVersion':'2025-11-25',"
                    + "'capabilities':{},'clientInfo':{'name':'t','version':'1'}}}");
            awaitAnswer(0);
            answers.clear();
            send("{'jsonrpc':'2.0','method':'notifications/initialized'}");
        }

        void send(String line) throws IOException {
            OutputStream out = toServer;
            out.write((json(line) + '\n').getBytes(StandardCharsets.UTF_8));
            out.flush();
        }

        String awaitAnswer(int id) {
            return awaitAnswer(Integer.toString(id));
        }

        String awaitAnswer(String id) {
            return await().atMost(LONG)
                    .until(
                            () -> answers.stream()
                                    .filter(line ->
                                            line.contains("\"id\":" + id + ",") || line.contains("\"id\":" + id + "}"))
                                    .toList(),
                            found -> !found.isEmpty())
                    .get(0);
        }

        void hangUp() throws IOException {
            toServer.close();
        }

        @Override
        public void close() throws IOException {
            server.close();
            toServer.close();
        }
    }
}
