package dev.llmpropagation.testkit;

import static dev.llmpropagation.testkit.LlmAssertions.assertThatTrace;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.testing.trace.TestSpanData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.data.StatusData;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.opentest4j.AssertionFailedError;

class TraceAssertTest {

    private static final String TRACE = "0123456789abcdef0123456789abcdef";
    private static final String OTHER_TRACE = "fedcba9876543210fedcba9876543210";

    @RegisterExtension
    final RecordedTelemetry telemetry = RecordedTelemetry.create();

    @Test
    void tree_passesIfAllIsAsWritten() {
        record();

        assertThatTrace(telemetry).isComplete().hasTree("""
                turn
                  POST [status=429, outcome=failed]
                  POST [status=200]
                  tool weather
                    GET
                """);
        assertThatTrace(telemetry.spans()).isComplete().hasTree("turn\n  POST\n  POST\n  tool weather\n    GET");
    }

    @Test
    void treeWithAnotherAttribute_showsBothTrees() {
        record();

        assertThatThrownBy(() -> assertThatTrace(telemetry).hasTree("""
                        turn
                          POST [status=200]
                          POST [status=200, region=eu]
                          tool weather
                            GET
                        """))
                .isInstanceOfSatisfying(AssertionFailedError.class, e -> {
                    assertThat(e.getExpected().getStringRepresentation())
                            .contains("  POST [status=200]\n  POST [status=200, region=eu]\n");
                    assertThat(e.getActual().getStringRepresentation())
                            .contains("  POST [status=429]\n  POST [status=200, region=(none)]\n");
                })
                .hasMessageContaining("Expected the spans")
                .hasMessageContaining("│"); // the waterfall
    }

    @Test
    void treeWithASpanElsewhere_saysWhereItIs() {
        record();

        assertThatThrownBy(() -> assertThatTrace(telemetry).hasTree("""
                        turn
                          POST
                          POST
                          GET
                          tool wea
                        retry
                        """))
                .hasMessageContaining("\"GET\" is there, but under \"tool weather\".")
                .hasMessageContaining("There is no span named \"tool wea\". But there is \"tool weather\".")
                .hasMessageContaining("There is no span named \"retry\".");
    }

    @Test
    void treeWithTooFew_orTooManyFails() {
        record();

        assertThatThrownBy(() -> assertThatTrace(telemetry).hasTree("turn")).hasMessageContaining("tool weather");
        assertThatThrownBy(() -> assertThatTrace(List.of()).hasTree("turn"))
                .hasMessageContaining("There is no span named \"turn\".");
    }

