package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeSink;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.SpanText;
import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.Throwables;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** One tool call that the model asked for, approval and execution: {@code qwen-code.tool}. Thread-safe. */
public final class Tool extends AgentScope {

    private static final int MAX_DESCRIPTION = 4096;
    private static final int MAX_NAME = 128;
    private static final String FUNCTION = "function";
    private static final String NATIVE = "native";
    private static final Pattern EXTENSION = Pattern.compile("[^./\\\\]\\.([A-Za-z0-9]{1,10})$");

    private final ToolCall call;

    private Tool(AgentTelemetry telemetry, AgentSpanStart start, ToolCall call) {
        super(telemetry, start);
        this.call = call;
    }

    /** The run itself. Start it only when a run is attempted. */
    public ToolExecution.Builder execution() {
        return new ToolExecution.Builder(telemetry, this, call);
    }

    /** The wait for somebody to allow the tool. */
    public ApprovalWait.Builder blockedOnUser() {
        return new ApprovalWait.Builder(telemetry, this, call);
    }

    /**
     * It worked on a file: log event {@code qwen-code.file_operation}, and a metric. Of the path only the extension is told.
     *
     * @param path of the file, or null
     * @param lines that were written or read; negative if that is not known
     */
    public void fileOperation(@Nullable FileOperation operation, @Nullable String path, long lines) {
        if (operation == null) {
            return;
        }
        String extension = extension(path);
        life.measure(() -> telemetry.metrics().file(this, operation, extension));
        life.log(() -> telemetry.events().file(this, call, operation, extension, lines));
    }

    private static @Nullable String extension(@Nullable String path) {
        Matcher matcher = EXTENSION.matcher(path == null ? "" : path);
        return matcher.find() ? matcher.group(1).toLowerCase(Locale.ROOT) : null;
    }

    /** What it returned: recorded only if {@link ContentCapture} allows it. */
    public void result(@Nullable String text) {
        set(Attribute.TOOL_RESULT, telemetry.content().forSpan(text));
    }

    /**
     * It did not do what it was for. {@link ToolFailure#CANCELLED} is no error, all others are; null is {@link
     * ToolFailure#TOOL_ERROR}.
     */
    public void failed(@Nullable ToolFailure why) {
        ToolFailure kind = why == null ? ToolFailure.TOOL_ERROR : why;
        life.end(Ending.of(kind.outcome(), kind));
    }

    @Override
    ToolCall toolCall() {
        return call;
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
        Throwables.inTurn(
                () -> life.measure(() -> telemetry.metrics().tool(this, call, ending.outcome(), errorType, nanos)),
                () -> life.log(() -> telemetry.events().toolCall(this, call, ending.outcome(), errorType, nanos)),
                () -> {
                    call.arguments = null;
                    call.over = true;
                });
    }

    /** A tool call that is about to start. */
    public static final class Builder extends AgentSpanBuilder<Tool, Builder> {

        private final @Nullable String name;
        private @Nullable String callId;
        private @Nullable String promptId;
        private @Nullable String responseId;
        private @Nullable String arguments;
        private String conventionType = FUNCTION;
        private String toolType = NATIVE;

        Builder(AgentTelemetry telemetry, @Nullable AgentSpan within, @Nullable String name) {
            super(telemetry, SpanType.TOOL, within);
            this.name = name == null ? null : SpanText.line(name, MAX_NAME);
        }

        /** The model's id of the call. */
        public Builder callId(@Nullable String id) {
            callId = id;
            return this;
        }

        /**
         * The prompt it belongs to. If the current Context is in the interaction of another one, the tool stands in the
         * open interaction of this prompt and session, or else is a root. Default: that of the Context.
         */
        public Builder promptId(@Nullable String id) {
            promptId = id;
            return this;
        }

        /** {@code gen_ai.tool.type}. Default: {@code function}. */
        public Builder type(@Nullable String name) {
            conventionType = name == null ? FUNCTION : name;
            return this;
        }

        /** Where it comes from, for metrics: {@code native}, {@code mcp}, … Default: {@code native}. */
        public Builder toolType(@Nullable String name) {
            toolType = name == null ? NATIVE : name;
            return this;
        }

        /** What the model was told that it does; cut after 4096 characters. */
        public Builder description(@Nullable String text) {
            Attribute.TOOL_DESCRIPTION.put(known(), text == null ? null : SpanText.line(text, MAX_DESCRIPTION));
            return this;
        }

        /**
         * Id of the response in which the model asked for it, {@code gen_ai.response.id} of the log event. Default:
         * none.
         */
        public Builder responseId(@Nullable String id) {
            responseId = id;
            return this;
        }

        /** What it was called with: recorded only if {@link ContentCapture} allows it. */
        public Builder arguments(@Nullable String json) {
            arguments = json;
            return this;
        }

        @Override
        @Nullable
        String promptId() {
            return promptId;
        }

        @Override
        void describe(SpanParent parent, AttributeSink to) {
            Inherited inherited = parent.inherited();
            Attribute.OPERATION_NAME.put(to, type.operation);
            Attribute.TOOL_NAME.put(to, name);
            Attribute.TOOL_TYPE.put(to, conventionType);
            Attribute.TOOL_CALL_ID.put(to, callId);
            Attribute.CALL_ID.put(to, callId);
            Attribute.AGENT_NAME.put(to, inherited == null ? null : inherited.agentName());
            Attribute.USER_ID.put(to, inherited == null ? null : inherited.userId());
        }

        @Override
        String spanName() {
            return telemetry.names().of(type, null, name);
        }

        @Override
        void count(InvocationCalls calls) {
            calls.tools.incrementAndGet();
        }

        @Override
        Tool create(AgentSpanStart start) {
            return new Tool(
                    telemetry, start, new ToolCall(name, callId, responseId, conventionType, toolType, arguments));
        }

        @Override
        Inherited handedDown(@Nullable Inherited inherited, @Nullable String session) {
            return inherited != null
                    ? inherited.in(session)
                    : new Inherited(session, telemetry.agentName(), promptId, null, 0, null);
        }

        @Override
        void onStarted(Tool started) {
            started.set(Attribute.TOOL_ARGUMENTS, telemetry.content().forSpan(arguments));
        }
    }
}
