package dev.llmpropagation;

import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Parents.assertParent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import dev.llmpropagation.destination.DestinationPolicy;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.fixtures.WritingPropagator;
import dev.llmpropagation.internal.span.Api;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.impl.InstrumentationUtil;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.instrumentation.api.internal.SpanKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Which headers go out, with which values. */
class HeadersTest {

    private static final TextMapPropagator FAILING =
            new WritingPropagator(List.of("traceparent"), (context, headers) -> {
                throw new IllegalStateException("a propagator of the program's");
            });

    private static final String SESSION = "X-Qwen-Code-Session-Id";

    @RegisterExtension
    final WireExtension wire = new WireExtension().answering("hello");

    @Test
    void pitfall_45_traceparent_namesTheAttemptsOwnSpan() throws Exception {
        Span caller = wire.inSpan("caller", () -> wire.get(wire.client(), wire.url("/v1/models")));

        SpanData attempt = wire.attempt();
        assertParent(attempt, caller);
        assertThat(wire.request().getHeader("traceparent"))
                .startsWith("00-" + caller.getSpanContext().getTraceId() + "-" + attempt.getSpanId() + "-0");
    }

    @Test
    void throwingPropagator_losesOnlyTheTraceHeaders() throws Exception {
        OkHttpClient client =
                wire.client(wire.propagation().sessionId(() -> "s-1").propagator(FAILING));
        wire.get(client, wire.url("/"));

        assertThat(wire.sent("traceparent")).containsExactly((String) null);
        assertThat(wire.sent(SESSION)).containsExactly("s-1");
        assertThat(wire.diagnostics).hasSize(1);
    }

    @Test
    void propagatorThatFailsHalfWay_leavesTheCallersOwnHeaders() throws Exception {
        OkHttpClient client = wire.client(wire.propagation()
                .requestId(true)
                .propagator(TextMapPropagator.composite(W3CTraceContextPropagator.getInstance(), FAILING)));
        Request request = Requests.get(wire.url("/"), "traceparent", "theirs");
        client.newCall(request).execute().close();

        assertThat(wire.sent("traceparent")).containsExactly("theirs");
        assertThat(wire.sent("X-Qwen-Code-Request-Id")).doesNotContainNull();
    }

    @Test
    void explanation_saysWhatGoesAndWhatDoesNot() {
        LlmPropagation propagation = wire.propagation()
                .destinations(DestinationPolicy.none())
                .sessionDestinations(DestinationPolicy.all())
                .baggageDestinations(DestinationPolicy.all())
                .build();

        assertThat(propagation.explain(wire.url("/?key=SECRET")))
                .contains("none() allows no destination")
                .contains(SESSION + ": ")
                .contains("all() allows every destination")
                .contains("baggage: not sent")
                .doesNotContain("SECRET");
        assertThat(propagation.explain("no url")).contains("Nothing is sent");
        assertThat(propagation.explain("http://localhost:4318/v1/traces")).contains("OTLP");
    }

    /** A noop() is silent by intent, so this is where a program looks for its missing trace. */
    @Test
    void explanation_saysThatNobodyWritesATrace() {
        String url = "https://api.corp.example/";
        String silent = LlmPropagation.builder(OpenTelemetry.noop())
                .destinations(DestinationPolicy.all())
                .requestId(true)
                .build()
                .explain(url);
        String passing = LlmPropagation.builder(
                        OpenTelemetry.propagating(ContextPropagators.create(W3CTraceContextPropagator.getInstance())))
                .destinations(DestinationPolicy.all())
                .build()
                .explain(url);

        assertThat(silent)
                .startsWith("traceparent, tracestate, baggage: not sent: this OpenTelemetry has no propagator.\n")
                .contains("X-Qwen-Code-Request-Id: https://api.corp.example is allowed", SESSION + ": https:")
                .doesNotContain("\nbaggage: ");
        assertThat(passing)
                .startsWith("traceparent, tracestate: https://api.corp.example is allowed")
                .contains("\nbaggage: ");
    }

