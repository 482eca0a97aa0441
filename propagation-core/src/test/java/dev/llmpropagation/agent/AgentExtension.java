package dev.llmpropagation.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.SpanExtension;
import dev.llmpropagation.internal.span.Api;
import dev.llmpropagation.sdk.SessionIdGenerator;
import dev.llmpropagation.sdk.SessionSpanProcessor;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.metrics.data.LongPointData;
import io.opentelemetry.sdk.trace.IdGenerator;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;

/** Fails a test, too, that exports a child without its parent. */
final class AgentExtension extends SpanExtension {

    private final List<AgentTracing> all = new ArrayList<>();

    final AgentTracing agent;

    /** One trace for each prompt. */
    AgentExtension() {
        this(IdGenerator.random());
    }

    private AgentExtension(IdGenerator ids) {
        super(RecordedTelemetry.create(
                spans -> spans.setIdGenerator(ids).addSpanProcessor(SessionSpanProcessor.create())));
        agent = with(options -> options);
    }

    /** One trace for each session. */
    static AgentExtension withDerivedIds() {
        return new AgentExtension(SessionIdGenerator.create());
    }

    AgentTracing with(UnaryOperator<AgentTracingBuilder> options) {
        AgentTracing made = options.apply(
                        AgentTracing.builder(sdk).nanoTime(clock::get).diagnostics(diagnostics::add))
                .build();
        all.add(made);
        return made;
    }

    SpanData span(String name) {
        List<SpanData> found = spans(name);
        assertThat(found).as("spans named %s of %s", name, spans()).hasSize(1);
        return found.get(0);
    }

    /** A model call that has started. */
    LlmRequest streamedCall() {
        return agent.llmRequest("chat", "openai").stream().start();
    }

    SpanData span(AgentSpan handle) {
        return span(handle.spanContext());
    }

    /** Of spans by their names, each of which there is once. */
    void assertParent(String child, String parent) {
        assertThat(span(child).getParentSpanId()).isEqualTo(span(parent).getSpanId());
    }

    static void assertRoot(SpanData span) {
        assertThat(span.getParentSpanContext().isValid()).isFalse();
    }

    /** Until all are here. */
    static void await(CyclicBarrier all) {
        try {
            all.await(30, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    List<LogRecordData> events(String name) {
        return telemetry.logs().stream()
                .filter(log -> name.equals(Api.eventName(log)))
                .toList();
    }

    List<LongPointData> counter(String name) {
        return metrics().stream()
                .filter(metric -> metric.getName().equals(name))
                .flatMap(metric -> metric.getLongSumData().getPoints().stream())
                .toList();
    }

    @Override
    protected void check() {
        assertThat(all).allSatisfy(made -> assertThat(made.openSpans()).isZero());
        List<String> exported = spans().stream().map(SpanData::getSpanId).toList();
        assertThat(spans()).allSatisfy(span -> {
            if (span.getParentSpanContext().isValid()
                    && !span.getParentSpanContext().isRemote()) {
                assertThat(exported).contains(span.getParentSpanId());
            }
        });
    }
}
