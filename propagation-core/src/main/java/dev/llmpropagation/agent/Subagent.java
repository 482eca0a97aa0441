package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeSink;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.SpanText;
import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.Throwables;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** An agent that runs for another one: {@code qwen-code.subagent}. Thread-safe. */
public final class Subagent extends AgentScope {

    private static final int MAX_DESCRIPTION = 1024;

    private Subagent(AgentTelemetry telemetry, AgentSpanStart start) {
        super(telemetry, start);
    }

    /** Why it stopped, in a word of few different ones. */
    public void terminateReason(@Nullable String reason) {
        set(Attribute.SUBAGENT_TERMINATE_REASON, SpanText.error(reason));
    }

    /** Whether it came back with a summary. */
    public void resultSummary(boolean present) {
        set(Attribute.SUBAGENT_HAS_SUMMARY, present);
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
        Throwables.inTurn(
                () -> measureInvocation(errorType, nanos),
                () -> life.measure(() -> telemetry.metrics().subagent(this, status(ending.outcome()))));
    }

    /** A subagent that is about to start. */
    public static final class Builder extends AgentSpanBuilder<Subagent, Builder> {

        private final @Nullable String name;
        private String kind = "foreground";
        private @Nullable String id;

        Builder(AgentTelemetry telemetry, @Nullable AgentSpan within, @Nullable String name) {
            super(telemetry, SpanType.SUBAGENT, within);
            this.name = name == null ? null : SpanText.line(name, 128);
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

        /** Id of this agent: on its own span, and as that of the parent on agents inside. Default: none. */
        public Builder id(@Nullable String agentId) {
            id = agentId;
            return this;
        }

        /** What it is for; cut after 1024 characters. */
        public Builder description(@Nullable String text) {
            Attribute.AGENT_DESCRIPTION.put(known(), text == null ? null : SpanText.line(text, MAX_DESCRIPTION));
            return this;
        }

        /** The model, if it is not that of the invoker. Default: the attribute is absent. */
        public Builder model(@Nullable String modelName) {
            Attribute.REQUEST_MODEL.put(known(), modelName);
            return this;
        }

        /** Whether the program brings it, and not its user. Default: the attribute is absent. */
        public Builder builtIn(boolean yes) {
            Attribute.SUBAGENT_BUILT_IN.put(known(), yes);
            return this;
        }

        /** Id of the request that invoked it. */
        public Builder invokingRequestId(@Nullable String requestId) {
            Attribute.SUBAGENT_REQUEST.put(known(), requestId);
            return this;
        }

        @Override
        boolean isBackground() {
            return !kind.equals("foreground");
        }

        @Override
        SpanParent parentIn(Context current) {
            SpanParent invoker = super.parentIn(current);
            return isBackground() ? new SpanParent(null, apart(current).context(), invoker.inherited()) : invoker;
        }

        @Override
        @Nullable
        SpanContext linkIn(Context current) {
            if (!isBackground()) {
                return null;
            }
            return within != null
                    ? within.spanContext()
                    : Span.fromContext(current).getSpanContext();
        }

        @Override
        void describe(SpanParent parent, AttributeSink to) {
            Attribute.OPERATION_NAME.put(to, type.operation);
            Attribute.AGENT_NAME.put(to, name);
            Attribute.SUBAGENT_ID.put(to, id);
            Attribute.SUBAGENT_NAME.put(to, name);
            Attribute.SUBAGENT_KIND.put(to, kind);
            Attribute.SUBAGENT_DEPTH.put(to, depth(parent.inherited()));
            Attribute.SUBAGENT_PARENT.put(
                    to, parent.inherited() == null ? null : parent.inherited().subagentId());
        }

        private static long depth(@Nullable Inherited invoker) {
            return invoker == null ? 0 : invoker.subagents();
        }

        @Override
        String spanName() {
            return telemetry.names().of(type, null, name);
        }

        @Override
        Subagent create(AgentSpanStart start) {
            return new Subagent(telemetry, start);
        }

        @Override
        Inherited handedDown(@Nullable Inherited invoker, @Nullable String session) {
            return new Inherited(
                    session,
                    name,
                    invoker == null ? null : invoker.promptId(),
                    invoker == null ? null : invoker.userId(),
                    depth(invoker) + 1,
                    id);
        }
    }
}
