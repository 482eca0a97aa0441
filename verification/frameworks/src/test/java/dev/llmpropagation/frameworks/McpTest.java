package dev.llmpropagation.frameworks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.fixtures.JavaProgram;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.ServerParameters;
import io.modelcontextprotocol.client.transport.StdioClientTransport;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A tool of another process, by both transports of Java's SDK: its span is a child of the one that the call was made in. */
class McpTest {

    private static final Duration LONG = Duration.ofSeconds(60);

    private static Program program;

    @BeforeAll
    static void start() {
        program = new Program();
    }

    @AfterAll
    static void stop() {
        program.close();
    }

    @Test
    void stdio_isOneTrace() {
        assertOneTrace(stdio(), client -> McpSamples.call(client, McpToolServer.TOOL, Map.of()));
    }

    @Test
    void stdio_isOneTraceByAWrappedTransport() {
        assertOneTrace(new TracedMcpTransport(stdio()), McpTest::untraced);
    }

    @Test
    void http_isOneTrace() throws Exception {
        try (McpHttpServer server = new McpHttpServer(provider -> McpServer.sync(provider)
                .serverInfo("where", "1")
                .tools(McpToolServer.tool(program.openTelemetry))
                .build())) {
            assertOneTrace(server.transport(), client -> McpSamples.call(client, McpToolServer.TOOL, Map.of()));
            assertOneTrace(new TracedMcpTransport(server.transport()), McpTest::untraced);
        }
    }

    private static void assertOneTrace(McpClientTransport transport, Function<McpSyncClient, CallToolResult> call) {
        try (McpSyncClient client = McpClient.sync(transport)
                .initializationTimeout(LONG)
                .requestTimeout(LONG)
                .build()) {
            client.initialize();
            for (int i = 0; i < 2; i++) {
                Span caller = program.openTelemetry
                        .getTracer("program")
                        .spanBuilder("execute_tool")
                        .startSpan();
                CallToolResult result;
                try (Scope ignored = caller.makeCurrent()) {
                    result = call.apply(client);
                }
                SpanContext context = caller.getSpanContext();
                assertThat(result.content())
                        .extracting(content -> ((TextContent) content).text())
                        .isEqualTo(List.of(context.getTraceId() + ' ' + context.getSpanId()));
            }
        }
    }

    private static CallToolResult untraced(McpSyncClient client) {
        return client.callTool(CallToolRequest.builder(McpToolServer.TOOL).build());
    }

    private static McpClientTransport stdio() {
        ServerParameters server = ServerParameters.builder(JavaProgram.JAVA)
                .args(JavaProgram.arguments(List.of(), McpToolServer.class))
                .build();
        return new StdioClientTransport(server, McpJsonDefaults.getMapper());
    }
}
