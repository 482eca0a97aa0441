package dev.llmpropagation.carrier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EnvironmentCarrierTest {

    private static final String TRACE = AcceptanceTable.TRACE;
    private static final String SPAN = AcceptanceTable.SPAN;
    private static final Map<String, String> INHERITED = Map.of(
            "PATH", "/bin",
            "TRACEPARENT", "00-11111111111111111111111111111111-2222222222222222-01",
            "TRACESTATE", "stale=1",
            "BAGGAGE", "user=stale",
            "traceparent", "00-33333333333333333333333333333333-4444444444444444-01");

    private final EnvironmentCarrier carrier = EnvironmentCarrier.create();

    @Test
    void pitfall_102_staleCopies_areReplaced() {
        assertThat(carrier.inject(context("00-" + TRACE + "-" + SPAN + "-01", "a=1"), INHERITED))
                .containsOnly(
                        Map.entry("PATH", "/bin"),
                        Map.entry("TRACEPARENT", "00-" + TRACE + "-" + SPAN + "-01"),
                        Map.entry("TRACESTATE", "a=1"));
    }

    @Test
    void pitfall_102_staleState_goesEvenWithoutOneOfOurs() {
        assertThat(carrier.inject(context("00-" + TRACE + "-" + SPAN + "-01", null), INHERITED))
                .doesNotContainKey("TRACESTATE");
    }

    @Test
    void pitfall_102_flags_areTheRealOnes() {
        for (String flags : new String[] {"00", "01", "02", "03"}) {
            String traceparent = "00-" + TRACE + "-" + SPAN + "-" + flags;
            assertThat(carrier.inject(context(traceparent, null), Map.of())).containsEntry("TRACEPARENT", traceparent);
        }
    }

    @Test
    void pitfall_94_withoutASpan_nothingStaleIsLeft() {
        assertThat(carrier.inject(Context.root(), INHERITED)).isEqualTo(Map.of("PATH", "/bin"));
        ProcessBuilder process = new ProcessBuilder("true");
        process.environment().putAll(INHERITED);
        assertThat(carrier.inject(Context.root(), process).environment())
                .doesNotContainKeys("TRACEPARENT", "TRACESTATE", "BAGGAGE", "traceparent")
                .containsKey("PATH");
    }

    @Test
    void callersMap_staysAsItIs() {
        Map<String, String> environment = new HashMap<>(INHERITED);
        carrier.inject(context("00-" + TRACE + "-" + SPAN + "-01", "a=1"), environment);
        assertThat(environment).isEqualTo(INHERITED);
    }

    @Test
    void baggage_travelsOnlyIfAskedFor() {
        Context context = context("00-" + TRACE + "-" + SPAN + "-01", null)
                .with(Baggage.builder().put("user", "u 1").build());
        assertThat(carrier.inject(context, INHERITED)).doesNotContainKey("BAGGAGE");

        Map<String, String> sent = carrier.withBaggage().inject(context, INHERITED);
        assertThat(Baggage.fromContext(carrier.withBaggage().extract(sent)).getEntryValue("user"))
                .isEqualTo("u 1");
        assertThat(Baggage.fromContextOrNull(carrier.extract(sent))).isNull();
    }

    @Test
    void baggage_hasABound() {
        EnvironmentCarrier baggage = carrier.withBaggage();
        String fits = "k=" + "v".repeat(8190);
        Context read = baggage.extract(Map.of("BAGGAGE", fits));
        assertThat(Baggage.fromContext(read).getEntryValue("k")).isEqualTo("v".repeat(8190));
        assertThat(baggage.inject(read, Map.of())).containsEntry("BAGGAGE", fits);

        assertThat(baggage.extract(Map.of("BAGGAGE", fits + 'v'))).isSameAs(Context.root());
        Context wide =
                Context.root().with(Baggage.builder().put("k", "v".repeat(8191)).build());
        assertThat(baggage.inject(wide, Map.of())).isEmpty();
    }

    @Test
    void environmentOfTheProcess_isRead() {
        Context read = carrier.extractFromProcess();
        assertThat(read).isNotNull();
        assertThat(Span.fromContext(read).getSpanContext())
                .isEqualTo(Span.fromContext(carrier.extract(System.getenv())).getSpanContext());
    }

    @Test
    void spanOfAnotherMake_thatThrowsIsNone() {
        Span failing = (Span) Proxy.newProxyInstance(
                Span.class.getClassLoader(), new Class<?>[] {Span.class}, (span, method, arguments) -> {
                    if (method.isDefault()) {
                        return InvocationHandler.invokeDefault(span, method, arguments);
                    }
                    throw new IllegalStateException(method.getName());
                });
        Map<String, String> sent = carrier.inject(Context.root().with(failing), INHERITED);
        assertThat(sent).isEqualTo(Map.of("PATH", "/bin"));
    }

    @Test
    void environment_thatTakesNothingIsLeftAlone() {
        Context context = context("00-" + TRACE + "-" + SPAN + "-01", null);
        ProcessBuilder process = new ProcessBuilder("true");
        process.environment().put("TRACEPARENT", "x");
        assertThatCode(() -> carrier.inject(context, process)).doesNotThrowAnyException();
        assertThat(process.environment()).containsEntry("TRACEPARENT", "00-" + TRACE + "-" + SPAN + "-01");
        assertThat(carrier.inject(context, Map.of())).hasSize(1);
    }

    @Test
    void pitfall_77_toString_showsNoValue() {
        assertThat(carrier.withBaggage()).hasToString("EnvironmentCarrier{baggage=true}");
        assertThat(EnvelopeCarrier.mcp().withBaggage())
                .hasToString("EnvelopeCarrier{traceparent, tracestate, baggage}");
    }

    private static Context context(String traceparent, String tracestate) {
        return Context.root().with(Span.wrap(TraceContext.parse(traceparent, tracestate)));
    }
}
