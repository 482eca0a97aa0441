package dev.llmpropagation.agent;

import dev.llmpropagation.span.FewValues;
import dev.llmpropagation.span.Outcome;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** The metrics of the agent layer. Without session unless asked for: each session would be series of its own. */
final class AgentMetrics {

    private static final AttributeKey<String> FUNCTION_NAME = AttributeKey.stringKey("function_name");
    private static final AttributeKey<String> STATUS = AttributeKey.stringKey("status");
    private static final AttributeKey<String> DECISION = AttributeKey.stringKey("decision");
    private static final AttributeKey<String> TOOL_TYPE = AttributeKey.stringKey("tool_type");

    /** Names of tools, and models. Where there are servers of tools, a program has many. */
    private static final int MAX_NAMES = 100;

    /** Names with ways to fail. */
    private static final int MAX_FAILURES = 500;

    private final boolean withSession;
    private final DoubleHistogram toolDuration;
    private final LongCounter toolCalls;
    private final DoubleHistogram toolLatency;
    private final LongCounter toolExecutions;
    private final LongCounter subagents;
    private final LongCounter sessions;
    private final LongCounter retries;
    private final LongCounter contentRetries;

    // A model can call for tools that there are not, a server of tools can fail in a new way each time, and a gateway's
    // caller can name any model.
    private final FewValues tools = new FewValues(MAX_NAMES);
    private final FewValues failures = new FewValues(MAX_FAILURES);
    private final FewValues models = new FewValues(MAX_NAMES);

    AgentMetrics(Meter meter, boolean withSession) {
        this.withSession = withSession;
        this.toolDuration = Metric.TOOL_DURATION.histogram(meter);
        this.toolCalls = Metric.TOOL_CALLS.counter(meter);
        this.toolLatency = Metric.TOOL_LATENCY.histogram(meter);
        this.toolExecutions = Metric.TOOL_EXECUTIONS.counter(meter);
        this.subagents = Metric.SUBAGENTS.counter(meter);
        this.sessions = Metric.SESSIONS.counter(meter);
        this.retries = Metric.RETRIES.counter(meter);
        this.contentRetries = Metric.CONTENT_RETRIES.counter(meter);
    }

    void tool(Tool tool, Outcome outcome, @Nullable String errorType, long nanos) {
        Context context = tool.context();
        String name = tools.of(tool.name());
        AttributesBuilder duration = attributes(tool.session()).put(Attribute.TOOL_NAME.key(), name);
        if (errorType != null) {
            duration.put(
                    Attribute.ERROR_TYPE.key(),
                    failures.admits(name + ' ' + errorType) ? Attribute.ERROR_TYPE.shown(errorType) : FewValues.OTHER);
        }
        toolDuration.record(nanos / 1e9, duration.build(), context);
        toolLatency.record(
                nanos / 1e6, attributes(tool.session()).put(FUNCTION_NAME, name).build(), context);
        AttributesBuilder call = attributes(tool.session())
                .put(FUNCTION_NAME, name)
                .put(STATUS, outcome.status())
                .put(Attribute.SUCCESS.key(), outcome == Outcome.COMPLETED)
                .put(TOOL_TYPE, tool.toolType());
        Decision decision = tool.decision();
        if (decision != null) {
            call.put(DECISION, decision.value());
        }
        toolCalls.add(1, call.build(), context);
    }

    void execution(ToolExecution execution, String status) {
        toolExecutions.add(
                1,
                attributes(execution.session())
                        .put(Attribute.EXECUTION_STATUS.key(), status)
                        .put(TOOL_TYPE, execution.tool().toolType())
                        .build(),
                execution.context());
    }

    void subagent(Subagent subagent, String status) {
        subagents.add(1, attributes(subagent.session()).put(STATUS, status).build(), subagent.context());
    }

    void session(String id) {
        sessions.add(1, attributes(id).build());
    }

    void retry(String model, @Nullable String session) {
        retries.add(1, attributes(session).put("model", models.of(model)).build());
    }

    void contentRetry(Interaction interaction) {
        contentRetries.add(1, attributes(interaction.session()).build(), interaction.context());
    }

    private AttributesBuilder attributes(@Nullable String session) {
        AttributesBuilder attributes = Attributes.builder();
        return withSession && session != null ? attributes.put(Attribute.SESSION_ID.key(), session) : attributes;
    }
}
