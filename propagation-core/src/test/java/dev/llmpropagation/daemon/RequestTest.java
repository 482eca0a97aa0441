package dev.llmpropagation.daemon;

import static dev.llmpropagation.daemon.DaemonExtension.label;
import static dev.llmpropagation.daemon.DaemonExtension.number;
import static dev.llmpropagation.daemon.DaemonExtension.string;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Parents.assertParent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.Metric;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.instrumentation.api.internal.SpanKey;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Spans, metrics and log records of requests. */
class RequestTest {

    @RegisterExtension
    final DaemonExtension telemetry = new DaemonExtension();

    @Test
    void pitfall_106_request_isAServerSpanByItsRoute() {
        DaemonRequest request = telemetry.request("POST", "/session/s-1/prompt?x=1");
        request.responded(202);

        SpanData span = telemetry.span();
        assertThat(span.getName()).isEqualTo("qwen-code.daemon.request");
        assertThat(span.getKind()).isEqualTo(SpanKind.SERVER);
        assertThat(string(span, Attribute.HTTP_ROUTE)).isEqualTo("POST /session/:id/prompt");
        assertThat(string(span, Attribute.HTTP_METHOD)).isEqualTo("POST");
        assertThat(number(span, Attribute.HTTP_STATUS_CODE)).isEqualTo(202);
        assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(telemetry.everything()).doesNotContain("/session/s-1");
    }

    @Test
    void kind_isInternalIfAskedFor() {
        telemetry
                .with(options -> options.requestKind(SpanKind.INTERNAL))
                .request("POST", "/session")
                .start()
                .responded(200);

        assertThat(telemetry.span().getKind()).isEqualTo(SpanKind.INTERNAL);
        assertThatThrownBy(() -> telemetry.with(options -> options.requestKind(SpanKind.CLIENT)))
                .hasMessageContaining("SERVER or INTERNAL");
    }

    @Test
    void pitfall_24_111_ids_areAddedAsTheyBecomeKnown() {
        DaemonRequest request = telemetry.request("POST", "/session/s-1/prompt");
        assertThat(request.session()).isNull();
        request.session("s-1");
        request.session("s-2");
        request.prompt("p-1");
        request.client("cli:1");
        request.workspace("/home/ann/project");
        request.permission("q-1");
        request.runtime(RuntimePath.JOINED, Duration.ofMillis(7));
        assertThat(LlmSession.fromContext(request.context())).hasToString("LlmSession{s-1}");
        request.responded(200);

        SpanData span = telemetry.span();
        assertThat(string(span, Attribute.SESSION_ID)).isEqualTo("s-1");
        assertThat(string(span, Attribute.CONVERSATION_ID)).isEqualTo("s-1");
        assertThat(string(span, Attribute.PROMPT_ID)).isEqualTo("p-1");
        assertThat(string(span, Attribute.CLIENT_ID)).isEqualTo("cli:1");
        // printf /home/ann/project | sha256sum | cut -c 1-16
        assertThat(string(span, Attribute.WORKSPACE_HASH)).isEqualTo("78a036e7334eb983");
        assertThat(string(span, Attribute.PERMISSION_ID)).isEqualTo("q-1");
        assertThat(string(span, Attribute.RUNTIME_PATH)).isEqualTo("joined");
        assertThat(number(span, Attribute.RUNTIME_WAIT)).isEqualTo(7);
        assertThat(telemetry.everything()).doesNotContain("/home/ann");
    }

    @Test
    void ids_ofTheWrongShapeAreLeftOut() {
        DaemonRequest request = telemetry.request("POST", "/session");
        request.session("two words");
        request.client("<script>");
        request.responded(200);

        assertThat(string(telemetry.span(), Attribute.SESSION_ID)).isNull();
        assertThat(string(telemetry.span(), Attribute.CLIENT_ID)).isNull();
    }