    @Test
    void pitfall_67_76_ours_replaceThoseOfTheCaller() throws Exception {
        OkHttpClient client = wire.client(wire.propagation().sessionId(() -> "ours"));
        Request request = Requests.get(
                wire.url("/"),
                "traceparent",
                "00-11111111111111111111111111111111-1111111111111111-01",
                "tracestate",
                "theirs=1",
                SESSION,
                "theirs",
                "X-Other",
                "kept",
                "Authorization",
                "Bearer key");
        client.newCall(request).execute().close();

        LoggedRequest sent = wire.request();
        assertThat(sent.getHeaders().getHeader("traceparent").values())
                .hasSize(1)
                .first()
                .asString()
                .contains(wire.attempt().getSpanId());
        assertThat(sent.containsHeader("tracestate")).isFalse();
        assertThat(sent.getHeaders().getHeader(SESSION).values()).containsExactly("ours");
        assertThat(sent.getHeader("X-Other")).isEqualTo("kept");
        assertThat(sent.getHeader("Authorization")).isEqualTo("Bearer key");
    }

    @Test
    void refusedHost_keepsTheCallersOwnHeadersAndGetsNoneOfOurs() throws Exception {
        OkHttpClient client =
                wire.client(wire.propagation().sessionId(() -> "ours").requestId(true));
        Request request = Requests.get(
                wire.otherOrigin("/"), "traceparent", "00-11111111111111111111111111111111-1111111111111111-01");
        client.newCall(request).execute().close();

        assertThat(wire.request().getHeader("traceparent"))
                .isEqualTo("00-11111111111111111111111111111111-1111111111111111-01");
        assertThat(wire.sent(SESSION)).containsExactly((String) null);
        assertThat(wire.sent("X-Qwen-Code-Request-Id")).containsExactly((String) null);
        assertThat(wire.attempt().getAttributes().asMap()).containsKey(AttributeKey.stringKey("url.full"));
    }

    @Test
    void pitfall_59_60_clientOfNoService_sendsNothingByDefault() throws Exception {
        OkHttpClient client = wire.propagation()
                .sessionId(() -> "s-1")
                .build()
                .instrument(new OkHttpClient.Builder())
                .build();
        wire.get(client, wire.url("/"));

        assertThat(wire.sent(SESSION)).containsExactly((String) null);
        assertThat(wire.sent("traceparent")).containsExactly((String) null);
        wire.attempt();
    }

    @Test
    void pitfall_62_baggage_staysUnlessAskedFor() throws Exception {
        OkHttpClient closed = wire.client(wire.propagation());
        OkHttpClient open = wire.client(wire.propagation().baggageDestinations(DestinationPolicy.configuredOrigin()));
        try (Scope ignored = Baggage.builder().put("user", "alice").build().makeCurrent()) {
            wire.get(closed, wire.url("/"));
            wire.get(open, wire.url("/"));
        }

        assertThat(wire.sent("baggage")).containsExactly(null, "user=alice");
        assertThat(wire.sent("traceparent")).doesNotContainNull();
    }

    @Test
    void requestId_isFreshForEachAttemptAndOnItsSpan() throws Exception {
        OkHttpClient client = wire.client(wire.propagation().requestId(true).requestIdHeader("X-My-Request"));
        wire.get(client, wire.url("/"));
        wire.get(client, wire.url("/"));

        List<String> ids = wire.sent("X-My-Request");
        assertThat(ids).doesNotContainNull().doesNotHaveDuplicates();
        assertThat(ids).allSatisfy(id -> {
            assertThat(UUID.fromString(id).version()).isEqualTo(4);
            assertThat(UUID.fromString(id).variant()).isEqualTo(2);
        });
        assertThat(wire.attempts(2))
                .extracting(span -> text(span, "llm_propagation.request_id"))
                .containsExactlyElementsOf(ids);
    }

    @Test
    void pitfall_121_otlpEndpoint_isLeftAlone() throws Exception {
        OkHttpClient client = wire.client(wire.propagation()
                .sessionId(() -> "s-1")
                .otlpEndpoints(dev.llmpropagation.destination.OtlpEndpoints.builder()
                        .endpoint(wire.url(""))
                        .build()));
        wire.get(client, wire.url("/v1/traces"));
        wire.get(client, wire.url("/v1/chat/completions"));

        assertThat(wire.sent("traceparent").get(0)).isNull();
        assertThat(wire.sent(SESSION)).containsExactly(null, "s-1");
        assertThat(text(wire.attempt(), "url.full")).endsWith("/v1/chat/completions");
    }

