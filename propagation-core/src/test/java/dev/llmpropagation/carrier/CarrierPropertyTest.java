package dev.llmpropagation.carrier;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;

/** Whatever comes in: no exception, no parent that was not sent rightly, and the sender's object as it was. */
class CarrierPropertyTest {

    /** The rule as one expression, as the reference writes it. */
    private static final Pattern REFERENCE = Pattern.compile("\\s?(?!ff)[\\da-f]{2}-(?!0{32})[\\da-f]{32}-(?!0{16})"
            + "[\\da-f]{16}-[\\da-f]{2}(?:-[^\\p{Cntrl}]*)?\\s?");

    private static final String GOOD = "00-" + AcceptanceTable.TRACE + "-" + AcceptanceTable.SPAN + "-01";
    private static final Context SENDER = Context.root().with(Span.wrap(TraceContext.parse(GOOD, "a=1")));
    private static final List<EnvelopeCarrier> CARRIERS = List.of(
            EnvelopeCarrier.reference(),
            EnvelopeCarrier.mcp(),
            EnvelopeCarrier.reference().withBaggage(),
            EnvelopeCarrier.mcp().withBaggage());

    @Property
    void pitfall_97_parent_isReadExactlyWhereTheReferenceReadsOne(@ForAll @From("parents") String traceparent) {
        SpanContext read = TraceContext.parse(traceparent, null);
        assertThat(read.isValid())
                .isEqualTo(REFERENCE.matcher(traceparent).matches() && !isVersion0WithMore(traceparent));
        if (read.isValid()) {
            assertThat(traceparent).contains(read.getTraceId() + '-' + read.getSpanId());
        }
    }

    @Property(tries = 2_000)
    void tracestate_neverCostsTheParent(@ForAll @From("states") String tracestate) {
        SpanContext read = TraceContext.parse(GOOD, tracestate);
        assertThat(read.getTraceId()).isEqualTo(AcceptanceTable.TRACE);
        read.getTraceState().forEach((key, value) -> assertThat(tracestate).contains(key, value));
        Map<String, String> sent =
                EnvironmentCarrier.create().inject(Context.root().with(Span.wrap(read)), Map.of());
        assertThat(sent.getOrDefault("TRACESTATE", "")).matches("[\\x20-\\x7e]*");
        assertThat(Span.fromContext(EnvironmentCarrier.create().extract(sent)).getSpanContext())
                .isEqualTo(read);
    }

    @Property(tries = 1_000)
    void pitfall_94_envelope_carriesOursOrNothing(@ForAll @From("envelopes") Map<String, Object> envelope) {
        Map<String, Object> before = deepCopy(envelope);
        for (EnvelopeCarrier carrier : CARRIERS) {
            assertThat(carrier.extract(envelope)).isNotNull();
            Map<String, Object> without = carrier.inject(Context.root(), frozen(envelope));
            assertThat(carrier.extract(without)).isSameAs(Context.root());
            Map<String, Object> with = carrier.inject(SENDER, frozen(envelope));
            if (before.get("_meta") == null || before.get("_meta") instanceof Map) {
                assertThat(Span.fromContext(carrier.extract(with)).getSpanContext())
                        .isEqualTo(TraceContext.parse(GOOD, "a=1"));
            } else {
                assertThat(carrier.extract(with)).isSameAs(Context.root());
            }
            assertThat(stripped(with)).isEqualTo(stripped(envelope));
        }
        assertThat(envelope).isEqualTo(before);
    }

    @Property(tries = 1_000)
    void pitfall_102_environment_carriesOursOrNothing(
            @ForAll @From("parents") String parent, @ForAll @From("states") String state) {
        Map<String, String> environment =
                Map.of("TRACEPARENT", parent, "TRACESTATE", state, "BAGGAGE", state, "PATH", parent);
        for (EnvironmentCarrier carrier :
                List.of(EnvironmentCarrier.create(), EnvironmentCarrier.create().withBaggage())) {
            assertThat(carrier.extract(environment)).isNotNull();
            assertThat(carrier.inject(Context.root(), environment)).isEqualTo(Map.of("PATH", parent));
            assertThat(carrier.inject(SENDER, environment))
                    .isEqualTo(Map.of("PATH", parent, "TRACEPARENT", GOOD, "TRACESTATE", "a=1"));
        }
    }