    @Test
    void pitfall_9_10_session_ofTheThreadIsNotThatOfTheRequest() {
        Context[] inside = new Context[2];
        try (Scope ignored = LlmSession.of("of-another-request").makeCurrent()) {
            DaemonRequest request = telemetry.request("POST", "/session");
            inside[0] = request.context();
            try (Scope scope = request.makeCurrent()) {
                telemetry.daemon.bridge(BridgeOperation.SESSION_NEW).run(step -> inside[1] = Context.current());
            }
            request.responded(500);
        }

        // What is sent from in there would carry it.
        assertThat(inside)
                .extracting(LlmSession::fromContext)
                .allMatch(session -> session == null || session.id().isEmpty());
        assertThat(telemetry.spans()).hasSize(2);
        assertThat(telemetry.events(LogEvent.DAEMON_ERROR)).hasSize(1);
        assertThat(telemetry.everything()).doesNotContain("of-another-request");
    }

    @Test
    void pitfall_23_serverError_isMarkedAndLoggedWithTheSameIds() {
        DaemonRequest request = telemetry.request("POST", "/session/s-1/prompt");
        request.session("s-1");
        request.prompt("p-1");
        request.client("c-1");
        request.error(
                DaemonError.BRIDGE_CHANNEL_CLOSED,
                "child \u001b[31mgone\nat http://ann:hunter2@host/ key=sk-0123456789abcdef");
        request.responded(500);

        SpanData span = telemetry.span();
        assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(span.getStatus().getDescription()).isEqualTo("HTTP 500");
        assertThat(string(span, Attribute.ERROR_TYPE)).isEqualTo("BridgeChannelClosedError");
        LogRecordData log = telemetry.events(LogEvent.DAEMON_ERROR).get(0);
        assertThat(log.getSeverity()).isEqualTo(Severity.ERROR);
        assertThat(log.getSpanContext().getTraceId()).isEqualTo(span.getTraceId());
        assertThat(log.getSpanContext().getSpanId()).isEqualTo(span.getSpanId());
        assertThat(string(log, Attribute.HTTP_ROUTE)).isEqualTo("POST /session/:id/prompt");
        assertThat(string(log, Attribute.SESSION_ID)).isEqualTo("s-1");
        assertThat(string(log, Attribute.PROMPT_ID)).isEqualTo("p-1");
        assertThat(string(log, Attribute.CLIENT_ID)).isEqualTo("c-1");
        assertThat(string(log, Attribute.ERROR_MESSAGE)).startsWith("child gone at http://REDACTED@host/");
        assertThat(telemetry.everything()).doesNotContain("hunter2", "0123456789abcdef", "\u001b");
    }

    @Test
    void pitfall_78_exception_showsItsClassAndNeverItsMessage() {
        DaemonRequest request = telemetry.request("POST", "/session");
        request.error(new IllegalStateException("MARKER"));
        request.responded(503);

        assertThat(string(telemetry.span(), Attribute.ERROR_TYPE)).isEqualTo("unknown");
        assertThat(telemetry.span().getEvents()).singleElement().satisfies(event -> assertThat(
                        event.getAttributes().get(Attribute.EXCEPTION_TYPE.<String>key()))
                .isEqualTo("java.lang.IllegalStateException"));
        assertThat(telemetry.events(LogEvent.DAEMON_ERROR)).hasSize(1);
        assertThat(telemetry.everything()).doesNotContain("MARKER");
    }

    @Test
    void pitfall_108_clientError_saysWhyAndIsNoError() {
        DaemonRequest request = telemetry.request("DELETE", "/session/x");
        request.error(DaemonError.SESSION_NOT_FOUND, "no such session");
        request.responded(404);

        SpanData span = telemetry.span();
        assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(string(span, Attribute.ERROR_TYPE)).isEqualTo("SessionNotFoundError");
        assertThat(telemetry.events()).isEmpty();
        assertThat(label(telemetry.points(Metric.DAEMON_REQUESTS).findFirst().orElseThrow(), "status_class"))
                .isEqualTo("4xx");
    }

