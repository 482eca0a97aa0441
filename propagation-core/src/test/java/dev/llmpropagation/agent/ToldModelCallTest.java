package dev.llmpropagation.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A span of somebody else's tells of a model call from its start to its end, and only where it stands in the Context. */
class ToldModelCallTest {

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    @Test
    void span_tellsUntilItEnds() {
        Span span = telemetry.sdk.getTracer("framework").spanBuilder("chat").startSpan();
        Context call = Context.root().with(ToldModelCall.by(span));
        assertThat(ToldModelCall.isIn(call)).isTrue();
        assertThat(ToldModelCall.isIn(Context.root().with(span))).isFalse();
        span.end();
        assertThat(ToldModelCall.isIn(call)).isFalse();
    }

    @Test
    void noSpan_tellsNothing() {
        assertThat(ToldModelCall.isIn(Context.root().with(ToldModelCall.by(null))))
                .isFalse();
        assertThat(ToldModelCall.isIn(Context.root().with(ToldModelCall.by(Span.getInvalid()))))
                .isFalse();
    }
}