    @Test
    void textThatIsNoTree_isRefused() {
        assertThatThrownBy(() -> assertThatTrace(telemetry).hasTree("turn\n    POST"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("This line hangs on nothing: \"    POST\"");
        assertThatThrownBy(() -> assertThatTrace(telemetry).hasTree("turn\n POST"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> assertThatTrace(telemetry).hasTree("turn [a=b, c]"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("This is no attribute: \"c\"");
        assertThatThrownBy(() -> assertThatTrace(telemetry).hasTree("turn [k=1, a=b, k=2]"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("\"k\" stands twice in [k=1, a=b, k=2]");
    }

    @Test
    void lists_areAttributesToo() {
        Span span = telemetry.startSpan("turn");
        span.setAttribute(AttributeKey.stringArrayKey("reasons"), List.of("stop", "length"));
        span.setAttribute("model", "m").end();

        assertThatTrace(telemetry)
                .hasTree("turn [reasons=[stop, length], model=m]")
                .hasTree("turn [model=m, reasons=[stop, length]]");
        assertThatThrownBy(() -> assertThatTrace(telemetry).hasTree("turn [reasons=[stop, stop], model=m]"))
                .isInstanceOf(AssertionFailedError.class);
    }

    @Test
    void completeness_namesEachProblem() {
        Span lost = telemetry.startSpan("lost");
        child("orphan", lost).end();
        Span stranger = telemetry.startSpan("open");

        assertThatThrownBy(() -> assertThatTrace(telemetry.spans()).isComplete())
                .hasMessageContaining("\"orphan\" has a parent that is not here: "
                        + lost.getSpanContext().getSpanId());
        assertThatThrownBy(() -> assertThatTrace(telemetry).isComplete())
                .hasMessageContaining("\"lost (not ended)\"")
                .hasMessageContaining("\"open (not ended)\"");
        assertThatThrownBy(() -> assertThatTrace(List.of()).isComplete()).hasMessageContaining("there are no spans");
        lost.end();
        stranger.end();
        assertThatTrace(telemetry).isComplete();
    }

    @Test
    void completeTrace_hasOneRootAndNoForeignParent() {
        SpanData turn = span("turn", TRACE, "1111111111111111", "");
        SpanData retry = span("retry", TRACE, "2222222222222222", "");
        SpanData stray = span("stray", OTHER_TRACE, "3333333333333333", "1111111111111111");

        assertThatThrownBy(() -> assertThatTrace(List.of(turn, retry)).isComplete())
                .hasMessageContaining("trace " + TRACE + " has 2 roots: \"turn\", \"retry\"");
        assertThatThrownBy(() -> assertThatTrace(List.of(turn, stray)).isComplete())
                .hasMessageContaining("\"stray\" is in another trace than its parent \"turn\"")
                .hasMessageNotContaining("roots")
                .hasMessageNotContaining("not here");
        assertThatTrace(List.of(turn, span("of another", OTHER_TRACE, "4444444444444444", "")))
                .isComplete();
        SpanData child = span("exported twice", TRACE, "5555555555555555", "1111111111111111");
        SpanData below = span("below", TRACE, "6666666666666666", "5555555555555555");
        assertThatTrace(List.of(turn, child, child, below))
                .hasTree("turn\n  exported twice\n    below")
                .isComplete();
    }

    @Test
    void noSpans_areSaidToBeNone() {
        TraceAssert none = new TraceAssert(null);

        assertThatThrownBy(none::isComplete).isInstanceOf(AssertionError.class).hasMessageContaining("not to be null");
        assertThatThrownBy(() -> none.hasTree("turn"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("not to be null");
    }

    @Test
    void treeWithASpanUnderAnother_saysWhereItIs() {
        record();

        assertThatThrownBy(() -> assertThatTrace(telemetry).hasTree("""
                        turn
                          POST
                          POST
                          TURN
                            GET
                          tool weather
                            turn
                        """))
                .hasMessageContaining("\"turn\" is there, but as a root.")
                .hasMessageContaining("There is no span named \"TURN\". But there is \"turn\".")
                .hasMessageContaining("\"GET\" is there, but under \"tool weather\".")
                .hasMessageNotContaining("\"POST\" is there");
    }

    private static SpanData span(String name, String trace, String id, String parent) {
        return TestSpanData.builder()
                .setName(name)
                .setKind(SpanKind.INTERNAL)
                .setSpanContext(context(trace, id))
                .setParentSpanContext(parent.isEmpty() ? SpanContext.getInvalid() : context(trace, parent))
                .setStatus(StatusData.unset())
                .setHasEnded(true)
                .setStartEpochNanos(1)
                .setEndEpochNanos(2)
                .build();
    }

    private static SpanContext context(String trace, String id) {
        return SpanContext.create(trace, id, TraceFlags.getSampled(), TraceState.getDefault());
    }

    private void record() {
        Span turn = telemetry.startSpan("turn");
        child("POST", turn)
                .setAttribute("status", 429)
                .setAttribute("outcome", "failed")
                .end();
        child("POST", turn).setAttribute("status", 200).end();
        Span tool = child("tool weather", turn);
        child("GET", tool).end();
        tool.end();
        turn.end();
    }

    private Span child(String name, Span parent) {
        return telemetry
                .openTelemetry()
                .getTracer("test")
                .spanBuilder(name)
                .setParent(Context.root().with(parent))
                .startSpan();
    }
}