    @Test
    void pitfall_56_112_laterEnds_changeNothing() {
        DaemonRequest request = telemetry.request("POST", "/session");
        request.error(new IllegalStateException());
        request.responded(500);
        request.responded(200);
        request.close();
        request.cancelled();

        assertThat(telemetry.span().getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(telemetry.total(Metric.DAEMON_REQUESTS)).isEqualTo(1);
        assertThat(telemetry.total(Metric.DAEMON_REQUEST_DURATION)).isEqualTo(1);
    }

    @Test
    void noAnswer_isInterrupted() {
        DaemonRequest request = telemetry.request("POST", "/session");
        request.responded(-1);

        assertThat(string(telemetry.span(), Attribute.OUTCOME)).isEqualTo("interrupted");
        assertThat(number(telemetry.span(), Attribute.HTTP_STATUS_CODE)).isNull();
        assertThat(label(telemetry.points(Metric.DAEMON_REQUESTS).findFirst().orElseThrow(), "status_class"))
                .isEqualTo("none");
    }

    @ParameterizedTest
    @CsvSource({
        "POST, /session, POST /session",
        "POST, /session/, POST /session",
        "POST, /SESSION, POST /session",
        "POST, /session/s-1/prompt/, POST /session/:id/prompt",
        "POST, /session/s-1/prompt?a=/b, POST /session/:id/prompt",
        "DELETE, /session/s-1, DELETE /session/:id",
        "GET, /workspace/w/sessions, GET /workspace/:id/sessions",
        "POST, /session//prompt,",
        "POST, /session/a/b/prompt,",
        "POST, /session//,",
        "GET, /session,",
        "GET, /,",
        "GET, '',",
        "BREW, /session,",
    })
    void pitfall_109_110_route_isThatOfTheCatalogueOrNone(
            String method, String path, @org.jspecify.annotations.Nullable String route) {
        DaemonRequest request = telemetry.request(method, path);
        request.responded(500);

        if (route == null) {
            assertThat(telemetry.spans()).isEmpty();
            assertThat(telemetry.events()).isEmpty();
            assertThat(telemetry.total(Metric.DAEMON_REQUESTS)).isZero();
        } else {
            assertThat(string(telemetry.span(), Attribute.HTTP_ROUTE)).isEqualTo(route);
        }
    }

    @Test
    void literal_winsOverParameter() {
        DaemonTelemetry daemon =
                telemetry.with(options -> options.routes(Routes.of("GET /a/:id", "GET /a/b", "GET /:x/b")));
        daemon.request("GET", "/a/b").start().responded(200);

        assertThat(string(telemetry.span(), Attribute.HTTP_ROUTE)).isEqualTo("GET /a/b");
    }

    @ParameterizedTest
    @CsvSource({"GET session", "get /session", "GET /a/*", "GET /a//b", "'GET /a b'", "GET", "GET /a?x=1", "GET /a#b"})
    void routes_thatAreNoneAreRefused(String route) {
        assertThatThrownBy(() -> Routes.of(route))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(route);
    }

    @Test
    void routes_thatAreTheSameAreRefused() {
        assertThatThrownBy(() -> Routes.of("GET /a/:id", "GET /A/:name")).hasMessageContaining("leave one out");
    }

    @Test
    void otherServerSpan_isEnrichedAndNotDoubled() {
        Span other = telemetry
                .sdk
                .getTracer("server")
                .spanBuilder("POST")
                .setSpanKind(SpanKind.SERVER)
                .startSpan();
        Context around = SpanKey.HTTP_SERVER.storeInContext(Context.root().with(other), other);
        try (Scope ignored = around.makeCurrent()) {
            DaemonRequest request = telemetry
                    .daemon
                    .request("POST", "/session/s-1/prompt")
                    .headers(
                            Map.of("traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01"),
                            DaemonExtension.HEADERS)
                    .start();
            request.session("s-1");
            request.prompt("p-1");
            try (Scope inside = request.makeCurrent()) {
                telemetry.daemon.bridge(BridgeOperation.PROMPT_DISPATCH).run(step -> {});
            }
            request.error(DaemonError.UNKNOWN, "it broke");
            request.responded(500);
        }
        assertThat(telemetry.spans()).hasSize(1);
        other.end();

        SpanData server = telemetry.spans().get(0);
        assertThat(server.getName()).isEqualTo("POST");
        assertThat(string(server, Attribute.SESSION_ID)).isEqualTo("s-1");
        assertThat(string(server, Attribute.PROMPT_ID)).isEqualTo("p-1");
        assertThat(string(server, Attribute.HTTP_ROUTE)).isEqualTo("/session/:id/prompt");
        assertParent(telemetry.spans().get(1), server);
        assertThat(telemetry.events(LogEvent.DAEMON_ERROR))
                .singleElement()
                .satisfies(log -> assertThat(log.getSpanContext().getSpanId()).isEqualTo(server.getSpanId()));
        assertThat(telemetry.total(Metric.DAEMON_REQUESTS)).isEqualTo(1);
    }

    @Test
    void pitfall_112_secondFilter_getsTheSameRequest() {
        DaemonRequest outer = telemetry.request("POST", "/session");
        try (Scope ignored = outer.makeCurrent()) {
            DaemonRequest inner = telemetry.request("POST", "/session");
            inner.responded(200);
        }
        outer.responded(200);

        assertThat(telemetry.spans()).hasSize(1);
        assertThat(telemetry.total(Metric.DAEMON_REQUESTS)).isEqualTo(1);
    }

    @Test
    void ourServerSpan_isSeenByOtherInstrumentations() {
        DaemonRequest request = telemetry.request("POST", "/session");
        assertThat(SpanKey.HTTP_SERVER.fromContextOrNull(request.context())).isNotNull();
        request.responded(200);
    }

    @Test
    void pitfall_82_withoutAnSdk_theTraceOfTheClientPassesThrough() {
        DaemonTelemetry daemon = DaemonTelemetry.builder(OpenTelemetry.noop()).build();
        DaemonRequest request = daemon.request("POST", "/session/s/prompt")
                .headers(
                        Map.of("traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-00"),
                        DaemonExtension.HEADERS)
                .start();
        try (Scope ignored = request.makeCurrent()) {
            daemon.queued().dispatch().session("s").run(step -> {
                assertThat(Span.current().getSpanContext().getSpanId()).isEqualTo("0123456789abcdef");
                assertThat(LlmSession.fromContext(Context.current())).hasToString("LlmSession{s}");
            });
        }
        request.responded(500);
        assertThat(daemon.openSpans()).isZero();
    }

    @Test
    void end_ofTheDaemonEndsWhatIsOpen() {
        DaemonTelemetry daemon = telemetry.with(options -> options);
        DaemonRequest request = daemon.request("POST", "/session").start();
        BridgeSpan step = daemon.bridge(BridgeOperation.SESSION_NEW).start();
        daemon.close();

        assertThat(request.isEnded()).isTrue();
        assertThat(step.isEnded()).isTrue();
        assertThat(telemetry.spans())
                .allSatisfy(span -> assertThat(string(span, Attribute.OUTCOME)).isEqualTo("cancelled"));
    }

    @Test
    void pitfall_55_attribute_ofTheLibraryCannotBeSet() {
        DaemonRequest request = telemetry.request("POST", "/session");
        request.attribute(AttributeKey.stringKey("session.id"), "forged");
        request.attribute(AttributeKey.stringKey("mine"), "mine");
        request.responded(200);

        assertThat(string(telemetry.span(), Attribute.SESSION_ID)).isNull();
        assertThat(text(telemetry.span(), "mine")).isEqualTo("mine");
    }
}