    /** Near to a good one: pieces that are right, and pieces that are not. */
    @Provide
    Arbitrary<String> parents() {
        Arbitrary<String> noise = Arbitraries.strings().ofMaxLength(3);
        Arbitrary<String> blank = Arbitraries.frequencyOf(
                Tuple.of(8, Arbitraries.just("")), Tuple.of(2, Arbitraries.of(" ", "\t", "\n", "  ")));
        Arbitrary<String> near = Combinators.combine(
                        blank,
                        Arbitraries.of("00", "00", "01", "fe", "ff", "0", "FF"),
                        Arbitraries.of(AcceptanceTable.TRACE, "0".repeat(32), AcceptanceTable.TRACE.toUpperCase()),
                        Arbitraries.of(AcceptanceTable.SPAN, AcceptanceTable.SPAN, "0".repeat(16), "abc"),
                        Arbitraries.of("00", "01", "ff", "1", "0G"),
                        Arbitraries.of("", "", "-", "-x", "x"),
                        blank)
                .as((first, version, trace, span, flags, more, last) ->
                        first + version + '-' + trace + '-' + span + '-' + flags + more + last);
        Arbitrary<String> broken = Combinators.combine(Arbitraries.integers().between(0, GOOD.length()), noise)
                .as((at, text) -> GOOD.substring(0, at) + text + GOOD.substring(Math.min(GOOD.length(), at + 1)));
        return Arbitraries.oneOf(near, broken, Arbitraries.strings().ofMaxLength(60));
    }

    @Provide
    Arbitrary<String> states() {
        Arbitrary<String> member = Combinators.combine(
                        Arbitraries.of("a", "b@c", "A", "", "k".repeat(300)),
                        Arbitraries.strings().ofMaxLength(5))
                .as((key, value) -> key + '=' + value);
        return Arbitraries.oneOf(
                member.list().ofMaxSize(40).map(members -> String.join(",", members)),
                Arbitraries.strings().ofMaxLength(40));
    }

    @Provide
    Arbitrary<Map<String, Object>> envelopes() {
        Arbitrary<Object> values = Arbitraries.oneOf(
                parents().map(Object.class::cast),
                Arbitraries.of(GOOD, GOOD),
                Arbitraries.of(1, true, List.of(GOOD), Map.of("traceparent", GOOD))
                        .injectNull(0.2));
        List<String> keys = new ArrayList<>(EnvelopeCarrier.keys());
        keys.addAll(List.of("Traceparent", "client", "qwen.telemetry.", ""));
        Arbitrary<Map<String, Object>> metas = Arbitraries.maps(Arbitraries.of(keys), values);
        Arbitrary<Object> anything =
                Arbitraries.oneOf(metas.map(Object.class::cast), metas.map(Object.class::cast), values);
        return Arbitraries.maps(Arbitraries.of("_meta", "_meta", "sessionId", "traceparent"), anything);
    }

    private static boolean isVersion0WithMore(String traceparent) {
        String trimmed = traceparent.strip();
        return trimmed.startsWith("00-") && trimmed.length() > GOOD.length();
    }

    private static Map<String, Object> stripped(Map<String, Object> envelope) {
        Map<String, Object> copy = new HashMap<>(envelope);
        if (envelope.get("_meta") instanceof Map<?, ?> meta) {
            Map<Object, Object> rest = new HashMap<>(meta);
            rest.keySet().removeIf(key -> EnvelopeCarrier.keys().stream().anyMatch(("" + key)::equalsIgnoreCase));
            copy.put("_meta", rest.isEmpty() ? null : rest);
        }
        if (copy.get("_meta") == null) {
            copy.remove("_meta");
        }
        return copy;
    }

    /** Fails whoever writes into it. */
    private static Map<String, Object> frozen(Map<String, Object> envelope) {
        Map<String, Object> copy = new LinkedHashMap<>(envelope);
        if (copy.get("_meta") instanceof Map<?, ?> meta) {
            copy.put("_meta", Collections.unmodifiableMap(meta));
        }
        return Collections.unmodifiableMap(copy);
    }

    private static Map<String, Object> deepCopy(Map<String, Object> envelope) {
        Map<String, Object> copy = new LinkedHashMap<>(envelope);
        if (copy.get("_meta") instanceof Map<?, ?> meta) {
            copy.put("_meta", new LinkedHashMap<>(meta));
        }
        return copy;
    }
}
