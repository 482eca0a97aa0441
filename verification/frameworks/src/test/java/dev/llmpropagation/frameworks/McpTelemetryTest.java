package dev.llmpropagation.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.mcp.McpClientOptions;
import io.modelcontextprotocol.client.McpAsyncClient;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.ClientCapabilities;
import io.modelcontextprotocol.spec.McpSchema.CreateMessageResult;
import io.modelcontextprotocol.spec.McpSchema.GetPromptRequest;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceRequest;
import io.modelcontextprotocol.spec.McpSchema.Role;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** Spans and metrics of MCP's own SDK, of both sides, over a child's standard streams and over HTTP. */
class McpTelemetryTest {

    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String VERSION = "2025-11-25";
    private static final List<Double> BUCKETS =
            List.of(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0);

    private final McpProgram program = new McpProgram(ContentCapture.off());

    @TempDir
    Path folder;

    @AfterEach
    void close() {
        program.close();
    }

    @Test
    void stdio_requestsAreSpansOfBothSides() throws Exception {
        try (McpSyncClient client = client(program, McpToolbox.stdio(folder.resolve("told")))) {
            client.initialize();
            useAll(client);
            client.listTools();
        }
        Map<String, String> pipe = Map.of(
                "network.transport", "pipe", "mcp.protocol.version", VERSION, "llm_propagation.outcome", "completed");
        assertThat(plain(program.span("initialize", "CLIENT"))).isEqualTo(with(pipe, "mcp.method.name", "initialize"));
        assertThat(plain(program.span("tools/list", "CLIENT"))).isEqualTo(with(pipe, "mcp.method.name", "tools/list"));
        assertCalls(pipe);
        List<McpSpanLine> served = told();
        assertServed(served, pipe, true);
        assertThat(served)
                .extracting(McpSpanLine::name)
                .contains("initialize", "tools/list", "prompts/get review", "resources/read");
        assertThat(lines().filter(line -> line.startsWith("metric\tmcp.server.session.duration")))
                .containsExactly("metric\tmcp.server.session.duration\t1\t{mcp.protocol.version=" + VERSION
                        + ", network.transport=pipe}");
        assertThat(lines().filter(line -> line.startsWith("metric\tmcp.server.operation.duration")))
                .contains("metric\tmcp.server.operation.duration\t1\t{error.type=-32050, "
                        + "gen_ai.operation.name=execute_tool, gen_ai.tool.name=crashing, mcp.method.name=tools/call,"
                        + " mcp.protocol.version=" + VERSION
                        + ", network.transport=pipe, rpc.response.status_code=-32050}");
        assertMetrics(pipe);
        assertNoSecrets(Stream.concat(lines(), program.spans().stream().map(McpSpanLine::line)));
        assertThat(program.diagnostics).isEmpty();
    }

    @Test
    void http_requestsAreSpansOfBothSides() throws Exception {
        try (McpProgram served = new McpProgram(ContentCapture.off());
                HttpServer server = new HttpServer(served)) {
            try (McpSyncClient client = client(program, server.transport(), options -> options.server(server.url()))) {
                client.initialize();
                useAll(client);
            }
            Map<String, String> tcp = Map.of(
                    "network.transport",
                    "tcp",
                    "network.protocol.name",
                    "http",
                    "mcp.protocol.version",
                    VERSION,
                    "llm_propagation.outcome",
                    "completed");
            Map<String, String> place =
                    with(tcp, "server.address", "127.0.0.1", "server.port", Integer.toString(server.port()));
            assertCalls(place);
            assertMetrics(place);
            server.close();
            String session = served.span("initialize", "SERVER").attributes().get("mcp.session.id");
            assertThat(session).isNotBlank();
            assertServed(served.spans(), with(tcp, "mcp.session.id", session), false);
            assertThat(served.points("mcp.server.session.duration"))
                    .containsOnlyKeys(Map.of(
                            "mcp.protocol.version",
                            VERSION,
                            "network.protocol.name",
                            "http",
                            "network.transport",
                            "tcp"));
            assertNoSecrets(Stream.concat(served.spans().stream(), program.spans().stream())
                    .map(McpSpanLine::line));
            assertThat(served.diagnostics).isEmpty();
        }
        assertThat(program.diagnostics).isEmpty();
    }

