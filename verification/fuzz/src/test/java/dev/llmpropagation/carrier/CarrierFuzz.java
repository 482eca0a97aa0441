package dev.llmpropagation.carrier;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.llmpropagation.fuzz.Parts;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Trace context that comes over a boundary, and messages that are given ours. */
class CarrierFuzz {

    // OpenTelemetry warns of each baggage that it cannot read.
    private static final Logger OF_BAGGAGE = Logger.getLogger("io.opentelemetry.api.baggage.propagation");

    static {
        OF_BAGGAGE.setLevel(Level.OFF);
    }

    private static final Set<String> OURS =
            Set.of("traceparent", "tracestate", "baggage", "qwen.telemetry.traceparent", "qwen.telemetry.tracestate");
    private static final Pattern VERSION_00 = Pattern.compile("00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})");
    private static final Pattern LATER =
            Pattern.compile("(?!ff|00)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?");
    private static final Context PARENT = Context.root()
            .with(Span.wrap(SpanContext.create(
                    "0af7651916cd43dd8448eb211c80319c",
                    "b7ad6b7169203331",
                    TraceFlags.getSampled(),
                    TraceState.builder().put("a", "1").build())))
            .with(Baggage.builder().put("k", "v").build());

    @FuzzTest
    void parent_isTakenAsTheRecommendationHasIt(byte[] input) {
        Parts parts = Parts.of(input);
        String traceparent = parts.get(0);
        Map<String, String> environment = new HashMap<>();
        environment.put("TRACEPARENT", traceparent);
        environment.put("TRACESTATE", parts.get(1));
        environment.put("BAGGAGE", parts.get(2));
        Context context = EnvironmentCarrier.create().withBaggage().extract(environment);
        SpanContext parent = Span.fromContext(context).getSpanContext();

        assertThat(parent.isValid()).as(traceparent).isEqualTo(isValid(traceparent));
        Context without = EnvironmentCarrier.create().extract(environment);
        assertThat(Baggage.fromContextOrNull(without)).isNull();
        Map<String, Object> meta = new HashMap<>();
        meta.put("traceparent", traceparent);
        meta.put("tracestate", parts.get(1));
        assertThat(Span.fromContext(EnvelopeCarrier.mcp().extractMeta(meta)).getSpanContext())
                .isEqualTo(parent);
        if (!parent.isValid()) {
            return;
        }
        assertThat(parent.isRemote()).isTrue();
        assertThat(traceparent).contains(parent.getTraceId() + '-' + parent.getSpanId() + '-');
        // What we hand on is what we took.
        Map<String, String> child = EnvironmentCarrier.create().withBaggage().inject(context, Map.of());
        Context again = EnvironmentCarrier.create().withBaggage().extract(child);
        assertThat(Span.fromContext(again).getSpanContext()).isEqualTo(parent);
        for (String value : child.values()) {
            // OpenTelemetry takes a tab inside a value of tracestate.
            assertThat(value).matches("[\\t\\x20-\\x7e]*");
        }
    }

    @FuzzTest
    void environment_carriesNoTraceButOurs(byte[] input) {
        List<String> parts = Parts.of(input).all();
        Map<String, String> environment = new LinkedHashMap<>();
        for (int i = 0; i + 1 < parts.size(); i += 2) {
            environment.put(parts.get(i), parts.get(i + 1));
        }
        Map<String, String> before = new LinkedHashMap<>(environment);
        Map<String, String> child = EnvironmentCarrier.create().inject(PARENT, environment);

        Map<String, String> expected = new LinkedHashMap<>(environment);
        expected.keySet()
                .removeIf(name -> name.equalsIgnoreCase("traceparent")
                        || name.equalsIgnoreCase("tracestate")
                        || name.equalsIgnoreCase("baggage"));
        assertThat(EnvironmentCarrier.create().inject(Context.root(), environment))
                .isEqualTo(expected);
        expected.put("TRACEPARENT", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        expected.put("TRACESTATE", "a=1");
        assertThat(child).isEqualTo(expected);
        assertThat(environment).isEqualTo(before);
    }

    /** Parts: names and values of {@code _meta} in turn; a value that begins with a digit is a number, with a brace a map. */
    @FuzzTest
    void message_carriesNoTraceButOurs_andAllElse(byte[] input) {
        List<String> parts = Parts.of(input).all();
        Map<String, Object> meta = new LinkedHashMap<>();
        for (int i = 0; i + 1 < parts.size(); i += 2) {
            meta.put(parts.get(i), value(parts.get(i + 1)));
        }
        Map<String, Object> envelope = new LinkedHashMap<>();
        envelope.put("_meta", Collections.unmodifiableMap(meta));
        envelope.put(parts.get(0) + '_', "kept");
        for (EnvelopeCarrier carrier :
                List.of(EnvelopeCarrier.mcp(), EnvelopeCarrier.reference().withBaggage())) {
            for (Context context : List.of(PARENT, Context.root())) {
                Map<String, Object> expected = oursAlone(meta, context, carrier);
                Map<String, Object> sent =
                        new LinkedHashMap<>(carrier.inject(context, Collections.unmodifiableMap(envelope)));
                assertThat(sent.remove("_meta")).isEqualTo(expected);
                assertThat(sent).isEqualTo(Map.of(parts.get(0) + '_', "kept"));
                assertThat(carrier.injectMeta(context, Collections.unmodifiableMap(meta)))
                        .isEqualTo(expected);
                Map<String, Object> changed = new LinkedHashMap<>(meta);
                carrier.inject(context, changed, CarrierFuzz::removeInAnyCase, Map::put);
                assertThat(changed).isEqualTo(expected);
            }
        }
    }

    private static Map<String, Object> oursAlone(Map<String, Object> meta, Context context, EnvelopeCarrier carrier) {
        Map<String, Object> expected = new LinkedHashMap<>(meta);
        OURS.forEach(key -> removeInAnyCase(expected, key));
        if (context == PARENT) {
            boolean reference = !carrier.toString().contains("{traceparent");
            String prefix = reference ? "qwen.telemetry." : "";
            expected.put(prefix + "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
            expected.put(prefix + "tracestate", "a=1");
            if (reference) {
                expected.put("baggage", "k=v");
            }
        }
        return expected;
    }

    private static void removeInAnyCase(Map<String, Object> meta, String key) {
        meta.keySet().removeIf(key::equalsIgnoreCase);
    }

    private static Object value(String text) {
        char first = text.isEmpty() ? ' ' : text.charAt(0);
        return first >= '0' && first <= '9' ? (Object) (int) first : first == '{' ? Map.of("traceparent", text) : text;
    }

    private static boolean isValid(String traceparent) {
        String text = traceparent;
        if (!text.isEmpty() && Character.isWhitespace(text.charAt(0))) {
            text = text.substring(1);
        }
        if (!text.isEmpty() && Character.isWhitespace(text.charAt(text.length() - 1))) {
            text = text.substring(0, text.length() - 1);
        }
        if (text.chars().anyMatch(Character::isISOControl)) {
            return false;
        }
        for (Pattern pattern : List.of(VERSION_00, LATER)) {
            Matcher matcher = pattern.matcher(text);
            if (matcher.matches()) {
                return !matcher.group(1).matches("0+") && !matcher.group(2).matches("0+");
            }
        }
        return false;
    }
}
