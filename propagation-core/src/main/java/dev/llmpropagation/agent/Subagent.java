package dev.llmpropagation.agent;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.span.Ending;
import dev.llmpropagation.span.Outcome;
import dev.llmpropagation.span.Text;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** An agent that runs for another one: {@code qwen-code.subagent}. Thread-safe. */
public final class Subagent extends AgentScope {

    private static final int MAX_DESCRIPTION = 1024;

    private Subagent(Engine engine, Opening opening) {
        super(engine, opening);
    }

    /** Why it stopped, in a word of few different ones. */
    public void terminateReason(String reason) {
        requireNonNull(reason, "reason");
        engine.quietly(
                "An attribute could not be set", () -> set(Attribute.SUBAGENT_TERMINATE_REASON, Text.error(reason)));
    }

    /** Whether it came back with a summary. */
    public void resultSummary(boolean present) {
        engine.quietly("An attribute could not be set", () -> set(Attribute.SUBAGENT_HAS_SUMMARY, present));
    }

    private static String status(Outcome outcome) {
        return switch (outcome) {
            case COMPLETED -> "completed";
            case FAILED, TIMED_OUT -> "failed";
            case CANCELLED -> "cancelled";
            case INTERRUPTED, ABANDONED -> "aborted";
        };
    }

    @Override
    void onEnding(Ending ending) {
        set(Attribute.SUBAGENT_STATUS, status(ending.outcome()));
        if (ending.outcome() == Outcome.ABANDONED) {
            set(Attribute.SUBAGENT_TERMINATE_REASON, "ttl_swept");
        }
    }

    @Override
    void onEnded(Ending ending, @Nullable String errorType, long nanos) {
        engine.quietly(
                "A metric could not be recorded", () -> engine.metrics().subagent(this, status(ending.outcome())));
    }

    @Override
    Attribute durationAttribute() {
        return Attribute.SUBAGENT_DURATION_MS;
    }

    /** A subagent that is about to start. */
    public static final class Builder extends AgentSpanBuilder<Subagent, Builder> {

        private final String name;
        private String kind = "foreground";
        private @Nullable String id;
        private @Nullable String description;
        private @Nullable String model;
        private @Nullable String invokingRequestId;
        private @Nullable Boolean builtIn;
        private @Nullable Lineage invoker;
        private Context caller = Context.root();

        Builder(Engine engine, @Nullable AgentScope within, String name) {
            super(engine, SpanType.SUBAGENT, within);
            this.name = Text.bounded(requireNonNull(name, "name"), 128);
        }

        /** It works beside its invoker: root of a trace of its own, with a link to the invoker. */
        public Builder fork() {
            kind = "fork";
            return this;
        }

        /** It outlives its invoker: root of a trace of its own, with a link to the invoker. */
        public Builder background() {
            kind = "background";
            return this;
        }

        public Builder id(String agentId) {
            id = requireNonNull(agentId, "id");
            return this;
        }

        /** What it is for; cut after 1024 characters. */
        public Builder description(String text) {
            description = Text.bounded(requireNonNull(text, "description"), MAX_DESCRIPTION);
            return this;
        }

        /** The model, if it is not that of the invoker. */
        public Builder model(String modelName) {
            model = requireNonNull(modelName, "model");
            return this;
        }

        public Builder builtIn(boolean yes) {
            builtIn = yes;
            return this;
        }

        /** Id of the request that invoked it. */
        public Builder invokingRequestId(String requestId) {
            invokingRequestId = requireNonNull(requestId, "invokingRequestId");
            return this;
        }

        @Override
        Builder self() {
            return this;
        }

        @Override
        boolean isBackground() {
            return !kind.equals("foreground");
        }

        @Override
        Place place(Context current) {
            caller = current;
            Place place = super.place(current);
            invoker = place.lineage();
            if (!isBackground()) {
                return place;
            }
            return engine.tracer() == null ? new Place(null, current) : Place.root(current);
        }

        @Override
        @Nullable
        String namedSession() {
            return invoker == null ? null : invoker.session();
        }

        @Override
        @Nullable
        SpanContext link() {
            if (!isBackground()) {
                return null;
            }
            return within != null
                    ? within.spanContext()
                    : Span.fromContext(caller).getSpanContext();
        }

        @Override
        void describe(Place place) {
            set(Attribute.OPERATION_NAME, type.operation);
            set(Attribute.AGENT_NAME, name);
            set(Attribute.AGENT_DESCRIPTION, description);
            set(Attribute.REQUEST_MODEL, model);
            set(Attribute.SUBAGENT_ID, id);
            set(Attribute.SUBAGENT_NAME, name);
            set(Attribute.SUBAGENT_KIND, kind);
            set(Attribute.SUBAGENT_DEPTH, around());
            set(Attribute.SUBAGENT_PARENT, invoker == null ? null : invoker.subagentId());
            set(Attribute.SUBAGENT_REQUEST, invokingRequestId);
            if (builtIn != null) {
                set(Attribute.SUBAGENT_BUILT_IN, builtIn);
            }
        }

        private long around() {
            return invoker == null ? 0 : invoker.subagents();
        }

        @Override
        String spanName() {
            return engine.names().of(type, null, name);
        }

        @Override
        Subagent create(Opening opening) {
            return new Subagent(engine, opening);
        }

        @Override
        Lineage handedDown(@Nullable Lineage inherited, @Nullable String session) {
            return new Lineage(
                    session,
                    name,
                    invoker == null ? null : invoker.promptId(),
                    invoker == null ? null : invoker.userId(),
                    around() + 1,
                    id);
        }
    }
}
