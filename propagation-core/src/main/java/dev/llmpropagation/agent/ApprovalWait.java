package dev.llmpropagation.agent;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.span.Ending;
import dev.llmpropagation.span.Outcome;

/**
 * The wait for somebody to allow a tool: {@code qwen-code.tool.blocked_on_user}. Ends by {@link #decided}; without it,
 * it is interrupted or what else ended it, and the decision is {@code aborted}. Its status is never an error. Thread-safe.
 */
public final class ApprovalWait extends AgentSpan {

    private record Answer(Decision decision, DecisionSource source) {}

    private final Tool tool;

    private ApprovalWait(Engine engine, Opening opening, Tool tool) {
        super(engine, opening);
        this.tool = tool;
    }

    /** Somebody has decided: the wait is over. */
    public void decided(Decision decision, DecisionSource source) {
        requireNonNull(decision, "decision");
        requireNonNull(source, "source");
        Outcome outcome =
                switch (decision) {
                    case ERROR -> Outcome.FAILED;
                    case ABORTED -> Outcome.CANCELLED;
                    default -> Outcome.COMPLETED;
                };
        end(Ending.of(outcome, new Answer(decision, source)));
    }

    /** A wait that is over without an answer has not done what it was for, even if nothing went wrong. */
    @Override
    Ending settled(Ending ending) {
        return ending.outcome() == Outcome.COMPLETED && !(ending.detail() instanceof Answer)
                ? Ending.of(Outcome.INTERRUPTED)
                : ending;
    }

    @Override
    void onEnding(Ending ending) {
        Answer known = ending.detail() instanceof Answer answer
                ? answer
                : new Answer(ending.outcome().isError() ? Decision.ERROR : Decision.ABORTED, DecisionSource.SYSTEM);
        tool.decided(known.decision());
        set(Attribute.DECISION, known.decision().value());
        set(Attribute.SOURCE, known.source().value());
    }

    @Override
    boolean showsErrors() {
        return false;
    }

    /** A wait that is about to start. */
    public static final class Builder extends AgentSpanBuilder<ApprovalWait, Builder> {

        private final Tool tool;

        Builder(Engine engine, Tool tool) {
            super(engine, SpanType.APPROVAL, tool);
            this.tool = tool;
        }

        @Override
        Builder self() {
            return this;
        }

        @Override
        void describe(Place place) {
            set(Attribute.BARE_TOOL_NAME, tool.name());
            set(Attribute.CALL_ID, tool.callId());
        }

        @Override
        ApprovalWait create(Opening opening) {
            return new ApprovalWait(engine, opening, tool);
        }
    }
}