    @Test
    void callInAToolOfTheAgent_standsInItAndIsNotCountedTwice() {
        try (McpSyncClient client = client(program, McpToolbox.stdio(folder.resolve("told")));
                LlmPropagation propagation =
                        LlmPropagation.builder(program.openTelemetry).build()) {
            client.initialize();
            propagation.agent().interaction("p").session("s-1").run(turn -> turn.tool("echo")
                    .run(tool -> tool.execution().run(run -> client.callTool(echo()))));
        }
        McpSpanLine call = program.span("tools/call echo", "CLIENT");
        assertThat(call.parent())
                .isEqualTo(program.span("qwen-code.tool.execution", "INTERNAL").id());
        assertThat(call.attributes())
                .containsEntry("gen_ai.tool.name", "echo")
                .containsEntry("session.id", "s-1")
                .containsEntry("gen_ai.conversation.id", "s-1")
                .doesNotContainKey("gen_ai.operation.name");
        assertThat(program.spans().stream()
                        .filter(span -> "execute_tool".equals(span.attributes().get("gen_ai.operation.name"))))
                .extracting(McpSpanLine::name)
                .containsExactly("qwen-code.tool");
    }

    @Test
    void content_isRecordedOnlyIfAskedFor() {
        try (McpProgram open = new McpProgram(ContentCapture.on().redaction(text -> text.replace("hush", "***")))) {
            try (McpSyncClient client = client(open, McpToolbox.stdio(folder.resolve("told")))) {
                client.initialize();
                client.callTool(echo());
                call(client, "broken");
            }
            assertThat(open.span("tools/call echo", "CLIENT").attributes())
                    .containsEntry("gen_ai.tool.call.arguments", "{\"text\":\"argument-secret ***\"}")
                    .hasEntrySatisfying("gen_ai.tool.call.result", result -> assertThat(result)
                            .contains("argument-secret *** kept"));
            assertThat(open.span("tools/call broken", "CLIENT").attributes())
                    .doesNotContainKey("gen_ai.tool.call.result");
        }
    }

    @Test
    void requestThatIsGivenUp_endsOnceAsTimedOut() throws Exception {
        Duration limit = Duration.ofSeconds(8);
        try (McpProgram served = new McpProgram(ContentCapture.off());
                HttpServer server = new HttpServer(served);
                McpProgram other = new McpProgram(ContentCapture.off());
                McpSyncClient patient = client(other, server.transport());
                McpSyncClient client = McpClient.sync(
                                program.mcp.client(server.transport(), options -> options.requestTimeout(limit)))
                        .initializationTimeout(LONG)
                        .requestTimeout(limit)
                        .build()) {
            patient.initialize(); // loads what the first one needs: the limit is that of initialize, too
            client.initialize();
            assertThatThrownBy(() -> call(client, "slow")).hasRootCauseInstanceOf(TimeoutException.class);
            McpSpanLine slow = program.span("tools/call slow", "CLIENT");
            assertThat(slow.status()).isEqualTo("ERROR MCP request timed out");
            assertThat(slow.attributes())
                    .containsEntry("error.type", "timeout")
                    .containsEntry("llm_propagation.outcome", "timed_out");
            server.toolbox.slowMayGo.countDown(); // the answer comes late
        }
        assertThat(program.all("tools/call slow", "CLIENT")).hasSize(1);
    }

    @Test
    void clientThatCloses_leavesNothingOpen() throws Exception {
        try (McpProgram served = new McpProgram(ContentCapture.off());
                HttpServer server = new HttpServer(served)) {
            McpSyncClient client = client(program, server.transport());
            client.initialize();
            Thread caller = new Thread(() -> {
                try {
                    call(client, "slow");
                } catch (RuntimeException e) {
                    // the client is closed
                }
            });
            caller.start();
            server.toolbox.slowEntered.await();
            client.closeGracefully();
            McpSpanLine slow = program.span("tools/call slow", "CLIENT");
            assertThat(slow.attributes())
                    .containsEntry("llm_propagation.outcome", "cancelled")
                    .doesNotContainKey("error.type");
            assertThat(slow.status()).isEqualTo("UNSET");
            server.toolbox.slowMayGo.countDown();
            caller.join();
            assertThat(served.span("tools/call slow", "SERVER").attributes()).containsEntry("gen_ai.tool.name", "slow");
        }
        assertThat(program.all("tools/call slow", "CLIENT")).hasSize(1);
        assertThat(program.points("mcp.client.session.duration")).hasSize(1);
    }

