package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Convention;
import dev.llmpropagation.internal.span.FewValues;
import dev.llmpropagation.internal.span.Metric;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.LongHistogram;
import io.opentelemetry.api.metrics.Meter;
import org.jspecify.annotations.Nullable;

/** The metrics of whole invocations of agents: interactions and subagents. Of release 0.1 of the conventions alone. */
final class InvocationMetrics {

    private static final int MAX_NAMES = 100;
    private static final int MAX_FAILURES = 500;

    private final DoubleHistogram duration;
    private final LongHistogram inferenceCalls;
    private final LongHistogram toolCalls;
    private final FewValues agents = new FewValues(MAX_NAMES);
    private final FewValues failures = new FewValues(MAX_FAILURES);

    private InvocationMetrics(Meter meter) {
        this.duration = Metric.INVOKE_AGENT_DURATION.histogram(meter);
        this.inferenceCalls = Metric.INVOKE_AGENT_INFERENCE_CALLS.longHistogram(meter);
        this.toolCalls = Metric.INVOKE_AGENT_TOOL_CALLS.longHistogram(meter);
    }

    /** @return null where the set of names has none of them */
    static @Nullable InvocationMetrics of(Convention convention, Meter meter) {
        return convention == Convention.EARLIER ? null : new InvocationMetrics(meter);
    }

    void record(AgentSpan agent, @Nullable String errorType, long nanos) {
        Inherited own = agent.inherited();
        String name = own == null || own.agentName() == null ? null : agents.of(own.agentName());
        AttributesBuilder labels = Attributes.builder();
        if (name != null) {
            labels.put(Attribute.AGENT_NAME.key(), name);
        }
        Attributes plain = labels.build();
        InvocationCalls calls = agent.calls();
        inferenceCalls.record(calls == null ? 0 : calls.inference.get(), plain, agent.context());
        toolCalls.record(calls == null ? 0 : calls.tools.get(), plain, agent.context());
        if (errorType != null) {
            labels.put(
                    Attribute.ERROR_TYPE.key(),
                    failures.admits(name + ' ' + errorType) ? Attribute.ERROR_TYPE.shown(errorType) : FewValues.OTHER);
        }
        duration.record(nanos / 1e9, labels.build(), agent.context());
    }
}
