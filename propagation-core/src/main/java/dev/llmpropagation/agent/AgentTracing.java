package dev.llmpropagation.agent;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.ModelCallTracer;
import dev.llmpropagation.internal.span.Throwables;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/**
 * Makes the spans of an agent around its model calls: one trace for each prompt.
 *
 * <pre>{@code
 * String answer = propagation.agent().interaction("prompt-1").session("session-1").call(turn -> {
 *     ChatCompletion first = client.chat().completions().create(params);
 *     String found = turn.tool("search").call(tool -> tool.execution().call(run -> search(query)));
 *     ...
 * });
 * }</pre>
 *
 * <p>What is started here stands in the innermost open span of ours that the current Context is in; what is started by a
 * handle stands in that. Immutable and thread-safe; it starts no thread. Nothing here throws: what comes from outside may
 * be null or nonsense, and is left out then.
 */
public final class AgentTracing implements AutoCloseable {

    private static final int MAX_SESSIONS = 10_000;

    static {
        ModelCallTracer.OF_AGENT.open(AgentTracing.class, agent -> new ModelCalls(agent.telemetry));
    }

    private final AgentTelemetry telemetry;
    private final Instrumentation instrumentation;
    private final @Nullable Context parent;
    private final StartedSessions sessions = new StartedSessions(MAX_SESSIONS);

    /** @param parent of interactions that name none, or null */
    AgentTracing(AgentTelemetry telemetry, @Nullable Context parent) {
        this.telemetry = telemetry;
        this.instrumentation = telemetry.instrumentation();
        this.parent = parent;
    }

    /** Starts with the defaults. A program gets its own by {@code LlmPropagation.agent()}. */
    public static AgentTracingBuilder builder(OpenTelemetry openTelemetry) {
        return new AgentTracingBuilder(requireNonNull(openTelemetry, "openTelemetry"));
    }

    /**
     * One prompt, from its start to the final answer. If an interaction of the same prompt and session is still open, it
     * ends as cancelled.
     *
     * @param promptId shown and looked for; null or blank if there is none, as in ACP
     */
    public Interaction.Builder interaction(@Nullable String promptId) {
        Interaction.Builder builder = new Interaction.Builder(telemetry, promptId);
        return parent == null ? builder : builder.parent(parent);
    }

    /** As {@link AgentScope#tool}, in what the current Context is in. */
    public Tool.Builder tool(@Nullable String name) {
        return new Tool.Builder(telemetry, null, name);
    }

    /** As {@link AgentScope#hook}, in what the current Context is in. */
    public Hook.Builder hook(@Nullable HookEvent event) {
        return new Hook.Builder(telemetry, null, null, event);
    }

    /** As {@link AgentScope#subagent}, in what the current Context is in. */
    public Subagent.Builder subagent(@Nullable String name) {
        return new Subagent.Builder(telemetry, null, name);
    }

    /** As {@link AgentScope#llmRequest}, in what the current Context is in. */
    public LlmRequest.Builder llmRequest(@Nullable String operation, @Nullable String provider) {
        return new LlmRequest.Builder(telemetry, null, operation, provider);
    }

    /**
     * A session begins: log event {@code session.start}, once for each id until it ends.
     *
     * @param previousId the session that it takes over from, or null
     */
    public void sessionStarted(@Nullable String id, @Nullable String previousId) {
        if (id != null && sessions.add(id)) {
            instrumentation.log(() -> telemetry.events().sessionStarted(id, previousId));
            instrumentation.measure(() -> telemetry.metrics().session(id));
        }
    }

    /** A session that was started ends: log event {@code session.end}. */
    public void sessionEnded(@Nullable String id) {
        if (id != null && sessions.remove(id)) {
            instrumentation.log(() -> telemetry.events().sessionEnded(id));
        }
    }

    /** Ends the spans that had no activity for too long. The start of a later span does this on its own. */
    public void sweep() {
        instrumentation.quietly("The safety net failed", telemetry.open()::sweep);
    }

    /** Ends all spans that are open, as cancelled: for the end of the program. Later ones start as before. */
    @Override
    public void close() {
        instrumentation.quietly(
                "Open spans could not be ended",
                () -> Throwables.forAll(telemetry.open().handles(AgentSpan.class), AgentSpan::cancelled));
    }

    /** Spans and interactions that are still registered. */
    int openSpans() {
        return telemetry.open().size() + telemetry.prompts().size();
    }
}