    @Test
    void serverThatIsNotThere_failsItsRequest() throws Exception {
        McpClientTransport transport;
        try (McpProgram served = new McpProgram(ContentCapture.off());
                HttpServer server = new HttpServer(served)) {
            transport = server.transport();
        }
        try (McpSyncClient client = client(program, transport)) {
            assertThatThrownBy(client::initialize).isInstanceOf(RuntimeException.class);
        }
        McpSpanLine initialize = program.span("initialize", "CLIENT");
        assertThat(initialize.status()).isEqualTo("ERROR MCP request failed");
        assertThat(initialize.attributes())
                .containsEntry("error.type", "java.net.ConnectException")
                .containsEntry("llm_propagation.outcome", "failed");
    }

    @Test
    void samples_areOneTrace() throws Exception {
        Tool tool = Tool.builder("broken", Map.of("type", "object")).build();
        try (McpProgram served = new McpProgram(ContentCapture.off());
                McpHttpServer server = new McpHttpServer(provider -> McpTelemetrySamples.server(
                        served.mcp, provider, tool, (exchange, request) -> CallToolResult.builder()
                                .addTextContent("")
                                .isError(true)
                                .build()));
                McpSyncClient plain = McpTelemetrySamples.client(program.openTelemetry, server.transport());
                McpSyncClient limited =
                        McpTelemetrySamples.clientWithLimits(program.mcp, server.transport(), server.url())) {
            for (McpSyncClient client : List.of(plain, limited)) {
                client.initialize();
                call(client, "broken");
            }
            List<McpSpanLine> calls = program.all("tools/call broken", "CLIENT");
            assertThat(calls).hasSize(2);
            assertThat(calls.get(1).attributes()).containsEntry("server.address", "127.0.0.1");
            assertThat(served.all("tools/call broken", "SERVER"))
                    .extracting(McpSpanLine::parent)
                    .containsExactlyElementsOf(
                            calls.stream().map(McpSpanLine::id).toList());
        }
    }

    @Test
    void asynchronousCall_standsWhereItWasMadeAndEndsWhenItIsCancelled() throws Exception {
        try (McpProgram served = new McpProgram(ContentCapture.off());
                HttpServer server = new HttpServer(served)) {
            McpAsyncClient client = McpClient.async(program.mcp.client(server.transport()))
                    .initializationTimeout(LONG)
                    .requestTimeout(LONG)
                    .build();
            client.initialize().block(LONG);
            Span caller = program.openTelemetry
                    .getTracer("program")
                    .spanBuilder("caller")
                    .startSpan();
            Mono<CallToolResult> call;
            try (Scope ignored = caller.makeCurrent()) {
                // sample: mcpAsyncCall
                call = program.mcp.call(
                        client.callTool(CallToolRequest.builder("slow").build()));
                // end
            }
            Disposable running = call.subscribe();
            server.toolbox.slowEntered.await();
            running.dispose();
            McpSpanLine slow = program.span("tools/call slow", "CLIENT");
            assertThat(slow.parent()).isEqualTo(caller.getSpanContext().getSpanId());
            assertThat(slow.attributes()).containsEntry("llm_propagation.outcome", "cancelled");
            server.toolbox.slowMayGo.countDown();
            client.closeGracefully().block(LONG);
            caller.end();
        }
        assertThat(program.all("tools/call slow", "CLIENT")).hasSize(1);
    }

