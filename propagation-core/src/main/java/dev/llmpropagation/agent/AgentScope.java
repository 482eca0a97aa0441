package dev.llmpropagation.agent;

import org.jspecify.annotations.Nullable;

/**
 * A span that others stand in: interaction, tool or subagent. What is started by these methods stands in this very one,
 * whatever is current.
 */
public abstract class AgentScope extends AgentSpan {

    final AgentTelemetry telemetry;

    AgentScope(AgentTelemetry telemetry, AgentSpanStart start) {
        super(start);
        this.telemetry = telemetry;
    }

    /** A tool call that the model asked for. */
    public final Tool.Builder tool(@Nullable String name) {
        return new Tool.Builder(telemetry, this, name);
    }

    /** A run of a hook of the program's user. */
    public final Hook.Builder hook(@Nullable HookEvent event) {
        return new Hook.Builder(telemetry, this, toolCall(), event);
    }

    /** An agent that works for this one; in the foreground, unless the builder says otherwise. */
    public final Subagent.Builder subagent(@Nullable String name) {
        return new Subagent.Builder(telemetry, this, name);
    }

    /**
     * A model call that no client of ours makes.
     *
     * @param operation {@code chat}, {@code generate_content}, {@code embeddings}, …
     * @param provider as {@code gen_ai.provider.name}
     */
    public final LlmRequest.Builder llmRequest(@Nullable String operation, @Nullable String provider) {
        return new LlmRequest.Builder(telemetry, this, operation, provider);
    }

    /** Records the metrics of an invocation of an agent, which has ended. */
    final void measureInvocation(@Nullable String errorType, long nanos) {
        InvocationMetrics invocations = telemetry.invocations();
        if (invocations != null) {
            life.measure(() -> invocations.record(this, errorType, nanos));
        }
    }

    /** The tool call that this is, or null. */
    @Nullable
    ToolCall toolCall() {
        return null;
    }
}
