package dev.llmpropagation.mcp;

import io.modelcontextprotocol.spec.McpSchema;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How long content is at least, before it is written as JSON: by its texts, which the SDK's JSON library would write out
 * whole. Its mapper has no way to stop at a limit.
 */
final class ContentLength {

    /** What lies deeper is left to the JSON library, which has a limit of its own. */
    private static final int MAX_DEPTH = 64;

    private final long max;
    private long length;

    private ContentLength(long max) {
        this.max = max;
    }

    /** Whether it is certainly longer than this. May throw what maps and lists of the content throw. */
    static boolean exceeds(Object content, int maxLength) {
        ContentLength counted = new ContentLength(maxLength);
        counted.add(content, 0);
        return counted.isExceeded();
    }

    private boolean isExceeded() {
        return length > max;
    }

    private void add(@Nullable Object value, int depth) {
        if (value == null || depth > MAX_DEPTH || isExceeded()) {
            return;
        }
        length++; // at least one character for any value
        if (value instanceof CharSequence text) {
            length += text.length();
        } else if (value instanceof Map<?, ?> map) {
            for (Map.Entry<?, ?> entry : map.entrySet()) {
                add(entry.getKey(), depth + 1);
                add(entry.getValue(), depth + 1);
                if (isExceeded()) {
                    return;
                }
            }
        } else if (value instanceof Iterable<?> list) {
            for (Object each : list) {
                add(each, depth + 1);
                if (isExceeded()) {
                    return;
                }
            }
        } else {
            addOfTheSdk(value, depth + 1);
        }
    }

    /** What a handler of a tool returns. Other objects count as the shortest. */
    private void addOfTheSdk(Object value, int depth) {
        if (value instanceof McpSchema.CallToolResult result) {
            add(result.content(), depth);
            add(result.structuredContent(), depth);
        } else if (value instanceof McpSchema.TextContent text) {
            add(text.text(), depth);
        } else if (value instanceof McpSchema.ImageContent image) {
            add(image.data(), depth);
        } else if (value instanceof McpSchema.AudioContent audio) {
            add(audio.data(), depth);
        } else if (value instanceof McpSchema.EmbeddedResource embedded) {
            add(embedded.resource(), depth);
        } else if (value instanceof McpSchema.TextResourceContents text) {
            add(text.text(), depth);
        } else if (value instanceof McpSchema.BlobResourceContents blob) {
            add(blob.blob(), depth);
        }
    }
}
