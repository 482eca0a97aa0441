package dev.llmpropagation.daemon;

import static dev.llmpropagation.daemon.DaemonExtension.string;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.llmpropagation.internal.span.Api;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.LogEvent;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceId;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the traceparent of a client does. */
class InboundTest {

    private static final String TRACE = "0123456789abcdef0123456789abcdef";
    private static final String SPAN = "0123456789abcdef";

    @RegisterExtension
    final DaemonExtension telemetry = new DaemonExtension();

    @Test
    void sampledClient_isTheParent() {
        request(InboundTrace.JOIN_SAMPLED, "00-" + TRACE + "-" + SPAN + "-01");

        assertThat(telemetry.span().getTraceId()).isEqualTo(TRACE);
        assertThat(telemetry.span().getParentSpanId()).isEqualTo(SPAN);
        assertThat(telemetry.span().getParentSpanContext().isRemote()).isTrue();
    }

    @Test
    void pitfall_7_8_93_unsampledClient_doesNotEraseTheRequest() {
        request(InboundTrace.JOIN_SAMPLED, "00-" + TRACE + "-" + SPAN + "-00");

        SpanData span = telemetry.span();
        assertThat(span.getParentSpanContext().isValid()).isFalse();
        assertThat(span.getTraceId()).isNotEqualTo(TRACE);
        assertThat(span.getLinks())
                .singleElement()
                .satisfies(link -> assertThat(link.getSpanContext().getSpanId()).isEqualTo(SPAN));
    }

    @Test
    void unsampledClient_isObeyedIfAskedFor() {
        request(InboundTrace.JOIN, "00-" + TRACE + "-" + SPAN + "-00");

        assertThat(telemetry.spans()).isEmpty();
    }

    @Test
    void pitfall_98_link_keepsConstantParentsApart() {
        request(InboundTrace.LINK, "00-" + TRACE + "-" + SPAN + "-01");

        assertThat(telemetry.span().getParentSpanContext().isValid()).isFalse();
        assertThat(telemetry.span().getLinks()).hasSize(1);
    }

    @Test
    void ignore_ignores() {
        request(InboundTrace.IGNORE, "00-" + TRACE + "-" + SPAN + "-01");

        assertThat(telemetry.span().getParentSpanContext().isValid()).isFalse();
        assertThat(telemetry.span().getLinks()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "x",
                "ff-0123456789abcdef0123456789abcdef-0123456789abcdef-01",
                "00-00000000000000000000000000000000-0123456789abcdef-01",
                "00-0123456789abcdef0123456789abcdef-0000000000000000-01",
                "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01-extra",
                "00-0123456789abcdef0123456789abcdef-0123456789abcdef",
                "00-0123456789ABCDEF0123456789abcdeg-0123456789abcdef-01",
            })
    void pitfall_96_97_malformedParent_isNoneAndLeavesACrumb(String header) {
        request(InboundTrace.JOIN_SAMPLED, header);

        SpanData span = telemetry.span();
        assertThat(span.getParentSpanContext().isValid()).isFalse();
        LogRecordData crumb = telemetry.events(LogEvent.INVALID_PARENT).get(0);
        assertThat(crumb.getSeverity()).isEqualTo(Severity.DEBUG);
        assertThat(crumb.getSpanContext().getSpanId()).isEqualTo(span.getSpanId());
        assertThat(string(crumb, Attribute.TRACEPARENT_HEADER)).isEqualTo(header);
    }

    @Test
    void pitfall_95_96_crumb_isOneShortLine() {
        request(InboundTrace.JOIN_SAMPLED, "evil\r\ntraceId=1 " + "x".repeat(1000));

        String shown = string(telemetry.events(LogEvent.INVALID_PARENT).get(0), Attribute.TRACEPARENT_HEADER);
        assertThat(shown).hasSize(128).startsWith("evil  traceId=1 x");
    }

    @Test
    void pitfall_95_crumb_isJoinedByTheSpansOwnIds_whateverTheClientWrites() {
        // As the readers of a log would look for it.
        String forged = "00-" + TRACE + "-" + SPAN + "-01\",\"traceId\":\"" + TRACE;
        request(InboundTrace.JOIN_SAMPLED, forged);

        LogRecordData crumb = telemetry.events(LogEvent.INVALID_PARENT).get(0);
        assertThat(crumb.getSpanContext().getTraceId())
                .isEqualTo(telemetry.span().getTraceId())
                .isNotEqualTo(TRACE);
        assertThat(crumb.getAttributes().asMap().entrySet())
                .filteredOn(entry -> entry.getValue().toString().contains(TRACE))
                .extracting(entry -> entry.getKey().getKey())
                .containsExactly("http.request.header.traceparent");
    }

