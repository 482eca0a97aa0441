package dev.llmpropagation.carrier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.llmpropagation.internal.span.Api;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapGetter;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every way in takes the same parents. */
class AcceptanceTest {

    private static final String GOOD = "00-" + AcceptanceTable.TRACE + "-" + AcceptanceTable.SPAN + "-01";
    private static final ContextKey<String> KEY = ContextKey.named("of-the-thread");

    /** Headers as a server has them: several values for a name. */
    private static final TextMapGetter<Map<String, List<String>>> HEADERS = new TextMapGetter<>() {
        @Override
        @SuppressWarnings("deprecation") // abstract in older versions of the API
        public Iterable<String> keys(Map<String, List<String>> carrier) {
            return carrier.keySet();
        }

        @Override
        public String get(Map<String, List<String>> carrier, String key) {
            return carrier.containsKey(key) ? carrier.get(key).get(0) : null;
        }

        @Override
        public Iterator<String> getAll(Map<String, List<String>> carrier, String key) {
            return carrier.getOrDefault(key, List.of()).iterator();
        }
    };

    @ParameterizedTest
    @MethodSource(AcceptanceTable.ROWS)
    void pitfall_97_headers_followTheTable(String traceparent, String flags) {
        check(TraceContext.extract(Map.of("traceparent", List.of(traceparent)), HEADERS), flags);
        assertThat(TraceContext.parse(traceparent, null).isValid()).isEqualTo(flags != null);
    }

    @ParameterizedTest
    @MethodSource(AcceptanceTable.ROWS)
    void pitfall_97_environment_followsTheTable(String traceparent, String flags) {
        check(EnvironmentCarrier.create().extract(Map.of("TRACEPARENT", traceparent)), flags);
        check(EnvironmentCarrier.create().withBaggage().extract(Map.of("TRACEPARENT", traceparent)), flags);
    }

    @ParameterizedTest
    @MethodSource(AcceptanceTable.ROWS)
    void pitfall_97_envelopes_followTheTable(String traceparent, String flags) {
        Map<String, Object> reference = Map.of("_meta", Map.of("qwen.telemetry.traceparent", traceparent));
        Map<String, Object> mcp = Map.of("_meta", Map.of("traceparent", traceparent));
        check(EnvelopeCarrier.reference().extract(reference), flags);
        check(EnvelopeCarrier.mcp().extract(mcp), flags);
        check(EnvelopeCarrier.mcp().extract(Map.of("traceparent", List.of(traceparent)), HEADERS), flags);
        check(EnvelopeCarrier.reference().extract(mcp), null);
        check(EnvelopeCarrier.mcp().extract(reference), null);
    }

    @Test
    void pitfall_99_extraction_takesNothingFromTheThread() {
        SpanContext here = TraceContext.parse(GOOD, null);
        Context thread = Context.root().with(Span.wrap(here)).with(KEY, "leaks");
        try (Scope ignored = thread.makeCurrent()) {
            for (Context read : List.of(
                    TraceContext.extract(Map.of(), HEADERS),
                    EnvironmentCarrier.create().extract(Map.of()),
                    EnvironmentCarrier.create().extract(Map.of("TRACEPARENT", "none")),
                    EnvelopeCarrier.reference().extract(Map.of("_meta", Map.of())),
                    EnvelopeCarrier.mcp().extract((Map<String, List<String>>) null, HEADERS))) {
                assertThat(read).isSameAs(Context.root());
            }
            Context read = EnvironmentCarrier.create().extract(Map.of("TRACEPARENT", GOOD));
            assertThat(read.get(KEY)).isNull();
            assertThat(Span.fromContext(read).getSpanContext().isRemote()).isTrue();
        }
    }

    @Test
    void twoParents_areNone() {
        assumeTrue(Api.hasGetAll());
        check(TraceContext.extract(Map.of("traceparent", List.of(GOOD, GOOD)), HEADERS), null);
    }

    @Test
    void oneBlankAtEachEnd_isTolerated() {
        for (String blank : List.of(" " + GOOD, GOOD + " ", " " + GOOD + "\t")) {
            assertThat(TraceContext.parse(blank, null)).as(blank).isEqualTo(TraceContext.parse(GOOD, null));
        }
        for (String none : List.of("  " + GOOD, GOOD + "  ", " ")) {
            assertThat(TraceContext.parse(none, null).isValid()).as(none).isFalse();
        }
    }

