package dev.llmpropagation.sdk;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.TraceIds;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.AutoConfiguredOpenTelemetrySdk;
import io.opentelemetry.sdk.autoconfigure.spi.ConfigurationException;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.IdGenerator;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Spans of the program that belong to a session. */
class SessionSpansTest {

    private static final String SESSION = "33878ff9-1467-43ef-a692-634a21bbb1bf";
    private static final String DERIVED = "4acca441dba8071e51177f7c82fe0d07";

    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();

    @Test
    void pitfall_22_spanInASession_getsIt() {
        assertIds(own(LlmSession.of("s-1")), "s-1", "s-1");
    }

    @ParameterizedTest
    @CsvSource({"session.id, s-2, s-2, s-2", "gen_ai.conversation.id, c-1, s-1, c-1"})
    void pitfall_22_spanWithOneOfItsOwn_keepsIt(String name, String own, String session, String conversation) {
        assertIds(own(LlmSession.of("s-1"), name, own), session, conversation);
    }

    @Test
    void pitfall_22_spanWithoutSession_getsNone() {
        tracer(Sampler.alwaysOn()).spanBuilder("own").startSpan().end();
        assertThat(only().getAttributes().asMap()).isEmpty();
        exporter.reset();
        assertThat(own(LlmSession.none()).getAttributes().asMap()).isEmpty();
    }

    private static void assertIds(SpanData span, String session, String conversation) {
        assertThat(text(span, "session.id")).isEqualTo(session);
        assertThat(text(span, "gen_ai.conversation.id")).isEqualTo(conversation);
    }

    /** A span of the program's in this session, that has these attributes from the start. */
    private SpanData own(LlmSession session, String... attributes) {
        return own(Sampler.alwaysOn(), session, attributes);
    }

    private SpanData own(Sampler sampler, LlmSession session, String... attributes) {
        SpanBuilder span = tracer(sampler).spanBuilder("own");
        for (int i = 0; i < attributes.length; i += 2) {
            span.setAttribute(attributes[i], attributes[i + 1]);
        }
        try (Scope ignored = session.makeCurrent()) {
            span.startSpan().end();
        }
        return only();
    }

    @Test
    void childWhoseContextHasOnlyTheSpan_getsTheSessionOfItsParent() {
        Tracer tracer = tracer(Sampler.alwaysOn());
        Span parent = tracer.spanBuilder("parent")
                .setParent(Context.root().with(LlmSession.of("s-1")))
                .startSpan();
        tracer.spanBuilder("child")
                .setParent(Context.root().with(parent))
                .startSpan()
                .end();
        parent.end();
        assertThat(exporter.getFinishedSpanItems())
                .extracting(span -> text(span, "session.id"))
                .containsExactly("s-1", "s-1");
    }

    @Test
    void spanOfAPrompt_handsItsPromptOn() {
        Tracer tracer = tracer(Sampler.alwaysOn());
        Span parent = tracer.spanBuilder("parent")
                .setAttribute("qwen-code.prompt_id", "p-1")
                .startSpan();
        Context inside = Context.root().with(parent);
        tracer.spanBuilder("child").setParent(inside).startSpan().end();
        tracer.spanBuilder("own")
                .setParent(inside)
                .setAttribute("qwen-code.prompt_id", "p-2")
                .startSpan()
                .end();
        parent.end();
        assertThat(exporter.getFinishedSpanItems())
                .extracting(span -> text(span, "qwen-code.prompt_id"))
                .containsExactly("p-1", "p-2", "p-1");
    }

    /** Not every version that the library runs with does. */
    private static boolean sdkAsksForRandomness() {
        return Arrays.stream(IdGenerator.class.getMethods())
                .anyMatch(method -> method.getName().equals("generatesRandomTraceIds"));
    }

