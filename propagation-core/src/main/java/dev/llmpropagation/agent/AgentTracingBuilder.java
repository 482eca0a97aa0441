package dev.llmpropagation.agent;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.internal.span.Convention;
import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.OpenSpans;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Builds an {@link AgentTracing}. Each setter replaces what was set before; none takes null. Not thread-safe. */
public final class AgentTracingBuilder {

    static final String SCOPE = "dev.llmpropagation.agent";

    private final Instrumentation.Builder instrumentation;
    private SpanNames names = SpanNames.reference();
    private @Nullable String agentName;
    private @Nullable ContentCapture content;
    private @Nullable Supplier<@Nullable String> sessionId;
    private @Nullable Context parent;
    private @Nullable Boolean latestConventions;
    private boolean tokenHistograms;
    private boolean sessionOnMetrics;
    private Duration timeToLive = Duration.ofMinutes(30);
    private Duration backgroundTimeToLive = Duration.ofHours(4);
    private Duration approvalTimeToLive = Duration.ofDays(7);
    private Duration streamIdleTimeout = Duration.ofMinutes(5);
    private @Nullable ScheduledExecutorService sweeper;

    AgentTracingBuilder(OpenTelemetry openTelemetry) {
        this.instrumentation = new Instrumentation.Builder(openTelemetry);
    }

    /** Names of the spans. Default: {@link SpanNames#reference()}. */
    public AgentTracingBuilder spanNames(SpanNames table) {
        names = requireNonNull(table, "spanNames");
        return this;
    }

    /**
     * Name of the agent, {@code gen_ai.agent.name} on its interactions and tools. Default: none; the attribute is absent.
     *
     * @throws IllegalArgumentException if it is blank
     */
    public AgentTracingBuilder agentName(String name) {
        if (requireNonNull(name, "agentName").isBlank()) {
            throw new IllegalArgumentException("agentName: it is blank; name the agent, or leave it out");
        }
        agentName = name;
        return this;
    }

    /**
     * Whether prompts, responses and tool arguments are recorded. Default: {@link ContentCapture#fromEnvironment()}.
     */
    public AgentTracingBuilder content(ContentCapture capture) {
        content = requireNonNull(capture, "content");
        return this;
    }

    /**
     * Asked for the session when a span starts that neither its parent nor its Context knows one for. It may return null.
     * Default: the supplier of {@code LlmPropagation}.
     */
    public AgentTracingBuilder sessionId(Supplier<@Nullable String> supplier) {
        sessionId = requireNonNull(supplier, "sessionId");
        return this;
    }

    /**
     * The parent of interactions that name none: of a program that runs once, for whoever started it, the environment of
     * its start ({@code EnvironmentCarrier.create().extractFromProcess()}). The root Context is no parent. Default: none;
     * each interaction is the root of its own trace.
     */
    public AgentTracingBuilder parent(Context context) {
        parent = requireNonNull(context, "parent") == Context.root() ? null : context;
        return this;
    }

    /**
     * Which names of the GenAI conventions are written: those of their release 0.1, or those that this library wrote
     * before; never both. The reference of telemetry has a column for each. Default: 0.1 if the system property {@code
     * otel.semconv-stability.opt-in}, else the variable {@code OTEL_SEMCONV_STABILITY_OPT_IN}, has the word {@code
     * gen_ai_latest_experimental} in its list; else the earlier ones.
     */
    public AgentTracingBuilder latestConventions(boolean enabled) {
        latestConventions = enabled;
        return this;
    }

    /**
     * Whether the tokens of each single call are measured by histograms, beside the counters of all tokens: {@code
     * gen_ai.client.inference.operation.input_tokens} and {@code .output_tokens}. With the earlier names it does nothing.
     * Default: false.
     */
    public AgentTracingBuilder tokenHistograms(boolean enabled) {
        tokenHistograms = enabled;
        return this;
    }

    /** Whether metrics carry {@code session.id}: each session is then series of its own. Default: false. */
    public AgentTracingBuilder sessionOnMetrics(boolean enabled) {
        sessionOnMetrics = enabled;
        return this;
    }

