package dev.llmpropagation.carrier;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class EnvelopeCarrierTest {

    private static final String PARENT = "00-" + AcceptanceTable.TRACE + "-" + AcceptanceTable.SPAN + "-01";
    private static final String FORGED = "00-11111111111111111111111111111111-2222222222222222-01";
    private static final Context SENDER = Context.root().with(Span.wrap(TraceContext.parse(PARENT, "a=1")));

    @Test
    void reference_hasItsKeys() {
        assertThat(EnvelopeCarrier.reference().inject(SENDER, message("s-1", null)))
                .isEqualTo(message(
                        "s-1", Map.of("qwen.telemetry.traceparent", PARENT, "qwen.telemetry.tracestate", "a=1")));
    }

    @Test
    void mcp_hasTheKeysOfSep414() {
        Context context = SENDER.with(Baggage.builder().put("k", "v").build());
        assertThat(EnvelopeCarrier.mcp().inject(context, message("s-1", null)))
                .isEqualTo(message("s-1", Map.of("traceparent", PARENT, "tracestate", "a=1")));
        Map<String, Object> sent = EnvelopeCarrier.mcp().withBaggage().inject(context, message("s-1", null));
        assertThat(sent)
                .isEqualTo(message("s-1", Map.of("traceparent", PARENT, "tracestate", "a=1", "baggage", "k=v")));
        assertThat(Baggage.fromContext(EnvelopeCarrier.mcp().withBaggage().extract(sent))
                        .getEntryValue("k"))
                .isEqualTo("v");
        assertThat(Baggage.fromContextOrNull(EnvelopeCarrier.mcp().extract(sent)))
                .isNull();
    }

    @Test
    void pitfall_94_forgedKeys_areReplaced() {
        for (EnvelopeCarrier carrier : List.of(EnvelopeCarrier.reference(), EnvelopeCarrier.mcp())) {
            Map<String, Object> sent = carrier.inject(SENDER, message("s-1", forged()));
            assertThat(sent.toString()).doesNotContain("1111", "forged").contains("kept");
            assertThat(Span.fromContext(carrier.extract(sent)).getSpanContext())
                    .isEqualTo(TraceContext.parse(PARENT, "a=1"));
        }
    }

    @Test
    void pitfall_94_forgedKeysInAnotherCase_areStripped() {
        Map<String, Object> forged = Map.of(
                "Traceparent",
                FORGED,
                "TRACESTATE",
                "forged=1",
                "BagGage",
                "forged=1",
                "Qwen.Telemetry.TraceParent",
                FORGED);
        for (EnvelopeCarrier carrier : List.of(EnvelopeCarrier.reference(), EnvelopeCarrier.mcp())) {
            assertThat(carrier.inject(Context.root(), message("s-1", forged))).isEqualTo(message("s-1", Map.of()));
            assertThat(carrier.inject(SENDER, message("s-1", forged)))
                    .isEqualTo(carrier.inject(SENDER, message("s-1", null)));
            assertThat(carrier.injectMeta(Context.root(), forged)).isEmpty();
            assertThat(carrier.injectMeta(SENDER, forged)).isEqualTo(carrier.injectMeta(SENDER, null));
        }
    }

    @Test
    void pitfall_94_forgedKeys_areStrippedWithoutASpanToo() {
        for (EnvelopeCarrier carrier : List.of(EnvelopeCarrier.reference(), EnvelopeCarrier.mcp())) {
            assertThat(carrier.inject(Context.root(), message("s-1", forged())))
                    .isEqualTo(message("s-1", Map.of("client", "kept")));
        }
    }

    @Test
    void pitfall_94_forgedKeys_areStrippedFromAnyObject() {
        Map<String, Object> meta = forged();
        EnvelopeCarrier.mcp().inject(Context.root(), meta, Map::remove, Map::put);
        assertThat(meta).isEqualTo(Map.of("client", "kept"));
        EnvelopeCarrier.mcp().inject(SENDER, meta, Map::remove, Map::put);
        assertThat(meta).isEqualTo(Map.of("client", "kept", "traceparent", PARENT, "tracestate", "a=1"));
    }

    @Test
    void metaOfALibrary_getsTheKeysAndKeepsTheRest() {
        Map<String, Object> meta = Collections.unmodifiableMap(forged());
        Map<String, Object> sent = EnvelopeCarrier.mcp().injectMeta(SENDER, meta);
        assertThat(sent).isEqualTo(Map.of("client", "kept", "traceparent", PARENT, "tracestate", "a=1"));
        assertThat(EnvelopeCarrier.reference().injectMeta(Context.root(), meta)).isEqualTo(Map.of("client", "kept"));
        assertThat(EnvelopeCarrier.reference().injectMeta(SENDER, null))
                .isEqualTo(Map.of("qwen.telemetry.traceparent", PARENT, "qwen.telemetry.tracestate", "a=1"));

        assertThat(Span.fromContext(EnvelopeCarrier.mcp().extractMeta(sent)).getSpanContext())
                .isEqualTo(TraceContext.parse(PARENT, "a=1"));
        assertThat(EnvelopeCarrier.mcp().extractMeta(null)).isSameAs(Context.root());
        assertThat(EnvelopeCarrier.reference().extractMeta(sent)).isSameAs(Context.root());
    }

    @Test
    void keys_areThoseOfEveryVariant() {
        assertThat(EnvelopeCarrier.keys())
                .containsExactlyInAnyOrder(
                        "qwen.telemetry.traceparent",
                        "qwen.telemetry.tracestate",
                        "traceparent",
                        "tracestate",
                        "baggage");
    }

    @Test
    void pitfall_104_bothFields_arriveAtTheOtherEnd() {
        for (EnvelopeCarrier carrier : List.of(EnvelopeCarrier.reference(), EnvelopeCarrier.mcp())) {
            assertThat(Span.fromContext(carrier.extract(carrier.inject(SENDER, message("s-1", null))))
                            .getSpanContext())
                    .isEqualTo(TraceContext.parse(PARENT, "a=1"));
        }
    }

    @Test
    void pitfall_105_untouchedMessage_isNotCopied() {
        Map<String, Object> message = message("s-1", Map.of("client", "kept"));
        assertThat(EnvelopeCarrier.reference().inject(Context.root(), message)).isSameAs(message);
        Map<String, Object> bare = message("s-1", null);
        assertThat(EnvelopeCarrier.reference().inject(Context.root(), bare))
                .isSameAs(bare)
                .doesNotContainKey("_meta");
    }

    @Test
    void pitfall_105_callersObject_staysAsItIs() {
        Map<String, Object> meta = Collections.unmodifiableMap(forged());
        Map<String, Object> message = Collections.unmodifiableMap(message("s-1", meta));
        Map<String, Object> sent = EnvelopeCarrier.reference().inject(SENDER, message);
        assertThat(message).isEqualTo(message("s-1", forged()));
        assertThat(sent.get("prompt")).isSameAs(message.get("prompt"));
    }

    @Test
    void pitfall_101_eachMessageHasItsOwnParent() {
        String other = "00-" + AcceptanceTable.TRACE + "-aaaaaaaaaaaaaaaa-00";
        Context second = Context.root().with(Span.wrap(TraceContext.parse(other, null)));
        Map<String, Object> reused = message("s-1", null);
        EnvelopeCarrier carrier = EnvelopeCarrier.reference();
        Map<String, Object> first = carrier.inject(SENDER, reused);
        assertThat(carrier.inject(second, first))
                .isEqualTo(message("s-1", Map.of("qwen.telemetry.traceparent", other)));
        assertThat(Span.fromContext(carrier.extract(first)).getSpanContext())
                .isEqualTo(TraceContext.parse(PARENT, "a=1"));
    }

    @Test
    void pitfall_65_globalPropagators_haveNoSay() {
        assertThat(GlobalOpenTelemetry.getPropagators().getTextMapPropagator().fields())
                .isEmpty();
        assertThat(EnvelopeCarrier.mcp().inject(SENDER, message("s-1", null))).containsKey("_meta");
    }

    @Test
    void meta_thatIsNoObjectStaysAsItIs() {
        Map<String, Object> message = message("s-1", null);
        message.put("_meta", "text");
        assertThat(EnvelopeCarrier.mcp().inject(SENDER, message)).isSameAs(message);
    }

    @Test
    void meta_thatIsNullGetsTheKeys() {
        Map<String, Object> message = message("s-1", null);
        message.put("_meta", null);
        message.put("nothing", null);
        assertThat(EnvelopeCarrier.mcp().inject(SENDER, message))
                .containsEntry("nothing", null)
                .containsEntry("_meta", Map.of("traceparent", PARENT, "tracestate", "a=1"));
    }

    @Test
    void setter_thatThrowsLeavesNoHalf() {
        Map<String, Object> meta = forged();
        EnvelopeCarrier.mcp().inject(SENDER, meta, Map::remove, (object, key, value) -> {
            if (key.equals("tracestate")) {
                throw new IllegalStateException(key);
            }
            object.put(key, value);
        });
        assertThat(meta).isEqualTo(Map.of("client", "kept"));
    }

    @Test
    void remover_thatThrowsStopsNobody() {
        Map<String, Object> meta = new HashMap<>();
        EnvelopeCarrier.mcp()
                .inject(
                        SENDER,
                        meta,
                        (object, key) -> {
                            throw new IllegalStateException(key);
                        },
                        Map::put);
        assertThat(meta).isEmpty();
    }

    private static Map<String, Object> forged() {
        Map<String, Object> meta = new LinkedHashMap<>();
        meta.put("qwen.telemetry.traceparent", FORGED);
        meta.put("qwen.telemetry.tracestate", "forged=1");
        meta.put("client", "kept");
        meta.put("traceparent", FORGED);
        meta.put("tracestate", "forged=1");
        meta.put("baggage", "user=forged");
        return meta;
    }

    private static Map<String, Object> message(String session, Map<String, Object> meta) {
        Map<String, Object> message = new LinkedHashMap<>();
        message.put("sessionId", session);
        message.put("prompt", List.of("hello"));
        if (meta != null) {
            message.put("_meta", meta);
        }
        return message;
    }
}