    @Test
    void idsWithoutASession_areThoseOfTheGeneratorInside() {
        for (boolean random : new boolean[] {true, false}) {
            SessionIdGenerator ids = SessionIdGenerator.wrapping(new FixedIds(random));
            assertThat(ids.generateSpanId()).isEqualTo("00f067aa0ba902b7");
            if (sdkAsksForRandomness()) {
                assertThat(ids.generatesRandomTraceIds()).isEqualTo(random);
            }
            assertThat(ids.generateTraceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
            try (Scope ignored = LlmSession.of("not\nfit").makeCurrent()) {
                assertThat(ids.generateTraceId()).isEqualTo("4bf92f3577b34da6a3ce929d0e0e4736");
            }
            assertThat(ids).hasToString("SessionIdGenerator{fixed}");
        }
    }

    private record FixedIds(boolean random) implements IdGenerator {
        @Override
        public String generateSpanId() {
            return "00f067aa0ba902b7";
        }

        @Override
        public String generateTraceId() {
            return "4bf92f3577b34da6a3ce929d0e0e4736";
        }

        @Override
        public boolean generatesRandomTraceIds() {
            return random;
        }

        @Override
        public String toString() {
            return "fixed";
        }
    }

    @Test
    void pitfall_115_session_isNeverOnTheResource() {
        assertThat(own(LlmSession.of("s-1"))
                        .getResource()
                        .getAttributes()
                        .asMap()
                        .toString())
                .doesNotContain("session", "s-1");
    }

    @Test
    void traceId_isDerivedFromTheSession() {
        assertThat(TraceIds.ofSession(SESSION)).isEqualTo(DERIVED);
    }

    @Test
    void pitfall_5_derivedRoot_isARealOne() {
        SpanData root = own(LlmSession.of(SESSION));
        assertThat(root.getTraceId()).isEqualTo(DERIVED);
        assertThat(root.getParentSpanContext().isValid()).isFalse();
    }

    @Test
    void pitfall_6_8_derivedRoot_isSampledByTheConfiguredSampler() {
        // set in code, seen by no environment; the derived id decides with any ratio
        Tracer none = tracer(Sampler.parentBased(Sampler.traceIdRatioBased(0)));
        try (Scope ignored = LlmSession.of(SESSION).makeCurrent()) {
            none.spanBuilder("own").startSpan().end();
        }
        assertThat(exporter.getFinishedSpanItems()).isEmpty();

        Tracer half = tracer(Sampler.parentBased(Sampler.traceIdRatioBased(0.5)));
        for (int i = 0; i < 1000; i++) {
            try (Scope ignored = LlmSession.of("session-" + i).makeCurrent()) {
                half.spanBuilder("own").startSpan().end();
            }
        }
        assertThat(exporter.getFinishedSpanItems()).hasSizeBetween(400, 600);
    }

    @Test
    void pitfall_7_derivedRoot_isExportedUnderAParentBasedSampler() {
        SpanData root = own(Sampler.parentBased(Sampler.alwaysOn()), LlmSession.of(SESSION));
        assertThat(root.getSpanContext().isSampled()).isTrue();
    }

    @Test
    void autoconfiguredSdk_putsSessionsOnSpans() {
        configured(Map.of());
        assertThat(text(only(), "session.id")).isEqualTo(SESSION);
        assertThat(only().getTraceId()).isNotEqualTo(DERIVED);
    }

    @Test
    void autoconfiguredSdk_derivesTraceIdsIfAsked() {
        configured(Map.of("llm.propagation.trace.id", "session", "llm.propagation.session.spans", "false"));
        assertThat(text(only(), "session.id")).isNull();
        assertThat(only().getTraceId()).isEqualTo(DERIVED);
    }

    @Test
    void unknownMode_isRefusedByName() {
        assertThatThrownBy(() -> configured(Map.of("llm.propagation.trace.id", "sesion")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("llm.propagation.trace.id")
                .hasMessageContaining("sesion")
                .hasMessageContaining("\"session\"");
    }

    private void configured(Map<String, String> properties) {
        Map<String, String> all = new HashMap<>(properties);
        all.putAll(
                Map.of("otel.traces.exporter", "none", "otel.metrics.exporter", "none", "otel.logs.exporter", "none"));
        try (OpenTelemetrySdk sdk = AutoConfiguredOpenTelemetrySdk.builder()
                .addPropertiesSupplier(() -> all)
                .addTracerProviderCustomizer(
                        (provider, config) -> provider.addSpanProcessor(SimpleSpanProcessor.create(exporter)))
                .build()
                .getOpenTelemetrySdk()) {
            try (Scope ignored = LlmSession.of(SESSION).makeCurrent()) {
                sdk.getTracer("program").spanBuilder("own").startSpan().end();
            }
            assertThat(exporter.getFinishedSpanItems()).hasSize(1);
            copy = exporter.getFinishedSpanItems();
        }
    }

    private List<SpanData> copy = List.of();

    private SpanData only() {
        List<SpanData> spans = copy.isEmpty() ? exporter.getFinishedSpanItems() : copy;
        assertThat(spans).hasSize(1);
        return spans.get(0);
    }

    private Tracer tracer(Sampler sampler) {
        return SdkTracerProvider.builder()
                .setSampler(sampler)
                .setIdGenerator(SessionIdGenerator.create())
                .addSpanProcessor(SessionSpanProcessor.create())
                .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                .build()
                .get("program");
    }
}
