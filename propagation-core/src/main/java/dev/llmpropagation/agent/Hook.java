package dev.llmpropagation.agent;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.span.Text;
import org.jspecify.annotations.Nullable;

/**
 * A run of a hook of the program's user: {@code qwen-code.hook}. A hook that blocks has completed; only one that throws
 * has failed. Thread-safe.
 */
public final class Hook extends AgentSpan {

    private Hook(Engine engine, Opening opening) {
        super(engine, opening);
    }

    /** What the hook decided about the tool. */
    public void shouldProceed(boolean proceed) {
        decide(Attribute.SHOULD_PROCEED, proceed);
    }

    /** Whether the hook wants the turn to stop. */
    public void shouldStop(boolean stop) {
        decide(Attribute.SHOULD_STOP, stop);
    }

    /** The hook blocked what it was asked about. */
    public void blocked(BlockType how) {
        requireNonNull(how, "how");
        engine.quietly("An attribute could not be set", () -> set(Attribute.BLOCK_TYPE, how.value()));
    }

    /** Whether the hook had something to add to the conversation. */
    public void hasAdditionalContext(boolean has) {
        decide(Attribute.HAS_ADDITIONAL_CONTEXT, has);
    }

    /** The hook stopped the turn after a batch of tools. The reason is shown as an error text would be. */
    public void postBatchStop(String reason) {
        decide(Attribute.POST_BATCH_STOP, true);
        engine.quietly(
                "An attribute could not be set",
                () -> set(Attribute.POST_BATCH_STOP_REASON, Text.error(requireNonNull(reason, "reason"))));
    }

    private void decide(Attribute attribute, boolean value) {
        engine.quietly("An attribute could not be set", () -> set(attribute, value));
    }

    @Override
    boolean namesExceptions() {
        return false;
    }

    /** A hook that is about to run. */
    public static final class Builder extends AgentSpanBuilder<Hook, Builder> {

        private final HookEvent event;
        private @Nullable String toolName;
        private @Nullable String toolUseId;
        private boolean interrupt;

        Builder(Engine engine, @Nullable AgentScope within, HookEvent event) {
            super(engine, SpanType.HOOK, within);
            this.event = requireNonNull(event, "event");
            if (within instanceof Tool tool) {
                toolName = tool.name();
                toolUseId = tool.callId();
            }
        }

        /** The tool that the hook is about. Default: the tool that started it. */
        public Builder tool(String name, @Nullable String useId) {
            toolName = requireNonNull(name, "name");
            toolUseId = useId;
            return this;
        }

        /** The hook runs because the user interrupted the tool. */
        public Builder interrupt() {
            interrupt = true;
            return this;
        }

        @Override
        Builder self() {
            return this;
        }

        @Override
        void describe(Place place) {
            set(Attribute.HOOK_EVENT, event.value());
            set(Attribute.BARE_TOOL_NAME, toolName);
            set(Attribute.TOOL_USE_ID, toolUseId);
            if (interrupt) {
                set(Attribute.IS_INTERRUPT, true);
            }
        }

        @Override
        Hook create(Opening opening) {
            return new Hook(engine, opening);
        }
    }
}
