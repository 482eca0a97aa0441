package dev.llmpropagation.verification;

import static dev.llmpropagation.verification.LlmAssertions.assertThatTrace;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.opentest4j.AssertionFailedError;

class TraceAssertTest {

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
