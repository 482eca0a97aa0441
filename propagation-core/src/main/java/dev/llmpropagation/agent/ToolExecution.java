package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeSink;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.SpanType;
import org.jspecify.annotations.Nullable;

/** The run of a tool, without the wait for approval: {@code qwen-code.tool.execution}. Thread-safe. */
public final class ToolExecution extends AgentSpan {

    private final AgentMetrics metrics;
    private final ToolCall call;

    private ToolExecution(AgentMetrics metrics, AgentSpanStart start, ToolCall call) {
        super(start);
        this.metrics = metrics;
        this.call = call;
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
        life.measure(() -> metrics.execution(this, call, status(ending.outcome())));
    }

    /** A run that is about to start. */
    public static final class Builder extends AgentSpanBuilder<ToolExecution, Builder> {

        private final ToolCall call;

        Builder(AgentTelemetry telemetry, AgentSpan tool, ToolCall call) {
            super(telemetry, SpanType.TOOL_EXECUTION, tool);
            this.call = call;
        }

        @Override
        void describe(SpanParent parent, AttributeSink to) {
            Attribute.TOOL_NAME.put(to, call.name);
            Attribute.CALL_ID.put(to, call.id);
        }

        @Override
        ToolExecution create(AgentSpanStart start) {
            return new ToolExecution(telemetry.metrics(), start, call);
        }
    }
}