    @Test
    void asynchronousHandler_runsInItsSpanAndIsNotCancelledByItsResult() {
        List<String> seen = new CopyOnWriteArrayList<>();
        BiFunction<Object, CallToolRequest, Mono<CallToolResult>> handler =
                program.mcp.asyncHandler((exchange, request) -> Mono.fromSupplier(() -> {
                            seen.add(Span.current().getSpanContext().getSpanId());
                            return CallToolResult.builder().addTextContent("").build();
                        })
                        .doFinally(signal -> seen.add(signal.name())));
        handler.apply(
                        new Object(),
                        CallToolRequest.builder("quick").arguments(Map.of()).build())
                .block(LONG);
        McpSpanLine span = program.span("tools/call quick", "SERVER");
        assertThat(seen).containsExactly(span.id(), "ON_COMPLETE");
        BiFunction<Object, CallToolRequest, Mono<CallToolResult>> failing =
                program.mcp.asyncHandler((exchange, request) -> Mono.error(new IllegalStateException("error-secret")));
        assertThatThrownBy(() -> failing.apply(
                                new Object(), CallToolRequest.builder("failing").build())
                        .block(LONG))
                .hasMessage("error-secret");
        McpSpanLine failed = program.span("tools/call failing", "SERVER");
        assertThat(failed.attributes()).containsEntry("error.type", "java.lang.IllegalStateException");
        assertNoSecrets(program.spans().stream().map(McpSpanLine::line));
    }

    @Test
    void serverOfTheOptions_showsHostAndPortAlone() {
        assertThatThrownBy(() -> program.mcp.client(
                        HttpClientStreamableHttpTransport.builder("http://127.0.0.1")
                                .build(),
                        options -> options.server("ftp://user:secret@h")))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("secret");
    }

    /** Each kind of request, and each way to fail. */
    private void useAll(McpSyncClient client) {
        Span caller =
                program.openTelemetry.getTracer("program").spanBuilder("caller").startSpan();
        try (Scope ignored = caller.makeCurrent()) {
            CallToolResult echoed = client.callTool(echo());
            assertThat(((TextContent) echoed.content().get(0)).text()).isEqualTo("argument-secret hush kept");
            assertThat(call(client, "broken").isError()).isTrue();
            for (String tool : List.of("refusing", "crashing")) {
                assertThatThrownBy(() -> call(client, tool)).isInstanceOf(McpError.class);
            }
            CallToolResult asked = call(client, "asking");
            assertThat(((TextContent) asked.content().get(0)).text()).isEqualTo("sampled-secret");
            client.getPrompt(GetPromptRequest.builder("review").build());
            client.readResource(ReadResourceRequest.builder(McpToolbox.RESOURCE).build());
        } finally {
            caller.end();
        }
    }

    private static CallToolRequest echo() {
        return CallToolRequest.builder("echo")
                .arguments(Map.of("text", "argument-secret hush"))
                .meta(Map.of("mine", "kept", "traceparent", "00-11111111111111111111111111111111-1111111111111111-01"))
                .build();
    }

    private void assertCalls(Map<String, String> place) {
        Map<String, String> call =
                with(place, "mcp.method.name", "tools/call", "gen_ai.operation.name", "execute_tool");
        String caller = program.span("caller", "INTERNAL").id();
        McpSpanLine echo = program.span("tools/call echo", "CLIENT");
        assertThat(plain(echo)).isEqualTo(with(call, "gen_ai.tool.name", "echo"));
        assertThat(echo.parent()).isEqualTo(caller);
        assertThat(echo.status()).isEqualTo("UNSET");

        Map<String, String> failed = with(call, "llm_propagation.outcome", "failed");
        McpSpanLine broken = program.span("tools/call broken", "CLIENT");
        assertThat(plain(broken)).isEqualTo(with(failed, "gen_ai.tool.name", "broken", "error.type", "tool_error"));
        assertThat(broken.status()).isEqualTo("ERROR MCP request failed");
        for (Map.Entry<String, String> error :
                Map.of("refusing", "-32602", "crashing", "-32050").entrySet()) {
            McpSpanLine span = program.span("tools/call " + error.getKey(), "CLIENT");
            assertThat(plain(span))
                    .isEqualTo(with(
                            failed,
                            "gen_ai.tool.name",
                            error.getKey(),
                            "error.type",
                            error.getValue(),
                            "rpc.response.status_code",
                            error.getValue()));
            assertThat(span.status()).isEqualTo("ERROR MCP request failed");
        }
        assertThat(plain(program.span("prompts/get review", "CLIENT")))
                .isEqualTo(with(place, "mcp.method.name", "prompts/get", "gen_ai.prompt.name", "review"));
        assertThat(plain(program.span("resources/read", "CLIENT")))
                .isEqualTo(with(
                        place,
                        "mcp.method.name",
                        "resources/read",
                        "mcp.resource.uri",
                        "db://db.example.com/customers"));
        McpSpanLine sampled = program.span("sampling/createMessage", "SERVER");
        assertThat(sampled.attributes())
                .containsEntry("mcp.method.name", "sampling/createMessage")
                .containsEntry("llm_propagation.outcome", "completed")
                .containsKey("jsonrpc.request.id")
                .doesNotContainKey("gen_ai.operation.name");
        assertThat(program.span("sampled", "INTERNAL").parent()).isEqualTo(sampled.id());
        assertThat(sampled.trace()).isEqualTo(echo.trace());
    }