    @Test
    void pitfall_96_crumbs_areFew() {
        DaemonTelemetry daemon = telemetry.daemon;
        for (int i = 0; i < 200; i++) {
            ask(daemon, "junk");
        }
        assertThat(telemetry.events(LogEvent.INVALID_PARENT)).hasSize(60);
        telemetry.passes(Duration.ofSeconds(2));
        for (int i = 0; i < 200; i++) {
            ask(daemon, "junk");
        }
        assertThat(telemetry.events(LogEvent.INVALID_PARENT)).hasSize(64);
        assertThat(telemetry.spans()).hasSize(400);
    }

    @Test
    void pitfall_97_twoParents_areNone() {
        assumeTrue(Api.hasGetAll());
        TextMapGetter<List<String>> twice = new TextMapGetter<>() {
            @Override
            @SuppressWarnings("deprecation") // abstract in the oldest API that we support
            public Iterable<String> keys(List<String> carrier) {
                return List.of("traceparent");
            }

            @Override
            public @Nullable String get(@Nullable List<String> carrier, String key) {
                return carrier != null && key.equals("traceparent") ? carrier.get(0) : null;
            }

            @Override
            public Iterator<String> getAll(@Nullable List<String> carrier, String key) {
                return carrier != null && key.equals("traceparent")
                        ? carrier.iterator()
                        : List.<String>of().iterator();
            }
        };
        String header = "00-" + TRACE + "-" + SPAN + "-01";
        telemetry
                .daemon
                .request("POST", "/session")
                .headers(List.of(header, header), twice)
                .start()
                .responded(200);

        assertThat(telemetry.span().getParentSpanContext().isValid()).isFalse();
        assertThat(telemetry.events(LogEvent.INVALID_PARENT)).hasSize(1);
    }

    @ParameterizedTest
    @EnumSource(InboundTrace.class)
    void pitfall_99_spanOfTheThread_isNeverTheParent(InboundTrace mode) {
        Span stray = Span.wrap(SpanContext.create(
                "11111111111111111111111111111111",
                "1111111111111111",
                TraceFlags.getSampled(),
                TraceState.getDefault()));
        try (Scope ignored = Context.root().with(stray).makeCurrent()) {
            telemetry
                    .with(options -> options.inboundTrace(mode))
                    .request("POST", "/session")
                    .start()
                    .responded(200);
        }

        assertThat(telemetry.span().getParentSpanContext().isValid()).isFalse();
    }

    @Test
    void pitfall_104_tracestate_comesAlong() {
        DaemonRequest request = telemetry
                .daemon
                .request("POST", "/session")
                .headers(
                        Map.of("traceparent", "00-" + TRACE + "-" + SPAN + "-01", "tracestate", "vendor=1"),
                        DaemonExtension.HEADERS)
                .start();
        assertThat(request.spanContext().getTraceState().get("vendor")).isEqualTo("1");
        request.responded(200);
    }

    @ParameterizedTest
    @CsvSource({
        "JOIN_SAMPLED, 01, true",
        "JOIN_SAMPLED, 00, false",
        "JOIN, 01, true",
        "JOIN, 00, true",
        "LINK, 01, false",
        "LINK, 00, false",
        "IGNORE, 01, false",
    })
    void pathOutsideOfTheCatalogue_joinsAsTheOthersDo(InboundTrace mode, String flags, boolean joins) {
        DaemonRequest request = telemetry
                .with(options -> options.inboundTrace(mode))
                .request("GET", "/unknown")
                .headers(Map.of("traceparent", "00-" + TRACE + "-" + SPAN + "-" + flags), DaemonExtension.HEADERS)
                .start();

        assertThat(Span.fromContext(request.context()).getSpanContext().getTraceId())
                .isEqualTo(joins ? TRACE : TraceId.getInvalid());
        request.responded(404);
    }

    @ParameterizedTest
    @CsvSource({"JOIN_SAMPLED, true", "JOIN, true", "LINK, false", "IGNORE, false"})
    void withoutSdk_traceOfTheClientPassesThrough_unlessItIsKeptApart(InboundTrace mode, boolean passes) {
        DaemonRequest request = DaemonTelemetry.builder(OpenTelemetry.noop())
                .inboundTrace(mode)
                .build()
                .request("POST", "/session")
                .headers(Map.of("traceparent", "00-" + TRACE + "-" + SPAN + "-00"), DaemonExtension.HEADERS)
                .start();

        assertThat(Span.fromContext(request.context()).getSpanContext().getTraceId())
                .isEqualTo(passes ? TRACE : TraceId.getInvalid());
        request.responded(200);
    }

    private void request(InboundTrace mode, String header) {
        ask(telemetry.with(options -> options.inboundTrace(mode)), header);
    }

    private static void ask(DaemonTelemetry daemon, String header) {
        daemon.request("POST", "/session")
                .headers(Map.of("traceparent", header), DaemonExtension.HEADERS)
                .start()
                .responded(200);
    }
}
