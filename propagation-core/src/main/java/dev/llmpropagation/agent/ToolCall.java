package dev.llmpropagation.agent;

import org.jspecify.annotations.Nullable;

/** What the spans, metrics and the log event of one tool call tell of it. Thread-safe. */
final class ToolCall {

    final @Nullable String name;
    final @Nullable String id;
    /** Of the response in which the model asked for it. */
    final @Nullable String responseId;
    /** As {@code gen_ai.tool.type}. */
    final String conventionType;
    /** Where the tool comes from, for metrics. */
    final String toolType;
    /** Content; forgotten when the call has ended. */
    volatile @Nullable String arguments;

    volatile @Nullable Decision decision;
    /** Its tool has ended. */
    volatile boolean over;

    ToolCall(
            @Nullable String name,
            @Nullable String id,
            @Nullable String responseId,
            String conventionType,
            String toolType,
            @Nullable String arguments) {
        this.name = name;
        this.id = id;
        this.conventionType = conventionType;
        this.responseId = responseId;
        this.toolType = toolType;
        this.arguments = arguments;
    }
}