    /** What the server tells of the same requests. */
    private void assertServed(List<McpSpanLine> served, Map<String, String> place, boolean withIds) {
        Map<String, McpSpanLine> spans = served.stream()
                .filter(span -> span.kind().equals("SERVER"))
                .collect(Collectors.toMap(McpSpanLine::name, span -> span));
        Map<String, String> call =
                with(place, "mcp.method.name", "tools/call", "gen_ai.operation.name", "execute_tool");
        McpSpanLine echo = spans.get("tools/call echo");
        assertThat(withIds ? plain(echo) : echo.attributes()).isEqualTo(with(call, "gen_ai.tool.name", "echo"));
        for (String name : List.of("echo", "broken", "refusing", "crashing", "asking")) {
            assertThat(spans.get("tools/call " + name).parent())
                    .as(name)
                    .isEqualTo(program.span("tools/call " + name, "CLIENT").id());
        }
        if (withIds) {
            assertThat(echo.attributes().get("jsonrpc.request.id"))
                    .isEqualTo(program.span("tools/call echo", "CLIENT")
                            .attributes()
                            .get("jsonrpc.request.id"));
        }
        assertThat(served.stream().filter(span -> span.name().equals("work")))
                .extracting(McpSpanLine::parent)
                .containsExactly(echo.id());
        assertThat(spans.get("tools/call broken").attributes())
                .containsEntry("error.type", "tool_error")
                .containsEntry("llm_propagation.outcome", "failed");
        assertThat(spans.get("tools/call crashing").attributes())
                .containsEntry("error.type", "-32050")
                .containsEntry("rpc.response.status_code", "-32050");
        assertThat(spans.get("tools/call crashing").status()).isEqualTo("ERROR MCP request failed");
        // What the client did wrong is no error of the server's.
        assertThat(spans.get("tools/call refusing").attributes())
                .containsEntry("rpc.response.status_code", "-32602")
                .containsEntry("llm_propagation.outcome", "completed")
                .doesNotContainKey("error.type");
        assertThat(spans.get("tools/call refusing").status()).isEqualTo("UNSET");
        List<McpSpanLine> asked = served.stream()
                .filter(span -> span.name().equals("sampling/createMessage"))
                .toList();
        assertThat(asked).extracting(McpSpanLine::kind).containsExactly("CLIENT");
        assertThat(asked.get(0).parent())
                .isEqualTo(spans.get("tools/call asking").id());
        assertThat(program.span("sampling/createMessage", "SERVER").parent())
                .isEqualTo(asked.get(0).id());
    }

