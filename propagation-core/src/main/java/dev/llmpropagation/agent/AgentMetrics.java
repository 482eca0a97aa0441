package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Convention;
import dev.llmpropagation.internal.span.FewValues;
import dev.llmpropagation.internal.span.Metric;
import dev.llmpropagation.internal.span.Outcome;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** The metrics of the agent layer. Without session unless asked for: each session would be series of its own. */
final class AgentMetrics {

    /** Names of tools, and of models. A program with servers of tools has many. */
    private static final int MAX_NAMES = 100;

    /** Pairs of a name and a type of error. */
    private static final int MAX_FAILURES = 500;

    private final SpanNames names;
    private final boolean withSession;
    private final boolean moreOfTools;
    private final DoubleHistogram toolDuration;
    private final LongCounter toolCalls;
    private final DoubleHistogram toolLatency;
    private final LongCounter toolExecutions;
    private final LongCounter subagents;
    private final LongCounter sessions;
    private final LongCounter retries;
    private final LongCounter contentRetries;
    private final LongCounter files;

    // Bounded, since others choose them: a model can call a tool that does not exist, a server of tools can fail with
    // any
    // error, and the caller of a gateway can name any model.
    private final FewValues tools = new FewValues(MAX_NAMES);
    private final FewValues failures = new FewValues(MAX_FAILURES);
    private final FewValues models = new FewValues(MAX_NAMES);
    private final FewValues toolTypes = new FewValues();
    private final FewValues toolKinds = new FewValues();
    private final FewValues agents = new FewValues();
    private final FewValues extensions = new FewValues();

    AgentMetrics(Convention convention, SpanNames names, Meter meter, boolean withSession) {
        this.names = names;
        this.withSession = withSession;
        this.moreOfTools = convention != Convention.EARLIER;
        this.toolDuration = (moreOfTools ? Metric.EXECUTE_TOOL_DURATION : Metric.TOOL_DURATION).histogram(meter);
        this.toolCalls = Metric.TOOL_CALLS.counter(meter);
        this.toolLatency = Metric.TOOL_LATENCY.histogram(meter);
        this.toolExecutions = Metric.TOOL_EXECUTIONS.counter(meter);
        this.subagents = Metric.SUBAGENTS.counter(meter);
        this.sessions = Metric.SESSIONS.counter(meter);
        this.retries = Metric.RETRIES.counter(meter);
        this.contentRetries = Metric.CONTENT_RETRIES.counter(meter);
        this.files = Metric.FILE_OPERATIONS.counter(meter);
    }

    void tool(AgentSpan span, ToolCall call, Outcome outcome, @Nullable String errorType, long nanos) {
        Context context = span.context();
        String name = call.name == null ? FewValues.OTHER : tools.of(call.name);
        AttributesBuilder duration = attributes(span.session()).put(names.key(Attribute.TOOL_NAME), name);
        if (moreOfTools) {
            Inherited inherited = span.inherited();
            duration.put(names.key(Attribute.TOOL_TYPE), toolTypes.of(call.conventionType));
            if (inherited != null && inherited.agentName() != null) {
                duration.put(names.key(Attribute.AGENT_NAME), agents.of(inherited.agentName()));
            }
        }
        if (errorType != null) {
            duration.put(
                    names.key(Attribute.ERROR_TYPE),
                    failures.admits(name + ' ' + errorType) ? Attribute.ERROR_TYPE.shown(errorType) : FewValues.OTHER);
        }
        toolDuration.record(nanos / 1e9, duration.build(), context);
        toolLatency.record(
                nanos / 1e6,
                attributes(span.session())
                        .put(names.key(Attribute.FUNCTION_NAME), name)
                        .build(),
                context);
        AttributesBuilder labels = attributes(span.session())
                .put(names.key(Attribute.FUNCTION_NAME), name)
                .put(names.key(Attribute.STATUS), outcome.status())
                .put(names.key(Attribute.SUCCESS), outcome == Outcome.COMPLETED)
                .put(names.key(Attribute.TOOL_KIND), toolKinds.of(Attribute.TOOL_KIND.shown(call.toolType)));
        Decision decision = call.decision;
        if (decision != null) {
            labels.put(names.key(Attribute.DECISION), decision.value());
        }
        toolCalls.add(1, labels.build(), context);
    }

    void execution(AgentSpan span, ToolCall call, String status) {
        toolExecutions.add(
                1,
                attributes(span.session())
                        .put(names.key(Attribute.EXECUTION_STATUS), status)
                        .put(names.key(Attribute.TOOL_KIND), toolKinds.of(Attribute.TOOL_KIND.shown(call.toolType)))
                        .build(),
                span.context());
    }

    void file(AgentSpan span, FileOperation operation, @Nullable String extension) {
        AttributesBuilder labels =
                attributes(span.session()).put(names.key(Attribute.FILE_OPERATION), operation.value());
        if (extension != null) {
            labels.put(names.key(Attribute.FILE_EXTENSION), extensions.of(extension));
        }
        files.add(1, labels.build(), span.context());
    }

    void subagent(AgentSpan span, String status) {
        subagents.add(
                1,
                attributes(span.session())
                        .put(names.key(Attribute.STATUS), status)
                        .build(),
                span.context());
    }

    void session(String id) {
        sessions.add(1, attributes(id).build());
    }

    void retry(String model, @Nullable String session) {
        retries.add(
                1,
                attributes(session)
                        .put(names.key(Attribute.RETRIED_MODEL), models.of(model))
                        .build());
    }

    void contentRetry(AgentSpan span) {
        contentRetries.add(1, attributes(span.session()).build(), span.context());
    }

    private AttributesBuilder attributes(@Nullable String session) {
        AttributesBuilder attributes = Attributes.builder();
        return withSession && session != null ? attributes.put(names.key(Attribute.SESSION_ID), session) : attributes;
    }
}
