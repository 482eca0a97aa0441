package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeSink;
import dev.llmpropagation.internal.span.SpanText;
import dev.llmpropagation.internal.span.SpanType;
import org.jspecify.annotations.Nullable;

/**
 * A run of a hook of the program's user: {@code qwen-code.hook}. A hook that blocks has completed; only one that throws
 * has failed. Thread-safe.
 */
public final class Hook extends AgentSpan {

    private Hook(AgentSpanStart start) {
        super(start);
    }

    /** What the hook decided about the tool. */
    public void shouldProceed(boolean proceed) {
        set(Attribute.SHOULD_PROCEED, proceed);
    }

    /** Whether the hook wants the turn to stop. */
    public void shouldStop(boolean stop) {
        set(Attribute.SHOULD_STOP, stop);
    }

    /** The hook blocked what it was asked about. */
    public void blocked(@Nullable BlockType how) {
        set(Attribute.BLOCK_TYPE, how == null ? null : how.value());
    }

    /** Whether the hook had something to add to the conversation. */
    public void hasAdditionalContext(boolean has) {
        set(Attribute.HAS_ADDITIONAL_CONTEXT, has);
    }

    /** The hook stopped the turn after a batch of tools. The reason is shown as an error text would be. */
    public void postBatchStop(@Nullable String reason) {
        set(Attribute.POST_BATCH_STOP, true);
        set(Attribute.POST_BATCH_STOP_REASON, SpanText.error(reason));
    }

    /** A hook that is about to run. */
    public static final class Builder extends AgentSpanBuilder<Hook, Builder> {

        private final @Nullable HookEvent event;
        private @Nullable String toolName;
        private @Nullable String toolUseId;

        Builder(
                AgentTelemetry telemetry,
                @Nullable AgentSpan within,
                @Nullable ToolCall about,
                @Nullable HookEvent event) {
            super(telemetry, SpanType.HOOK, within);
            this.event = event;
            if (about != null) {
                toolName = about.name;
                toolUseId = about.id;
            }
        }

        /** The tool that the hook is about. Default: the tool that started it. */
        public Builder tool(@Nullable String name, @Nullable String useId) {
            toolName = name;
            toolUseId = useId;
            return this;
        }

        /** The hook runs because the user interrupted the tool. */
        public Builder interrupt() {
            Attribute.IS_INTERRUPT.put(known(), true);
            return this;
        }

        @Override
        void describe(SpanParent parent, AttributeSink to) {
            Attribute.HOOK_EVENT.put(to, event == null ? null : event.value());
            Attribute.BARE_TOOL_NAME.put(to, toolName);
            Attribute.TOOL_USE_ID.put(to, toolUseId);
        }

        @Override
        Hook create(AgentSpanStart start) {
            return new Hook(start);
        }
    }
}
