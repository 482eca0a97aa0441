package dev.llmpropagation.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.opentelemetry.api.OpenTelemetry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Content that is too long is left out before it is written as JSON; and no private value stands in a text of ours. */
class McpContentTest {

    private static final int MAX = 20;
    private static final String LONG = "x".repeat(MAX + 1);

    @RegisterExtension
    final RecordedTelemetry telemetry = RecordedTelemetry.create();

    private final List<String> told = new CopyOnWriteArrayList<>();
    private final McpTelemetry mcp = McpTelemetry.builder((OpenTelemetry) telemetry.openTelemetry())
            .content(ContentCapture.on().maxLength(MAX))
            .diagnostics(told::add)
            .build();

    /** There is no JSON library here: one that is asked for is told as missing. */
    @Test
    void contentThatIsTooLong_isNotEvenWritten() {
        call(Map.of("text", LONG), LONG);
        assertThat(told).isEmpty();
        call(Map.of(), LONG);
        assertThat(told).singleElement().asString().contains("Content of a call over MCP could not be shown");
        assertThat(telemetry.spans()).hasSize(2);
    }

    private void call(Map<String, Object> arguments, String answer) {
        CallToolResult unused = mcp.handler((Object exchange, CallToolRequest request) ->
                        CallToolResult.builder().addTextContent(answer).build())
                .apply("", CallToolRequest.builder("t").arguments(arguments).build());
    }

    static Stream<Object> tooLong() {
        return Stream.of(
                LONG,
                Map.of("k", LONG),
                Map.of(LONG, 1),
                List.of(List.of(Map.of("k", List.of(LONG)))),
                Collections.nCopies(MAX + 1, 0),
                CallToolResult.builder().addTextContent(LONG).build(),
                CallToolResult.builder().structuredContent(Map.of("k", LONG)).build(),
                result(McpSchema.ImageContent.builder(LONG, "image/png").build()),
                result(McpSchema.AudioContent.builder(LONG, "audio/wav").build()),
                resource(McpSchema.TextResourceContents.builder("file:///a", LONG)
                        .build()),
                resource(McpSchema.BlobResourceContents.builder("file:///a", LONG)
                        .build()));
    }

    private static CallToolResult resource(McpSchema.ResourceContents contents) {
        return result(McpSchema.EmbeddedResource.builder(contents).build());
    }

    private static CallToolResult result(McpSchema.Content content) {
        return CallToolResult.builder().addContent(content).build();
    }

    @ParameterizedTest
    @MethodSource("tooLong")
    void content_isTooLongByItsTexts(Object content) {
        assertThat(ContentLength.exceeds(content, MAX)).isTrue();
        assertThat(ContentLength.exceeds(content, 2 * MAX)).isFalse();
    }

    /** How long it is in the end, the JSON library shows. */
    @Test
    void contentThatMayFit_isWritten() {
        assertThat(ContentLength.exceeds("x".repeat(MAX - 2), MAX)).isFalse();
        assertThat(ContentLength.exceeds(Map.of("k", "x".repeat(MAX - 8)), MAX)).isFalse();
        assertThat(ContentLength.exceeds(Collections.nCopies(9, 0), MAX)).isFalse();
        assertThat(ContentLength.exceeds(new Object(), 1)).isFalse();
        Map<String, Object> withNull = new HashMap<>();
        withNull.put("k", null);
        assertThat(ContentLength.exceeds(withNull, 10)).isFalse();
    }

    /** A JSON library refuses it; a stack of ours must not overflow before. */
    @Test
    void contentThatHoldsItself_comesToAnEnd() {
        List<Object> ring = new ArrayList<>();
        ring.add(ring);
        assertThat(ContentLength.exceeds(ring, Integer.MAX_VALUE)).isFalse();
        ring.add(ring);
        assertThat(ContentLength.exceeds(ring, 1_000)).isTrue();
    }

    @Test
    void answer_namesNoResult() {
        assertThat(new McpResponse(null, Map.of("k", "s3cr3t")).toString()).doesNotContain("s3cr3t");
    }
}
