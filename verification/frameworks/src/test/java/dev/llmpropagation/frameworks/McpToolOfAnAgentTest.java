package dev.llmpropagation.frameworks;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.mcp.McpTelemetry;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An agent's tool that is a call over MCP, as docs/mcp.md has it. */
class McpToolOfAnAgentTest {

    private static final Duration LONG = Duration.ofSeconds(60);
    private static final String ARGUMENTS = "{\"city\":\"Cologne\"}";

    @TempDir
    Path folder;

    @Test
    void resultThatIsAnError_isAFailureOfToolRunAndCall() {
        try (McpProgram program = new McpProgram(ContentCapture.off())) {
            CallToolResult result = call(program);

            assertThat(result.isError()).isTrue();
            McpSpanLine tool = program.span("qwen-code.tool", "INTERNAL");
            assertThat(tool.attributes())
                    .containsEntry("llm_propagation.outcome", "failed")
                    .containsEntry("error.type", "tool_error")
                    .containsEntry("tool.failure_kind", "tool_error")
                    .containsEntry("gen_ai.tool.call.arguments", ARGUMENTS);
            McpSpanLine run = program.span("qwen-code.tool.execution", "INTERNAL");
            assertThat(run.parent()).isEqualTo(tool.id());
            assertThat(run.attributes())
                    .containsEntry("llm_propagation.outcome", "failed")
                    .containsEntry("error.type", "tool_error");
            McpSpanLine sent = program.span("tools/call broken", "CLIENT");
            assertThat(sent.parent()).isEqualTo(run.id());
            assertThat(sent.attributes())
                    .containsEntry("error.type", "tool_error")
                    .containsEntry("gen_ai.tool.call.arguments", ARGUMENTS)
                    .doesNotContainKey("gen_ai.operation.name");
            assertThat(program.metric("qwen-code.tool.call.count")
                            .getLongSumData()
                            .getPoints())
                    .singleElement()
                    .satisfies(point -> assertThat(text(point, "tool_type")).isEqualTo("mcp"));
            assertThat(program.diagnostics).isEmpty();
        }
    }

    private CallToolResult call(McpProgram program) {
        try (McpTelemetry mcp = McpTelemetrySamples.withOptions(program.openTelemetry, program.diagnostics::add);
                LlmPropagation propagation = LlmPropagation.builder(program.openTelemetry)
                        .agent(options -> options.content(ContentCapture.on()))
                        .build();
                McpSyncClient client = McpClient.sync(mcp.client(McpToolbox.stdio(folder.resolve("told"))))
                        .initializationTimeout(LONG)
                        .requestTimeout(LONG)
                        .build()) {
            client.initialize();
            CallToolRequest request = CallToolRequest.builder("broken")
                    .arguments(Map.of("city", "Cologne"))
                    .build();
            return propagation
                    .agent()
                    .interaction("p")
                    .call(turn -> McpTelemetrySamples.tool(turn, client, "call-1", request, ARGUMENTS));
        }
    }
}
