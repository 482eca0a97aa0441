package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeSink;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.SpanType;
import org.jspecify.annotations.Nullable;

/**
 * The wait for somebody to allow a tool: {@code qwen-code.tool.blocked_on_user}. Ends by {@link #decided}; without it,
 * it is interrupted or what else ended it, and the decision is {@code aborted}. Its status is never an error. Until its
 * tool ends it keeps itself and the spans around from the safety net, see {@link
 * AgentTracingBuilder#approvalTimeToLive}. Thread-safe.
 */
public final class ApprovalWait extends AgentSpan {

    private record Answer(Decision decision, DecisionSource source) {}

    private final ToolCall call;

    private final long longestNanos;

    private ApprovalWait(AgentSpanStart start, ToolCall call, long longestNanos) {
        super(start);
        this.call = call;
        this.longestNanos = longestNanos;
    }

    /**
     * Somebody has decided: the wait is over.
     *
     * @param answer null, for one that makes no sense, is {@link Decision#ABORTED}
     * @param by null is {@link DecisionSource#SYSTEM}
     */
    public void decided(@Nullable Decision answer, @Nullable DecisionSource by) {
        Decision decision = answer == null ? Decision.ABORTED : answer;
        DecisionSource source = by == null ? DecisionSource.SYSTEM : by;
        Outcome outcome =
                switch (decision) {
                    case ERROR -> Outcome.FAILED;
                    case ABORTED -> Outcome.CANCELLED;
                    default -> Outcome.COMPLETED;
                };
        life.end(Ending.of(outcome, new Answer(decision, source)));
    }

    /** A wait that is over without an answer has not done what it was for, even if nothing went wrong. */
    @Override
    Ending howItEnds(Ending ending) {
        return ending.outcome() == Outcome.COMPLETED && !(ending.detail() instanceof Answer)
                ? Ending.of(Outcome.INTERRUPTED)
                : ending;
    }

    /** A person may take hours to answer, and the prompt goes on meanwhile. Nobody waits for a tool that has ended. */
    @Override
    boolean isHeld(long now) {
        return !call.over && now - life.startNanos() < longestNanos;
    }

    @Override
    void onEnding(Ending ending) {
        Answer known = ending.detail() instanceof Answer answer
                ? answer
                : new Answer(ending.outcome().isError() ? Decision.ERROR : Decision.ABORTED, DecisionSource.SYSTEM);
        call.decision = known.decision();
        set(Attribute.DECISION, known.decision().value());
        set(Attribute.SOURCE, known.source().value());
    }

    /** A wait that is about to start. */
    public static final class Builder extends AgentSpanBuilder<ApprovalWait, Builder> {

        private final ToolCall call;
        private @Nullable String requestId;

        Builder(AgentTelemetry telemetry, AgentSpan tool, ToolCall call) {
            super(telemetry, SpanType.APPROVAL, tool);
            this.call = call;
        }

        /**
         * Id of the question as the one who answers it knows it: {@code qwen-code.daemon.permission.request_id}, as on the
         * request that brings the answer ({@code DaemonRequest.permission}). Default: none.
         */
        public Builder requestId(@Nullable String id) {
            requestId = id;
            return this;
        }

        @Override
        void describe(SpanParent parent, AttributeSink to) {
            Attribute.PERMISSION_ID.put(to, requestId);
            Attribute.BARE_TOOL_NAME.put(to, call.name);
            Attribute.CALL_ID.put(to, call.id);
        }

        @Override
        ApprovalWait create(AgentSpanStart start) {
            return new ApprovalWait(start, call, telemetry.limits().approvalNanos());
        }
    }
}
