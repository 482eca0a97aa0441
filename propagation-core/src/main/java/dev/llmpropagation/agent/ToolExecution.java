package dev.llmpropagation.agent;

import dev.llmpropagation.span.Ending;
import dev.llmpropagation.span.Outcome;
import org.jspecify.annotations.Nullable;

/** The run of a tool, without the wait for approval: {@code qwen-code.tool.execution}. Thread-safe. */
public final class ToolExecution extends AgentSpan {

    private final Tool tool;

    private ToolExecution(Engine engine, Opening opening, Tool tool) {
        super(engine, opening);
        this.tool = tool;
    }

    Tool tool() {
        return tool;
    }

    private static String status(Outcome outcome) {
        return outcome == Outcome.ABANDONED || outcome == Outcome.INTERRUPTED ? "unknown" : outcome.status();
    }

    @Override
    void onEnding(Ending ending) {
        set(Attribute.EXECUTION_STATUS, status(ending.outcome()));
    }

    @Override
    void onEnded(Ending ending, @Nullable String errorType, long nanos) {
        engine.quietly(
                "A metric could not be recorded", () -> engine.metrics().execution(this, status(ending.outcome())));
    }

    /** A run that is about to start. */
    public static final class Builder extends AgentSpanBuilder<ToolExecution, Builder> {

        private final Tool tool;

        Builder(Engine engine, Tool tool) {
            super(engine, SpanType.TOOL_EXECUTION, tool);
            this.tool = tool;
        }

        @Override
        Builder self() {
            return this;
        }

        @Override
        void describe(Place place) {
            set(Attribute.TOOL_NAME, tool.name());
            set(Attribute.CALL_ID, tool.callId());
        }

        @Override
        ToolExecution create(Opening opening) {
            return new ToolExecution(engine, opening, tool);
        }
    }
}