    private void assertMetrics(Map<String, String> place) {
        Map<String, String> labels = new TreeMap<>(place);
        labels.remove("llm_propagation.outcome");
        Map<Map<String, String>, HistogramPointData> operations = program.points("mcp.client.operation.duration");
        Map<String, String> call =
                with(labels, "mcp.method.name", "tools/call", "gen_ai.operation.name", "execute_tool");
        HistogramPointData echo = operations.get(with(call, "gen_ai.tool.name", "echo"));
        assertThat(echo.getCount()).isEqualTo(1);
        assertThat(echo.getBoundaries()).isEqualTo(BUCKETS);
        assertThat(echo.getExemplars())
                .extracting(exemplar -> exemplar.getSpanContext().getSpanId())
                .containsExactly(program.span("tools/call echo", "CLIENT").id());
        assertThat(operations)
                .containsKey(with(call, "gen_ai.tool.name", "broken", "error.type", "tool_error"))
                .containsKey(with(
                        call,
                        "gen_ai.tool.name",
                        "crashing",
                        "error.type",
                        "-32050",
                        "rpc.response.status_code",
                        "-32050"))
                .containsKey(with(labels, "mcp.method.name", "prompts/get", "gen_ai.prompt.name", "review"))
                .containsKey(with(labels, "mcp.method.name", "resources/read"));
        assertThat(program.points("mcp.client.session.duration")).containsOnlyKeys(labels);
        assertThat(program.metric("mcp.client.session.duration").getUnit()).isEqualTo("s");
        assertThat(program.metric("mcp.client.operation.duration").getUnit()).isEqualTo("s");
        assertThat(program.points("mcp.server.operation.duration").keySet())
                .extracting(of -> of.get("mcp.method.name"))
                .containsExactly("sampling/createMessage");
    }

    private static void assertNoSecrets(Stream<String> told) {
        assertThat(told).isNotEmpty().noneMatch(line -> line.contains("secret"));
    }

    /** Without the id of the request, which is there and is of the SDK's making. */
    private static Map<String, String> plain(McpSpanLine span) {
        Map<String, String> plain = new TreeMap<>(span.attributes());
        assertThat(plain.remove("jsonrpc.request.id")).matches("[0-9a-f]{8}-\\d+");
        return plain;
    }

    private static Map<String, String> with(Map<String, String> map, String... namesAndValues) {
        Map<String, String> more = new TreeMap<>(map);
        for (int i = 0; i < namesAndValues.length; i += 2) {
            more.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return more;
    }

    private static CallToolResult call(McpSyncClient client, String tool) {
        return client.callTool(CallToolRequest.builder(tool).build());
    }

    private static McpSyncClient client(McpProgram program, McpClientTransport transport) {
        return client(program, transport, options -> {});
    }

    private static McpSyncClient client(
            McpProgram program, McpClientTransport transport, Consumer<McpClientOptions> options) {
        return McpClient.sync(program.mcp.client(transport, options))
                .initializationTimeout(LONG)
                .requestTimeout(LONG)
                .capabilities(ClientCapabilities.builder().sampling().build())
                .sampling(program.mcp.handler(request -> {
                    program.openTelemetry
                            .getTracer("program")
                            .spanBuilder("sampled")
                            .startSpan()
                            .end();
                    return CreateMessageResult.builder(Role.ASSISTANT, "sampled-secret", "m")
                            .build();
                }))
                .build();
    }

    private List<McpSpanLine> told() throws Exception {
        return lines().filter(line -> !line.startsWith("metric"))
                .map(McpSpanLine::parse)
                .toList();
    }

    private Stream<String> lines() throws Exception {
        await().atMost(LONG).until(() -> Files.exists(folder.resolve("told")));
        return Files.readAllLines(folder.resolve("told")).stream();
    }

    /** The same tools in a servlet container. */
    private static final class HttpServer extends McpHttpServer {
        final McpToolbox toolbox;

        HttpServer(McpProgram program) throws Exception {
            this(program, new McpToolbox(program.mcp, program.openTelemetry));
        }

        private HttpServer(McpProgram program, McpToolbox toolbox) throws Exception {
            super(provider -> McpServer.sync(program.mcp.server(provider))
                    .serverInfo("toolbox", "1")
                    .requestTimeout(LONG)
                    .tools(toolbox.tools())
                    .prompts(toolbox.prompt())
                    .resources(toolbox.resource())
                    .build());
            this.toolbox = toolbox;
        }
    }
}
