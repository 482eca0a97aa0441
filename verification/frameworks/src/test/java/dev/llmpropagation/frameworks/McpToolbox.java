package dev.llmpropagation.frameworks;

import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.fixtures.JavaProgram;
import dev.llmpropagation.fixtures.Latches;
import dev.llmpropagation.mcp.McpTelemetry;
import io.modelcontextprotocol.client.transport.ServerParameters;
import io.modelcontextprotocol.client.transport.StdioClientTransport;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.server.McpServer;
import io.modelcontextprotocol.server.McpServerFeatures.SyncPromptSpecification;
import io.modelcontextprotocol.server.McpServerFeatures.SyncResourceSpecification;
import io.modelcontextprotocol.server.McpServerFeatures.SyncToolSpecification;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.McpSyncServerExchange;
import io.modelcontextprotocol.server.transport.StdioServerTransportProvider;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.CreateMessageRequest;
import io.modelcontextprotocol.spec.McpSchema.CreateMessageResult;
import io.modelcontextprotocol.spec.McpSchema.GetPromptResult;
import io.modelcontextprotocol.spec.McpSchema.Prompt;
import io.modelcontextprotocol.spec.McpSchema.PromptMessage;
import io.modelcontextprotocol.spec.McpSchema.ReadResourceResult;
import io.modelcontextprotocol.spec.McpSchema.Resource;
import io.modelcontextprotocol.spec.McpSchema.Role;
import io.modelcontextprotocol.spec.McpSchema.SamplingMessage;
import io.modelcontextprotocol.spec.McpSchema.TextContent;
import io.modelcontextprotocol.spec.McpSchema.TextResourceContents;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.function.BiFunction;

/** Tools that do well, fail, ask back or take for ever. As a program it is a server that speaks by its standard streams. */
final class McpToolbox {

    static final String RESOURCE = "db://reader:resource-secret@db.example.com/customers?key=resource-secret#row";

    private final McpTelemetry mcp;
    private final OpenTelemetry openTelemetry;

    /** For tests that look at how a request is left. */
    final CountDownLatch slowEntered = new CountDownLatch(1);

    final CountDownLatch slowMayGo = new CountDownLatch(1);

    McpToolbox(McpTelemetry mcp, OpenTelemetry openTelemetry) {
        this.mcp = mcp;
        this.openTelemetry = openTelemetry;
    }

    List<SyncToolSpecification> tools() {
        return List.of(
                tool("echo", (exchange, request) -> {
                    openTelemetry
                            .getTracer("toolbox")
                            .spanBuilder("work")
                            .startSpan()
                            .end();
                    return text(request.arguments().get("text") + " "
                            + request.meta().get("mine"));
                }),
                tool("broken", (exchange, request) -> CallToolResult.builder()
                        .addTextContent("result-secret")
                        .isError(true)
                        .build()),
                tool("refusing", (exchange, request) -> {
                    throw McpError.builder(McpSchema.ErrorCodes.INVALID_PARAMS)
                            .message("error-secret")
                            .build();
                }),
                tool("crashing", (exchange, request) -> {
                    throw McpError.builder(-32050).message("error-secret").build();
                }),
                tool(
                        "traced",
                        (exchange, request) -> text(
                                request.meta() == null
                                        ? "untold"
                                        : "told " + request.meta().get("traceparent") + ", current "
                                                + Span.current()
                                                        .getSpanContext()
                                                        .getTraceId())),
                tool("asking", (exchange, request) -> text(ask(exchange))),
                tool("slow", (exchange, request) -> {
                    slowEntered.countDown();
                    Latches.await(slowMayGo);
                    return text("late");
                }));
    }

    SyncPromptSpecification prompt() {
        return new SyncPromptSpecification(
                Prompt.builder("review").build(),
                mcp.handler((exchange, request) -> GetPromptResult.builder(List.of(new PromptMessage(
                                Role.USER, TextContent.builder("prompt-secret").build())))
                        .build()));
    }

    SyncResourceSpecification resource() {
        return new SyncResourceSpecification(
                Resource.builder(RESOURCE, "customers").build(),
                mcp.handler((exchange, request) -> ReadResourceResult.builder(
                                List.of(TextResourceContents.builder(request.uri(), "rows")
                                        .build()))
                        .build()));
    }

    private SyncToolSpecification tool(
            String name, BiFunction<McpSyncServerExchange, CallToolRequest, CallToolResult> work) {
        return SyncToolSpecification.builder()
                .tool(Tool.builder(name, Map.of("type", "object")).build())
                .callHandler(mcp.handler(work))
                .build();
    }

    private static String ask(McpSyncServerExchange exchange) {
        CreateMessageResult answer = exchange.createMessage(CreateMessageRequest.builder(
                        List.of(new SamplingMessage(
                                Role.USER,
                                TextContent.builder("sampling-secret").build())),
                        10)
                .build());
        return ((TextContent) answer.content()).text();
    }

    private static CallToolResult text(String text) {
        return CallToolResult.builder().addTextContent(text).build();
    }

    /** @param arguments the file that gets a line for each span and, at the end, for each point of a metric */
    /** As a program that writes what it told into this file. */
    static StdioClientTransport stdio(Path told) {
        ServerParameters server = ServerParameters.builder(JavaProgram.JAVA)
                .args(JavaProgram.arguments(List.of(), McpToolbox.class, told.toString()))
                .build();
        return new StdioClientTransport(server, McpJsonDefaults.getMapper());
    }

    public static void main(String[] arguments) {
        Path told = Path.of(arguments[0]);
        McpProgram program = new McpProgram(ContentCapture.off());
        McpToolbox toolbox = new McpToolbox(program.mcp, program.openTelemetry);
        McpSyncServer server = McpServer.sync(
                        program.mcp.server(new StdioServerTransportProvider(McpJsonDefaults.getMapper())))
                .serverInfo("toolbox", "1")
                .tools(toolbox.tools())
                .prompts(toolbox.prompt())
                .resources(toolbox.resource())
                .build();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            server.closeGracefully();
            List<String> lines = new ArrayList<>();
            program.spans().forEach(span -> lines.add(span.line()));
            for (String name : List.of("mcp.server.operation.duration", "mcp.server.session.duration")) {
                program.points(name)
                        .forEach((attributes, point) ->
                                lines.add("metric\t" + name + '\t' + point.getCount() + '\t' + attributes));
            }
            try {
                Path whole = told.resolveSibling("whole");
                Files.write(whole, lines);
                Files.move(whole, told);
            } catch (IOException e) {
                e.printStackTrace();
            }
        }));
    }
}
