package dev.llmpropagation;

import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.agent.LlmRequest;
import dev.llmpropagation.agent.Tool;
import dev.llmpropagation.daemon.BridgeOperation;
import dev.llmpropagation.daemon.BridgeSpan;
import dev.llmpropagation.daemon.DaemonChannel;
import dev.llmpropagation.daemon.DaemonError;
import dev.llmpropagation.daemon.DaemonRequest;
import dev.llmpropagation.daemon.DaemonStream;
import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.daemon.StreamEnd;
import dev.llmpropagation.internal.span.Api;
import io.opentelemetry.context.Scope;
import java.lang.ref.WeakReference;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What no program can go on after, at the end of a span: all that is left to tell is told first, and then it passes. */
class FatalErrorsAtTheEndTest {

    private static final String HISTOGRAM = "DoubleHistogram.record";
    private static final String COUNTER = "LongCounter.add";

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    private volatile String failing = "";
    private final OutOfMemoryError fatal = new OutOfMemoryError("of a test");
    private final ToldTelemetry telemetry = ToldTelemetry.of(wire.openTelemetry, (called, with) -> {
        if (called.equals(failing)) {
            throw fatal;
        }
    });
    private final DaemonTelemetry daemon = DaemonTelemetry.builder(telemetry).build();

    /** What ends, with the metric that fails then and the records that come after it. */
    private enum End {
        REQUEST(
                HISTOGRAM,
                test -> {
                    DaemonRequest request = test.request();
                    test.inside(request).failed(DaemonError.BRIDGE_TIMEOUT, "late");
                    return () -> request.responded(200);
                },
                "qwen-code.daemon.error"),
        DISPATCH(
                HISTOGRAM,
                test -> {
                    BridgeSpan step =
                            test.daemon.bridge(BridgeOperation.PROMPT_DISPATCH).start();
                    return () -> step.failed(DaemonError.BRIDGE_TIMEOUT, "late");
                },
                "qwen-code.daemon.error"),
        CANCELLED_DISPATCH(
                HISTOGRAM,
                test -> test.daemon.bridge(BridgeOperation.PROMPT_DISPATCH).start()::cancelled,
                "qwen-code.daemon.prompt.cancelled"),
        STEP(
                COUNTER,
                test -> {
                    BridgeSpan step =
                            test.daemon.bridge(BridgeOperation.SESSION_CANCEL).start();
                    return () -> step.failed(DaemonError.BRIDGE_TIMEOUT, "late");
                },
                "qwen-code.daemon.error"),
        EVICTION(
                COUNTER,
                test -> {
                    DaemonStream stream = test.request().stream(null);
                    return () -> stream.closed(StreamEnd.EVICTED);
                },
                "qwen-code.daemon.sse.evicted",
                "qwen-code.daemon.sse.closed"),
        EXIT(
                COUNTER,
                test -> {
                    DaemonChannel child = test.daemon.channel("child-1");
                    child.sessionOpened("s-1");
                    return () -> child.exited(137, false);
                },
                "qwen-code.daemon.channel.exited",
                "qwen-code.daemon.session.died"),
        MODEL_CALL(
                HISTOGRAM,
                test -> {
                    LlmRequest call = test.agent().llmRequest("chat", "openai").start();
                    return () -> call.failed(new IllegalStateException());
                },
                "gen_ai.client.inference.exception"),
        TOOL(HISTOGRAM, test -> test.agent().tool("t").start()::completed, "qwen-code.tool_call"),
        INTERACTION(
                HISTOGRAM, test -> test.agent().interaction("p").start()::completed, "qwen-code.conversation_finished");

        private final String metric;
        private final Function<FatalErrorsAtTheEndTest, Runnable> start;
        private final Set<String> records;

        End(String metric, Function<FatalErrorsAtTheEndTest, Runnable> start, String... records) {
            this.metric = metric;
            this.start = start;
            this.records = Set.of(records);
        }
    }

