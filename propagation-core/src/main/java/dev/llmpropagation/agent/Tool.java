package dev.llmpropagation.agent;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.span.Ending;
import dev.llmpropagation.span.Text;
import org.jspecify.annotations.Nullable;

/** One tool call that the model asked for, approval and execution: {@code qwen-code.tool}. Thread-safe. */
public final class Tool extends AgentScope {

    private static final int MAX_DESCRIPTION = 4096;
    private static final int MAX_NAME = 128;

    private final String name;
    private final String toolType;
    private final @Nullable String callId;
    private volatile @Nullable String arguments;
    private volatile @Nullable Decision decision;

    private Tool(Engine engine, Opening opening, Builder settings) {
        super(engine, opening);
        this.name = settings.name;
        this.toolType = settings.toolType;
        this.callId = settings.callId;
        this.arguments = settings.arguments;
    }

    /** The run itself. Start it only when a run is attempted. */
    public ToolExecution.Builder execution() {
        return new ToolExecution.Builder(engine, this);
    }

    /** The wait for somebody to allow the tool. */
    public ApprovalWait.Builder blockedOnUser() {
        return new ApprovalWait.Builder(engine, this);
    }

    /** What it returned: recorded only if {@link ContentCapture} allows it. */
    public void result(String text) {
        requireNonNull(text, "text");
        engine.quietly(
                "Content could not be set",
                () -> set(Attribute.TOOL_RESULT, engine.content().forSpan(text)));
    }

    /** It did not do what it was for. {@link ToolFailure#CANCELLED} is no error, all others are. */
    public void failed(ToolFailure kind) {
        end(Ending.of(kind.outcome(), kind));
    }

    String name() {
        return name;
    }

    String toolType() {
        return toolType;
    }

    @Nullable
    String promptId() {
        Lineage lineage = lineage();
        return lineage == null ? null : lineage.promptId();
    }

    @Nullable
    String callId() {
        return callId;
    }

    @Nullable
    String arguments() {
        return arguments;
    }

    @Nullable
    Decision decision() {
        return decision;
    }

    void decided(Decision value) {
        decision = value;
    }

    @Override
    void onEnding(Ending ending) {
        ToolFailure kind = ending.detail() instanceof ToolFailure known ? known : kind(ending);
        if (kind != null) {
            set(Attribute.FAILURE_KIND, kind.value());
        }
    }

    private static @Nullable ToolFailure kind(Ending ending) {
        return switch (ending.outcome()) {
            case COMPLETED -> null;
            case TIMED_OUT -> ToolFailure.TIMEOUT;
            case FAILED -> ending.failure() != null ? ToolFailure.TOOL_EXCEPTION : ToolFailure.TOOL_ERROR;
            case CANCELLED, INTERRUPTED, ABANDONED -> ToolFailure.CANCELLED;
        };
    }

    @Override
    void onEnded(Ending ending, @Nullable String errorType, long nanos) {
        engine.quietly("A metric could not be recorded", () -> engine.metrics()
                .tool(this, ending.outcome(), errorType, nanos));
        engine.quietly("A log event could not be emitted", () -> engine.events()
                .toolCall(this, ending.outcome(), errorType, nanos));
        arguments = null;
    }

    @Override
    boolean namesExceptions() {
        return false;
    }

    /** A tool call that is about to start. */
    public static final class Builder extends AgentSpanBuilder<Tool, Builder> {

        private final String name;
        private @Nullable String callId;
        private @Nullable String promptId;
        private @Nullable String description;
        private @Nullable String arguments;
        private String conventionType = "function";
        private String toolType = "native";

        Builder(Engine engine, @Nullable AgentScope within, String name) {
            super(engine, SpanType.TOOL, within);
            this.name = Text.bounded(requireNonNull(name, "name"), MAX_NAME);
        }

        /** The model's id of the call. */
        public Builder callId(String id) {
            callId = requireNonNull(id, "callId");
            return this;
        }

        /**
         * The prompt it belongs to. If the current Context is in the interaction of another one, the tool stands in the
         * open interaction of this prompt and session, or else is a root. Default: that of the Context.
         */
        public Builder promptId(String id) {
            promptId = requireNonNull(id, "promptId");
            return this;
        }

        /** {@code gen_ai.tool.type}. Default: {@code function}. */
        public Builder type(String name) {
            conventionType = requireNonNull(name, "type");
            return this;
        }

        /** Where it comes from, for metrics: {@code native}, {@code mcp}, … Default: {@code native}. */
        public Builder toolType(String name) {
            toolType = requireNonNull(name, "toolType");
            return this;
        }

        /** What the model was told that it does; cut after 4096 characters. */
        public Builder description(String text) {
            description = Text.bounded(requireNonNull(text, "description"), MAX_DESCRIPTION);
            return this;
        }

        /** What it was called with: recorded only if {@link ContentCapture} allows it. */
        public Builder arguments(String json) {
            arguments = requireNonNull(json, "arguments");
            return this;
        }

        @Override
        Builder self() {
            return this;
        }

        @Override
        @Nullable
        String promptId() {
            return promptId;
        }

        @Override
        void describe(Place place) {
            Lineage owner = place.lineage();
            set(Attribute.OPERATION_NAME, type.operation);
            set(Attribute.TOOL_NAME, name);
            set(Attribute.TOOL_TYPE, conventionType);
            set(Attribute.TOOL_CALL_ID, callId);
            set(Attribute.CALL_ID, callId);
            set(Attribute.TOOL_DESCRIPTION, description);
            set(Attribute.AGENT_NAME, owner == null ? null : owner.agentName());
            set(Attribute.USER_ID, owner == null ? null : owner.userId());
        }

        @Override
        String spanName() {
            return engine.names().of(type, null, name);
        }

        @Override
        Tool create(Opening opening) {
            return new Tool(engine, opening, this);
        }

        @Override
        Lineage handedDown(@Nullable Lineage inherited, @Nullable String session) {
            return inherited != null
                    ? inherited.in(session)
                    : new Lineage(session, engine.agentName(), promptId, null, 0, null);
        }

        @Override
        void onStarted(Tool started) {
            started.set(Attribute.TOOL_ARGUMENTS, engine.content().forSpan(arguments));
        }
    }
}