    @Test
    void noString_isNoParent() {
        for (Object value : Arrays.asList(null, 1, true, List.of(GOOD), Map.of("traceparent", GOOD))) {
            Map<String, Object> meta = new HashMap<>();
            meta.put("traceparent", value);
            check(EnvelopeCarrier.mcp().extract(Map.of("_meta", meta)), null);
        }
        for (Object meta : List.of("traceparent", 1, List.of(Map.of("traceparent", GOOD)))) {
            check(EnvelopeCarrier.mcp().extract(Map.of("_meta", meta)), null);
        }
        check(EnvelopeCarrier.mcp().extract(Map.of("traceparent", GOOD)), null);
    }

    @Test
    void pitfall_104_tracestate_comesAlong() {
        assumeTrue(Api.hasGetAll());
        Map<String, Object> meta = Map.of("traceparent", GOOD, "tracestate", "a=1,b=2");
        assertState(EnvelopeCarrier.mcp().extract(Map.of("_meta", meta)), Map.of("a", "1", "b", "2"));
        assertState(
                EnvironmentCarrier.create().extract(Map.of("TRACEPARENT", GOOD, "TRACESTATE", "a=1")),
                Map.of("a", "1"));
        assertState(
                TraceContext.extract(
                        Map.of("traceparent", List.of(GOOD), "tracestate", List.of("a=1", "b=2")), HEADERS),
                Map.of("a", "1", "b", "2"));
    }

    @Test
    void inject_writesWhatTheSpanHas() {
        Map<String, String> headers = new HashMap<>();
        TraceContext.inject(Context.root(), headers, Map::put);
        assertThat(headers).isEmpty();
        TraceContext.inject(Context.root().with(Span.wrap(TraceContext.parse(GOOD, null))), headers, Map::put);
        assertThat(headers).isEqualTo(Map.of("traceparent", GOOD));
        TraceContext.inject(Context.root().with(Span.wrap(TraceContext.parse(GOOD, "a=1"))), headers, Map::put);
        assertThat(headers).isEqualTo(Map.of("traceparent", GOOD, "tracestate", "a=1"));
    }

    @Test
    void inject_endsWhatASetterThrows() {
        Context sender = Context.root().with(Span.wrap(TraceContext.parse(GOOD, null)));
        assertThatCode(() -> TraceContext.inject(sender, "carrier", (carrier, key, value) -> {
                    throw new IllegalStateException(key);
                }))
                .doesNotThrowAnyException();
    }

    @Test
    void tracestate_thatIsNoneLeavesTheParent() {
        for (String state : List.of("no-list", "=,=", "a=1,a", "a=1;".repeat(5_000), "\u0000=\n")) {
            SpanContext read = TraceContext.parse(GOOD, state);
            assertThat(read.isValid()).as(state).isTrue();
            assertThat(read.getTraceState().isEmpty()).as(state).isTrue();
        }
    }

    @Test
    void getter_thatThrowsGivesNoParent() {
        TextMapGetter<String> failing = new TextMapGetter<>() {
            @Override
            @SuppressWarnings("deprecation") // abstract in older versions of the API
            public Iterable<String> keys(String carrier) {
                throw new IllegalStateException("keys");
            }

            @Override
            public String get(String carrier, String key) {
                throw new IllegalStateException("get");
            }
        };
        check(TraceContext.extract("carrier", failing), null);
        check(EnvelopeCarrier.mcp().extract("carrier", failing), null);
    }

    private static void assertState(Context read, Map<String, String> expected) {
        assertThat(Span.fromContext(read).getSpanContext().getTraceState().asMap())
                .isEqualTo(expected);
    }

    private static void check(Context read, String flags) {
        SpanContext parent = Span.fromContext(read).getSpanContext();
        if (flags == null) {
            assertThat(read).isSameAs(Context.root());
        } else {
            assertThat(parent.getTraceId()).isEqualTo(AcceptanceTable.TRACE);
            assertThat(parent.getSpanId()).isEqualTo(AcceptanceTable.SPAN);
            assertThat(parent.getTraceFlags().asHex()).isEqualTo(flags);
            assertThat(parent.isRemote()).isTrue();
        }
    }
}
