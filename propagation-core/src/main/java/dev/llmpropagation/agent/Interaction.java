package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeSink;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.Throwables;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One prompt, from its start to the final answer: {@code qwen-code.interaction}. Thread-safe. */
public final class Interaction extends AgentScope {

    private static final AtomicLong SEQUENCE = new AtomicLong();

    private final @Nullable String promptId;
    private final @Nullable String approvalMode;

    private Interaction(
            AgentTelemetry telemetry, AgentSpanStart start, @Nullable String promptId, @Nullable String approvalMode) {
        super(telemetry, start);
        this.promptId = promptId;
        this.approvalMode = approvalMode;
    }

    /** The final, visible answer: recorded only if {@link ContentCapture} allows it. */
    public void answer(@Nullable String text) {
        set(
                Attribute.OUTPUT_MESSAGES,
                ContentCapture.message("assistant", telemetry.content().forSpan(text)));
    }

    /** Counts a model call that was made again because its answer was of no use. */
    public void contentRetried() {
        life.measure(() -> telemetry.metrics().contentRetry(this));
    }

    /** As the program told it, or null. */
    @Override
    public @Nullable String promptId() {
        return promptId;
    }

    private static String turnStatus(Outcome outcome) {
        return outcome == Outcome.COMPLETED ? "ok" : outcome.isError() ? "error" : "cancelled";
    }

    @Override
    void onEnding(Ending ending) {
        set(Attribute.TURN_STATUS, turnStatus(ending.outcome()));
    }

    @Override
    void onEnded(Ending ending, @Nullable String errorType, long nanos) {
        if (promptId != null) {
            telemetry.prompts().remove(promptId, this);
        }
        Throwables.inTurn(
                () -> measureInvocation(errorType, nanos),
                () -> life.log(() -> telemetry
                        .events()
                        .finished(this, approvalMode, turnStatus(ending.outcome()), ending.outcome(), nanos)));
    }

    /** An interaction that is about to start. */
    public static final class Builder extends AgentSpanBuilder<Interaction, Builder> {

        private final @Nullable String promptId;
        private @Nullable Context parent;
        private @Nullable SpanContext caller;
        private @Nullable String session;
        private @Nullable String prompt;
        private @Nullable String approvalMode;
        private @Nullable String userId;

        Builder(AgentTelemetry telemetry, @Nullable String promptId) {
            super(telemetry, SpanType.INTERACTION, null);
            this.promptId = promptId == null || promptId.isBlank() ? null : promptId;
        }

        /**
         * The parent, for a prompt that came from another process, say. Default: none; the interaction is the root of its
         * own trace, whatever span is current.
         */
        public Builder parent(@Nullable Context context) {
            parent = context;
            return this;
        }

        /**
         * Links the interaction with the span of this Context ({@code qwen-code.link.kind} is {@code caller}), which does not
         * become its parent: for work that outlives who asked for it, or where the trace is derived from the session and the
         * caller's is another one. It takes the place of a parent that {@link AgentTracingBuilder#parent} gives. Default: none.
         */
        public Builder link(@Nullable Context context) {
            if (context != null) {
                caller = Span.fromContext(context).getSpanContext();
                parent = null;
            }
            return this;
        }

        /** The session it belongs to. Default: that of the Context, else what the program's supplier says. */
        public Builder session(@Nullable String id) {
            session = id;
            return this;
        }

        /** What the user asked: its length goes to the log event, its text only where {@link ContentCapture} allows. */
        public Builder prompt(@Nullable String text) {
            prompt = text;
            return this;
        }

        /** The model at the start; it may change in the course of the interaction. */
        public Builder model(@Nullable String name) {
            Attribute.MODEL.put(known(), name);
            return this;
        }

        /** {@code userQuery}, {@code retry}, … */
        public Builder messageType(@Nullable String name) {
            Attribute.MESSAGE_TYPE.put(known(), name);
            return this;
        }

        /** How tools are approved at the start, as the program calls it: {@code default}, {@code yolo}, … */
        public Builder approvalMode(@Nullable String name) {
            approvalMode = name;
            return this;
        }

        /** Id of the user, shown on this span and on the tools and model calls inside. Default: none. */
        public Builder userId(@Nullable String id) {
            userId = id;
            return this;
        }

        /** The answer must fit a JSON schema. */
        public Builder json() {
            Attribute.OUTPUT_TYPE.put(known(), "json");
            return this;
        }

        @Override
        SpanParent parentIn(Context current) {
            if (parent != null) {
                // A parent from another process seldom has the session, so take that of the current Context.
                LlmSession here = LlmSession.fromContext(current);
                boolean adopts = here != null && LlmSession.fromContext(parent) == null;
                return new SpanParent(null, adopts ? parent.with(here) : parent);
            }
            return apart(current);
        }

        @Override
        @Nullable
        SpanContext linkIn(Context current) {
            return caller;
        }

        @Override
        String linkKind() {
            return "caller";
        }

        @Override
        @Nullable
        String namedSession() {
            return session;
        }

        @Override
        void describe(SpanParent parent, AttributeSink to) {
            Attribute.OPERATION_NAME.put(to, type.operation);
            Attribute.AGENT_NAME.put(to, telemetry.agentName());
            Attribute.PROMPT_ID.put(to, promptId);
            Attribute.APPROVAL_MODE.put(to, approvalMode);
            Attribute.USER_ID.put(to, userId);
            Attribute.SEQUENCE.put(to, SEQUENCE.incrementAndGet());
        }

        @Override
        String spanName() {
            return telemetry.names().of(type, null, telemetry.agentName());
        }

        @Override
        Interaction create(AgentSpanStart start) {
            return new Interaction(telemetry, start, promptId, approvalMode);
        }

        @Override
        Inherited handedDown(@Nullable Inherited inherited, @Nullable String session) {
            return new Inherited(session, telemetry.agentName(), promptId, userId, 0, null);
        }

        @Override
        void onStarted(Interaction started) {
            if (promptId != null) {
                telemetry.prompts().add(promptId, started);
            }
            String asked = prompt;
            if (asked != null) {
                started.set(
                        Attribute.INPUT_MESSAGES,
                        ContentCapture.message("user", telemetry.content().forSpan(asked)));
            }
            telemetry.events().prompt(started, asked);
        }
    }
}