    @Test
    void pitfall_85_suppressedCall_isLeftAlone() throws Exception {
        OkHttpClient client = wire.client(wire.propagation().sessionId(() -> "s-1"));
        List<Exception> failures = new ArrayList<>();
        assumeTrue(Api.hasSuppression());
        InstrumentationUtil.suppressInstrumentation(() -> {
            try {
                wire.get(client, wire.url("/"));
            } catch (Exception e) {
                failures.add(e);
            }
        });

        assertThat(failures).isEmpty();
        assertThat(wire.sent("traceparent")).containsExactly((String) null);
        assertThat(wire.sent(SESSION)).containsExactly((String) null);
        assertThat(wire.spans()).isEmpty();
    }

    @Test
    void anotherInstrumentationsSpan_isNotDoubled() throws Exception {
        OkHttpClient client = wire.client(wire.propagation().sessionId(() -> "s-1"));
        Span theirs = wire.startSpan("GET");
        try (Scope ignored = SpanKey.HTTP_CLIENT
                .storeInContext(Context.current().with(theirs), theirs)
                .makeCurrent()) {
            Request request = Requests.get(wire.url("/"), "traceparent", "theirs");
            client.newCall(request).execute().close();
        }
        theirs.end();

        assertThat(wire.sent("traceparent")).containsExactly("theirs");
        assertThat(wire.sent(SESSION)).containsExactly("s-1");
        assertThat(wire.spans()).hasSize(1);
    }

    @Test
    void unsampledParent_sendsHeadersAndExportsNothing() throws Exception {
        SpanContext parent = SpanContext.createFromRemoteParent(
                "11111111111111111111111111111111",
                "2222222222222222",
                TraceFlags.getDefault(),
                TraceState.getDefault());
        try (Scope ignored = Span.wrap(parent).makeCurrent()) {
            wire.get(wire.client(), wire.url("/"));
        }

        assertThat(wire.request().getHeader("traceparent"))
                .startsWith("00-11111111111111111111111111111111-")
                .doesNotContain("2222222222222222")
                .endsWith("-00");
        assertThat(wire.spans()).isEmpty();
    }

    @Test
    void withoutSdk_theCallersTraceIsPassedOn() throws Exception {
        LlmPropagation propagation = LlmPropagation.builder(
                        OpenTelemetry.propagating(ContextPropagators.create(W3CTraceContextPropagator.getInstance())))
                .build();
        SpanContext parent = SpanContext.createFromRemoteParent(
                "11111111111111111111111111111111",
                "2222222222222222",
                TraceFlags.getSampled(),
                TraceState.getDefault());
        try (Scope ignored = Span.wrap(parent).makeCurrent()) {
            wire.get(wire.client(propagation, new OkHttpClient.Builder()), wire.url("/"));
        }

        assertThat(wire.request().getHeader("traceparent"))
                .isEqualTo("00-11111111111111111111111111111111-2222222222222222-01");
    }

    @Test
    void withoutAnyTelemetry_theSessionIsStillSent() throws Exception {
        LlmPropagation propagation = LlmPropagation.builder(OpenTelemetry.noop())
                .sessionId(() -> "s-1")
                .build();
        wire.get(wire.client(propagation, new OkHttpClient.Builder()), wire.url("/"));

        assertThat(wire.sent(SESSION)).containsExactly("s-1");
        assertThat(wire.sent("traceparent")).containsExactly((String) null);
    }

    @Test
    void pitfall_63_64_openTelemetryWithoutPropagator_isTold() {
        try (OpenTelemetrySdk sdk = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .setSampler(Sampler.alwaysOn())
                        .build())
                .build()) {
            LlmPropagation.builder(sdk).diagnostics(wire.diagnostics::add).build();
        }

        assertThat(wire.diagnostics).hasSize(1);
        assertThat(wire.diagnostics.get(0)).contains("propagator").contains("W3CTraceContextPropagator");
    }
}
