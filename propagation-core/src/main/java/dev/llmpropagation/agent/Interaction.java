package dev.llmpropagation.agent;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.span.Ending;
import dev.llmpropagation.span.Outcome;
import io.opentelemetry.context.Context;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One prompt, from its start to the final answer: {@code qwen-code.interaction}. Thread-safe. */
public final class Interaction extends AgentScope {

    private static final AtomicLong SEQUENCE = new AtomicLong();

    private final String promptId;
    private final @Nullable String approvalMode;

    private Interaction(Engine engine, Opening opening, String promptId, @Nullable String approvalMode) {
        super(engine, opening);
        this.promptId = promptId;
        this.approvalMode = approvalMode;
    }

    /** The final, visible answer: recorded only if {@link ContentCapture} allows it. */
    public void answer(String text) {
        requireNonNull(text, "text");
        engine.quietly(
                "Content could not be set",
                () -> set(
                        Attribute.OUTPUT_MESSAGES,
                        ContentCapture.message("assistant", engine.content().forSpan(text))));
    }

    /** Counts a model call that was made again because its answer was of no use. */
    public void contentRetried() {
        engine.quietly("A metric could not be recorded", () -> engine.metrics().contentRetry(this));
    }

    public String promptId() {
        return promptId;
    }

    @Nullable
    String approvalMode() {
        return approvalMode;
    }

    static String turnStatus(Outcome outcome) {
        return outcome == Outcome.COMPLETED ? "ok" : outcome.isError() ? "error" : "cancelled";
    }

    @Override
    void onEnding(Ending ending) {
        set(Attribute.TURN_STATUS, turnStatus(ending.outcome()));
    }

    @Override
    void onEnded(Ending ending, @Nullable String errorType, long nanos) {
        engine.quietly(
                "A log event could not be emitted", () -> engine.events().finished(this, ending.outcome(), nanos));
    }

    @Override
    Attribute durationAttribute() {
        return Attribute.INTERACTION_DURATION_MS;
    }

    /** An interaction that is about to start. */
    public static final class Builder extends AgentSpanBuilder<Interaction, Builder> {

        private final String promptId;
        private @Nullable Context parent;
        private @Nullable String session;
        private @Nullable String prompt;
        private @Nullable String model;
        private @Nullable String messageType;
        private @Nullable String approvalMode;
        private @Nullable String userId;
        private boolean json;

        Builder(Engine engine, String promptId) {
            super(engine, SpanType.INTERACTION, null);
            this.promptId = requireNonNull(promptId, "promptId");
        }

        /**
         * The parent, for a prompt that came from another process, say. Default: none; the interaction is the root of its
         * own trace, whatever span is current.
         */
        public Builder parent(Context context) {
            parent = requireNonNull(context, "parent");
            return this;
        }

        /** The session it belongs to. Default: that of the Context, else what the program's supplier says. */
        public Builder session(String id) {
            session = requireNonNull(id, "session");
            return this;
        }

        /** What the user asked: its length goes to the log event, its text only where {@link ContentCapture} allows. */
        public Builder prompt(String text) {
            prompt = requireNonNull(text, "prompt");
            return this;
        }

        /** The model at the start; it may change in the course of the interaction. */
        public Builder model(String name) {
            model = requireNonNull(name, "model");
            return this;
        }

        /** {@code userQuery}, {@code retry}, … */
        public Builder messageType(String name) {
            messageType = requireNonNull(name, "messageType");
            return this;
        }

        /** How tools are approved at the start, as the program calls it: {@code default}, {@code yolo}, … */
        public Builder approvalMode(String name) {
            approvalMode = requireNonNull(name, "approvalMode");
            return this;
        }

        /** Id of the user, shown on this span and on the tools and model calls inside. Default: none. */
        public Builder userId(String id) {
            userId = requireNonNull(id, "userId");
            return this;
        }

        /** The answer must fit a JSON schema. */
        public Builder json() {
            json = true;
            return this;
        }

        @Override
        Builder self() {
            return this;
        }

        @Override
        Place place(Context current) {
            if (parent != null) {
                // A parent from another process seldom knows the session; where the program is, it does.
                LlmSession here = LlmSession.fromContext(current);
                boolean adopts = here != null && LlmSession.fromContext(parent) == null;
                return new Place(null, adopts ? parent.with(here) : parent);
            }
            // Without an SDK, the caller's trace is passed on as it is.
            return engine.tracer() == null ? new Place(null, current) : Place.root(current);
        }

        @Override
        @Nullable
        String namedSession() {
            return session;
        }

        @Override
        void describe(Place place) {
            set(Attribute.OPERATION_NAME, type.operation);
            set(Attribute.AGENT_NAME, engine.agentName());
            set(Attribute.PROMPT_ID, promptId);
            set(Attribute.MODEL, model);
            set(Attribute.MESSAGE_TYPE, messageType);
            set(Attribute.APPROVAL_MODE, approvalMode);
            set(Attribute.USER_ID, userId);
            set(Attribute.OUTPUT_TYPE, json ? "json" : null);
            set(Attribute.SEQUENCE, SEQUENCE.incrementAndGet());
        }

        @Override
        String spanName() {
            return engine.names().of(type, null, engine.agentName());
        }

        @Override
        Interaction create(Opening opening) {
            return new Interaction(engine, opening, promptId, approvalMode);
        }

        @Override
        Lineage handedDown(@Nullable Lineage inherited, @Nullable String session) {
            return new Lineage(session, engine.agentName(), promptId, userId, 0, null);
        }

        @Override
        void onStarted(Interaction started) {
            String asked = prompt;
            if (asked != null) {
                started.set(
                        Attribute.INPUT_MESSAGES,
                        ContentCapture.message("user", engine.content().forSpan(asked)));
            }
            engine.events().prompt(started, asked);
        }
    }
}
