package dev.llmpropagation.agent;

import io.opentelemetry.api.common.AttributeKey;
import org.jspecify.annotations.Nullable;

/** What the spans, metrics and the log event of one tool call tell of it. Thread-safe. */
final class ToolCall {

    static final AttributeKey<String> FUNCTION_NAME = AttributeKey.stringKey("function_name");
    static final AttributeKey<String> TOOL_TYPE = AttributeKey.stringKey("tool_type");
    static final AttributeKey<String> DECISION = AttributeKey.stringKey("decision");
    static final AttributeKey<String> STATUS = AttributeKey.stringKey("status");

    final String name;
    final @Nullable String id;
    /** Where the tool comes from, for metrics. */
    final String toolType;
    /** Content; forgotten when the call has ended. */
    volatile @Nullable String arguments;

    volatile @Nullable Decision decision;

    ToolCall(String name, @Nullable String id, String toolType, @Nullable String arguments) {
        this.name = name;
        this.id = id;
        this.toolType = toolType;
        this.arguments = arguments;
    }
}