    /**
     * How long a span may stay without activity, of its own or inside, before the safety net ends it. A wait for a
     * person is activity, and so is a body of {@code call} or {@code run} that has not returned, or a stage of
     * {@code callAsync} that somebody can still complete, or an attempt of a model call whose response has not begun to
     * stream, for 24 hours. Default: 30 minutes.
     *
     * @throws IllegalArgumentException unless it is positive and at most 365 days
     */
    public AgentTracingBuilder timeToLive(Duration duration) {
        timeToLive = Instrumentation.limit("timeToLive", duration);
        return this;
    }

    /**
     * As {@link #timeToLive}, for fork and background subagents and all that is inside of them. Default: 4 hours.
     *
     * @throws IllegalArgumentException unless it is positive and at most 365 days
     */
    public AgentTracingBuilder backgroundTimeToLive(Duration duration) {
        backgroundTimeToLive = Instrumentation.limit("backgroundTimeToLive", duration);
        return this;
    }

    /**
     * How long a {@link ApprovalWait} counts as activity of its own and of the spans around it; after that, or when its
     * tool has ended, {@link #timeToLive} counts. Default: 7 days.
     *
     * @throws IllegalArgumentException unless it is positive and at most 365 days
     */
    public AgentTracingBuilder approvalTimeToLive(Duration duration) {
        approvalTimeToLive = Instrumentation.limit("approvalTimeToLive", duration);
        return this;
    }

    /**
     * How long a streamed response may stand still, once it has begun, before the safety net ends its span: as timed
     * out while the program waits for the service, as abandoned while the service waits for the program. The call
     * itself goes on. Longer than the read timeout of the client, or the span tells the wrong cause. Default: 5
     * minutes.
     *
     * @throws IllegalArgumentException unless it is positive and at most 365 days
     */
    public AgentTracingBuilder streamIdleTimeout(Duration duration) {
        streamIdleTimeout = Instrumentation.limit("streamIdleTimeout", duration);
        return this;
    }

    /**
     * Runs the safety net once a minute while spans are open. Without it, the start of a later span does, or {@link
     * AgentTracing#sweep()}. It stays the program's to shut down. Default: none.
     */
    public AgentTracingBuilder sweeper(ScheduledExecutorService executor) {
        sweeper = requireNonNull(executor, "sweeper");
        return this;
    }

    /**
     * Gets a line, seldom, when something of ours failed; never a secret. Called on the thread of the call. Default: that of
     * {@code LlmPropagation}; without one, the {@code java.util.logging} logger {@code dev.llmpropagation}, level WARNING.
     */
    public AgentTracingBuilder diagnostics(Consumer<String> sink) {
        instrumentation.diagnostics(sink);
        return this;
    }

    /** For tests of the safety net. */
    AgentTracingBuilder nanoTime(LongSupplier clock) {
        instrumentation.clock(clock);
        return this;
    }

    /**
     * Makes it, and its instruments. Reads the environment for {@link #content} and {@link #latestConventions}, unless they
     * are set. The builder can be used again.
     */
    public AgentTracing build() {
        Convention convention = latestConventions == null
                ? Convention.fromEnvironment()
                : latestConventions ? Convention.V0_1 : Convention.EARLIER;
        Instrumentation made = instrumentation.build(SCOPE, convention.schemaUrl);
        ContentCapture capture = content != null ? content : ContentCapture.fromEnvironment();
        GuardedContent shown = new GuardedContent(capture.gate(), made.diagnostics());
        return new AgentTracing(
                new AgentTelemetry(
                        made,
                        convention,
                        names,
                        agentName,
                        shown,
                        new AgentMetrics(convention, names, made.meter(), sessionOnMetrics),
                        ModelMetrics.of(convention, made.meter(), sessionOnMetrics, tokenHistograms),
                        InvocationMetrics.of(convention, made.meter()),
                        new AgentEvents(convention, names, made, shown),
                        new OpenSpans(made, sweeper),
                        new OpenPrompts(),
                        new AgentTelemetry.Limits(
                                timeToLive.toNanos(),
                                backgroundTimeToLive.toNanos(),
                                approvalTimeToLive.toNanos(),
                                streamIdleTimeout.toNanos()),
                        sessionId),
                parent);
    }
}
