package dev.llmpropagation.agent;

import org.jspecify.annotations.Nullable;

/**
 * A span that others stand in: interaction, tool or subagent. What is started by these methods stands in this very one,
 * whatever is current.
 */
public abstract sealed class AgentScope extends AgentSpan permits Interaction, Tool, Subagent {

    AgentScope(Engine engine, Opening opening) {
        super(engine, opening);
    }

    /** A tool call that the model asked for. */
    public final Tool.Builder tool(String name) {
        return new Tool.Builder(engine, this, name);
    }

    /** A run of a hook of the program's user. */
    public final Hook.Builder hook(HookEvent event) {
        return new Hook.Builder(engine, this, event);
    }

    /** An agent that works for this one; in the foreground, unless the builder says otherwise. */
    public final Subagent.Builder subagent(String name) {
        return new Subagent.Builder(engine, this, name);
    }

    /**
     * A model call that no client of ours makes.
     *
     * @param operation {@code chat}, {@code generate_content}, {@code embeddings}, …
     * @param provider as {@code gen_ai.provider.name}
     */
    public final LlmRequest.Builder llmRequest(String operation, String provider) {
        return new LlmRequest.Builder(engine, this, operation, provider);
    }

    @Override
    final AgentScope owner() {
        return this;
    }

    /** This or the innermost scope around it that has not ended, or null. */
    final @Nullable AgentScope firstOpen() {
        AgentScope open = this;
        while (open != null && open.isEnded()) {
            open = open.parent();
        }
        return open;
    }
}