    @ParameterizedTest
    @EnumSource
    void recordsAfterAMetricThatFails_areTold(End end) {
        Runnable ends = end.start.apply(this);
        failing = end.metric;
        assertThatThrownBy(ends::run).isSameAs(fatal);
        failing = "";

        assertThat(wire.telemetry.logs()).extracting(Api::eventName).containsAll(end.records);
        assertThat(wire.telemetry.openSpans()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Span.setAttribute", "Span.end"})
    void spanThatFailsAtItsEnd_isToldAllTheSame(String method) {
        Tool tool = agent().tool("t").start();
        failing = method;
        assertThatThrownBy(tool::completed).isSameAs(fatal);
        failing = "";

        assertThat(wire.telemetry.logs()).extracting(Api::eventName).contains("qwen-code.tool_call");
        assertThat(wire.telemetry.openSpans()).isEmpty();
    }

    @Test
    void cancelSignalThatFails_endsTheSpanFirst() {
        Tool tool = agent().tool("t")
                .cancelledWhen(() -> {
                    throw fatal;
                })
                .start();
        assertThatThrownBy(tool::completed).isSameAs(fatal);

        assertThat(wire.spans()).singleElement().satisfies(span -> assertThat(outcome(span))
                .isEqualTo("completed"));
    }

    @Test
    void streamThatIsEvicted_showsHowItWent() {
        DaemonRequest request = request();
        DaemonStream stream = request.stream(null);
        stream.wrote("7");
        failing = COUNTER;
        assertThatThrownBy(() -> stream.closed(StreamEnd.EVICTED)).isSameAs(fatal);
        failing = "";

        assertThat(wire.spans()).singleElement().satisfies(span -> {
            assertThat(outcome(span)).isEqualTo("cancelled");
            assertThat(text(span, "qwen-code.daemon.sse.close_reason")).isEqualTo("evicted");
            assertThat(text(span, "qwen-code.daemon.sse.last_event_id_written")).isEqualTo("7");
        });
        assertThat(wire.points().counts("qwen-code.daemon.sse.active").values()).containsExactly(0L);
        assertThat(request.isEnded()).isTrue();
    }

    /** The exception is the program's, and is asked for its causes once more when its request is answered. */
    @Test
    void answerAfterAFailureThatCannotBeRead_endsTheRequest() {
        AtomicBoolean unreadable = new AtomicBoolean();
        RuntimeException failure = new IllegalStateException() {
            @Override
            public synchronized Throwable getCause() {
                if (unreadable.get()) {
                    throw fatal;
                }
                return null;
            }
        };
        DaemonRequest request = request();
        inside(request).failed(failure);
        unreadable.set(true);
        assertThatThrownBy(() -> request.responded(500)).isSameAs(fatal);

        assertThat(wire.spans("qwen-code.daemon.request"))
                .singleElement()
                .satisfies(span -> assertThat(text(span, "error.type")).isEqualTo("500"));
    }

    /** One record of an event that several steps tell cannot be written: the others are. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void recordThatFails_isTheOnlyOne(boolean fatally) {
        AtomicInteger emitted = new AtomicInteger();
        ToldTelemetry once = ToldTelemetry.of(wire.openTelemetry, (called, with) -> {
            if (called.equals("LogRecordBuilder.emit") && emitted.incrementAndGet() == 1) {
                if (fatally) {
                    throw fatal;
                }
                throw new IllegalStateException("of a test");
            }
        });
        DaemonTelemetry other = DaemonTelemetry.builder(once).build();
        DaemonChannel child = other.channel("child-1");
        List<BridgeSpan> steps = Stream.of("s-1", "s-2")
                .map(session -> {
                    child.sessionOpened(session);
                    return other.bridge(BridgeOperation.PROMPT_DISPATCH)
                            .session(session)
                            .start();
                })
                .toList();
        if (fatally) {
            assertThatThrownBy(() -> child.exited(137, false)).isSameAs(fatal);
        } else {
            child.exited(137, false);
        }
        steps.forEach(BridgeSpan::cancelled);

        assertThat(wire.telemetry.logs())
                .extracting(Api::eventName)
                .filteredOn(name -> !name.endsWith("cancelled"))
                .containsExactlyInAnyOrder(
                        "qwen-code.daemon.channel.exited",
                        "qwen-code.daemon.channel.exited",
                        "qwen-code.daemon.session.died",
                        "qwen-code.daemon.session.died");
    }

    /** A handle is held by whoever asks it how it ended. */
    @Test
    void handles_keepNoException() {
        DaemonRequest request = request();
        BridgeSpan step = inside(request);
        Interaction turn = agent().interaction("p").start();
        failing = HISTOGRAM;
        WeakReference<Throwable> told = ended(request, step);
        failing = "";
        turn.completed();

        await().untilAsserted(() -> {
            System.gc();
            assertThat(told.refersTo(null)).isTrue();
        });
        assertThat(List.of(request.isEnded(), step.isEnded())).containsOnly(true);
    }

    private WeakReference<Throwable> ended(DaemonRequest request, BridgeSpan step) {
        Throwable failure = new IllegalStateException();
        assertThatThrownBy(() -> step.failed(failure)).isSameAs(fatal);
        request.error(failure);
        assertThatThrownBy(() -> request.responded(500)).isSameAs(fatal);
        return new WeakReference<>(failure);
    }

    private AgentTracing agent() {
        return AgentTracing.builder(telemetry)
                .latestConventions(true)
                .content(ContentCapture.off())
                .build();
    }

    private DaemonRequest request() {
        return daemon.request("POST", "/session").start();
    }

    private BridgeSpan inside(DaemonRequest request) {
        try (Scope ignored = request.makeCurrent()) {
            return daemon.bridge(BridgeOperation.PROMPT_DISPATCH).start();
        }
    }
}
