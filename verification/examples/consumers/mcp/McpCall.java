import dev.llmpropagation.LlmPropagation;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.spec.McpSchema;
import java.util.Map;

/** The MCP SDK's JSON, which is Jackson 3: it needs annotations that are new enough. */
public final class McpCall implements Consumer.Call {

    @Override
    public String ask(LlmPropagation propagation, String url) throws Exception {
        McpSchema.CallToolRequest request =
                McpSchema.CallToolRequest.builder("weather").arguments(Map.of("city", "Oslo")).build();
        return McpJsonDefaults.getMapper().writeValueAsString(request);
    }
}
