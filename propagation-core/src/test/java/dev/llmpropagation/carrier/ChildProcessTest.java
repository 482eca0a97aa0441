package dev.llmpropagation.carrier;

import static dev.llmpropagation.fixtures.Parents.assertParent;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.agent.AgentScope;
import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.fixtures.JavaProgram;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SdkTracerProviderBuilder;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Real processes, which say what they were given. The SDK has no propagators: none are needed. */
class ChildProcessTest {

    private static final EnvironmentCarrier CARRIER = EnvironmentCarrier.create();
    private static final String ABOVE = "00-" + AcceptanceTable.TRACE + "-" + AcceptanceTable.SPAN + "-";

    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
    private final OpenTelemetrySdk sdk = sdk(provider -> provider);
    private final AgentTracing agent = AgentTracing.builder(sdk).build();

    @AfterEach
    void close() {
        sdk.close();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void shell_continuesTheTraceOfItsTool() throws Exception {
        String[] seen = new String[2];
        agent.interaction("prompt-1").run(turn -> {
            seen[0] = turn.tool("shell").call(tool -> shell(Context.current()));
            seen[1] = turn.tool("shell").call(tool -> tool.execution().call(run -> shell(Context.current())));
        });
        List<SpanData> tools = spans("qwen-code.tool");
        assertThat(seen[0]).isEqualTo(traceparent(tools.get(0)) + "||");
        assertThat(seen[1])
                .isEqualTo(traceparent(spans("qwen-code.tool.execution").get(0)) + "||");
        assertThat(exporter.getFinishedSpanItems())
                .extracting(SpanData::getTraceId)
                .containsOnly(tools.get(0).getTraceId());
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void pitfall_102_shell_keepsTheFlagsOfAnUnsampledTrace() throws Exception {
        try (OpenTelemetrySdk off = sdk(provider -> provider.setSampler(Sampler.alwaysOff()))) {
            AgentTracing unsampled = AgentTracing.builder(off).build();
            unsampled.interaction("p").run(turn -> {
                assertThat(turn.spanContext().isSampled()).isFalse();
                assertThat(shell(Context.current())).isEqualTo(traceparent(turn.spanContext()) + "||");
            });
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void pitfall_94_shellWithoutASpan_getsNothing() throws Exception {
        assertThat(shell(Context.root())).isEqualTo("||");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void pitfall_104_shell_getsTheStateToo() throws Exception {
        Context above = CARRIER.extract(Map.of("TRACEPARENT", ABOVE + "01", "TRACESTATE", "a=1"));
        assertThat(shell(above)).isEqualTo(ABOVE + "01|a=1|");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void withoutSdk_theTraceOfTheCallerGoesOn() throws Exception {
        Context above = CARRIER.extract(Map.of("TRACEPARENT", ABOVE + "01"));
        AgentTracing off =
                AgentTracing.builder(OpenTelemetry.noop()).parent(above).build();
        String seen = off.interaction("p")
                .<String, Exception>call(turn -> turn.tool("shell").call(tool -> shell(Context.current())));
        assertThat(seen).isEqualTo(ABOVE + "01||");
    }

    /** The child runs three times in one process: with its environment, with none, and with it again. */
    @Test
    void pitfall_103_jvm_continuesTheTraceAndKeepsNothingBetweenRuns() throws Exception {
        String[] out = new String[1];
        agent.interaction("prompt-1")
                .run(turn -> out[0] = turn.tool("java").call(tool -> {
                    Context withState = Context.current()
                            .with(Span.wrap(withState(Span.current().getSpanContext())));
                    return jvm(withState);
                }));
        SpanData tool = spans("qwen-code.tool").get(0);
        String continued = tool.getTraceId() + ' ' + tool.getSpanId() + " {a=1}";
        List<String> lines = out[0].lines().toList();
        assertThat(lines).hasSize(3);
        assertThat(lines.get(0)).isEqualTo(continued);
        assertThat(lines.get(1)).doesNotContain(tool.getTraceId()).endsWith(" 0000000000000000 {}");
        assertThat(lines.get(2)).isEqualTo(continued);
    }

    @Test
    void startup_isTheParentOfInteractionsThatNameNone() {
        Context above = CARRIER.extract(Map.of("TRACEPARENT", ABOVE + "01"));
        AgentTracing child = AgentTracing.builder(sdk).parent(above).build();
        child.interaction("p-1").run(turn -> turn.tool("t").run(tool -> {}));
        child.interaction("p-2").run(turn -> {});
        child.interaction("p-3").parent(Context.root()).run(turn -> {});
        assertThat(spans("qwen-code.interaction"))
                .extracting(SpanData::getParentSpanId)
                .containsExactly(AcceptanceTable.SPAN, AcceptanceTable.SPAN, "0000000000000000");
        assertThat(spans("qwen-code.tool").get(0).getTraceId()).isEqualTo(AcceptanceTable.TRACE);
    }

    @Test
    void pitfall_103_laterAgent_hasNoParentOfTheFirst() {
        AgentTracing.builder(sdk)
                .parent(CARRIER.extract(Map.of("TRACEPARENT", ABOVE + "01")))
                .build()
                .interaction("p-1")
                .run(turn -> {});
        AgentTracing.builder(sdk)
                .parent(CARRIER.extract(Map.of("TRACEPARENT", "00-malformed")))
                .build()
                .interaction("p-1")
                .run(turn -> {});
        assertThat(spans("qwen-code.interaction").get(1).getParentSpanContext().isValid())
                .isFalse();
    }

    @Test
    void startupWithoutAParent_changesNothing() {
        Interaction turn = AgentTracing.builder(sdk)
                .parent(CARRIER.extract(Map.of()))
                .build()
                .interaction("p")
                .start();
        turn.completed();
        assertThat(spans("qwen-code.interaction").get(0).getParentSpanContext().isValid())
                .isFalse();
    }

    @Test
    void pitfall_25_concurrentPrompts_haveTheirOwnEnvironment() {
        try (Interaction first = agent.interaction("p-1").start();
                Interaction second = agent.interaction("p-2").start()) {
            assertThat(environment(first)).isEqualTo(traceparent(first.spanContext()));
            assertThat(environment(second)).isEqualTo(traceparent(second.spanContext()));
            assertThat(environment(first)).isEqualTo(traceparent(first.spanContext()));
        }
    }

    /** The SDK's default sampler follows its parent; one line makes it record all the same, in the caller's trace. */
    @Test
    void pitfall_93_unsampledParent_isForTheSamplerToFollow() {
        Context above = CARRIER.extract(Map.of("TRACEPARENT", ABOVE + "00"));
        AgentTracing.builder(sdk).parent(above).build().interaction("p").run(turn -> {});
        assertThat(exporter.getFinishedSpanItems()).isEmpty();

        try (OpenTelemetrySdk recording =
                sdk(provider -> provider.setSampler(Sampler.parentBasedBuilder(Sampler.alwaysOn())
                        .setRemoteParentNotSampled(Sampler.alwaysOn())
                        .build()))) {
            AgentTracing.builder(recording)
                    .parent(above)
                    .build()
                    .interaction("p")
                    .run(turn -> turn.tool("t").run(tool -> {}));
            assertThat(spans("qwen-code.tool")).singleElement().satisfies(tool -> {
                assertThat(tool.getTraceId()).isEqualTo(AcceptanceTable.TRACE);
                assertParent(tool, spans("qwen-code.interaction").get(0));
            });
        }
    }

    private static SpanContext withState(SpanContext span) {
        return SpanContext.create(
                span.getTraceId(),
                span.getSpanId(),
                span.getTraceFlags(),
                TraceState.builder().put("a", "1").build());
    }

    private static String environment(AgentScope scope) {
        return CARRIER.inject(scope.context(), Map.of()).get("TRACEPARENT");
    }

    /** With stale variables, as a child inherits them. */
    private static String shell(Context context) throws Exception {
        ProcessBuilder process = new ProcessBuilder("sh", "-c", "echo \"$TRACEPARENT|$TRACESTATE|$BAGGAGE\"");
        process.environment()
                .putAll(Map.of(
                        "TRACEPARENT", "00-11111111111111111111111111111111-2222222222222222-01",
                        "TRACESTATE", "stale=1",
                        "BAGGAGE", "stale=1"));
        return output(CARRIER.inject(context, process)).strip();
    }

    private static String jvm(Context context) throws Exception {
        ProcessBuilder process = JavaProgram.of(ReportingChild.class);
        process.redirectError(ProcessBuilder.Redirect.DISCARD);
        return output(CARRIER.inject(context, process));
    }

    private static String output(ProcessBuilder builder) throws Exception {
        Process process = builder.start();
        try {
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isZero();
            return text;
        } finally {
            process.destroyForcibly();
        }
    }

    private OpenTelemetrySdk sdk(UnaryOperator<SdkTracerProviderBuilder> options) {
        return OpenTelemetrySdk.builder()
                .setTracerProvider(options.apply(
                                SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(exporter)))
                        .build())
                .build();
    }

    private List<SpanData> spans(String name) {
        return exporter.getFinishedSpanItems().stream()
                .filter(span -> span.getName().equals(name))
                .toList();
    }

    private static String traceparent(SpanData span) {
        return traceparent(span.getSpanContext());
    }

    private static String traceparent(SpanContext span) {
        return "00-" + span.getTraceId() + '-' + span.getSpanId() + '-'
                + span.getTraceFlags().asHex();
    }
}
