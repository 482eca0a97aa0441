package dev.llmpropagation.testkit;

import static dev.llmpropagation.testkit.LlmAssertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.util.List;
import java.util.function.Consumer;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class RequestAssertTest {

    private static final String SESSION = "X-Qwen-Code-Session-Id";

    @RegisterExtension
    static final LlmServer openai = LlmServer.openAi();

    @RegisterExtension
    final RecordedTelemetry telemetry = RecordedTelemetry.create();

    private final Request.Builder request = new Request.Builder();
    private SpanData turn;
    private SpanData attempt;
    private SpanData stranger;

    @BeforeEach
    void record() {
        Span parent = telemetry.startSpan("turn");
        telemetry
                .openTelemetry()
                .getTracer("test")
                .spanBuilder("POST")
                .setParent(Context.root().with(parent))
                .startSpan()
                .end();
        parent.end();
        telemetry.startSpan("stranger").end();
        turn = telemetry.span("turn");
        attempt = telemetry.span("POST");
        stranger = telemetry.span("stranger");
    }

    @Test
    void traceparent_ofTheSpanPasses() throws IOException {
        request.header("Traceparent", traceparent(attempt));

        assertThat(sent())
                .carriesTraceparentOf(attempt)
                .carriesTraceparentOf(Span.wrap(attempt.getSpanContext()))
                .belongsToTraceOf(turn)
                .belongsToTraceOf(Span.wrap(turn.getSpanContext()))
                .carriesNoBaggage();
    }

    @Test
    void bothHeaders_areThoseOfTheAttempt() throws IOException {
        telemetry
                .openTelemetry()
                .getTracer("test")
                .spanBuilder("GET")
                .setAttribute("session.id", "s-1")
                .startSpan()
                .end();
        SpanData inSession = telemetry.span("GET");

        request.header("traceparent", traceparent(inSession)).header(SESSION, "s-1");
        assertThat(sent()).carriesTraceparentAndSessionOf(inSession);

        request.header(SESSION, "s-2");
        assertRefused(sent -> sent.carriesTraceparentAndSessionOf(inSession))
                .hasMessageContaining("s-1")
                .hasMessageContaining("s-2");

        request.header("traceparent", traceparent(stranger)).header(SESSION, "s-1");
        assertRefused(sent -> sent.carriesTraceparentAndSessionOf(inSession))
                .hasMessageContaining("carries a traceparent of another trace");

        request.header("traceparent", traceparent(attempt));
        assertRefused(sent -> sent.carriesTraceparentAndSessionOf(attempt))
                .hasMessageEndingWith("but that span has no session.id.");
    }

    @Test
    void traceparent_ofAnotherSpanOfTheTraceIsNamed() throws IOException {
        request.header("traceparent", traceparent(turn));

        assertRefused(sent -> sent.carriesTraceparentOf(attempt)).hasMessage("""
                        Expected GET /v1/models to carry the traceparent of "POST" [%s],
                        but it carries the traceparent of another span of this trace, "turn" (INTERNAL) [%s].""".formatted(ids(attempt), ids(turn)));
        assertThat(sent()).belongsToTraceOf(attempt);
    }

    @Test
    void traceparent_ofAnotherTraceIsNamed() throws IOException {
        request.header("traceparent", traceparent(stranger));

        assertRefused(sent -> sent.carriesTraceparentOf(attempt))
                .hasMessageContaining("but it carries a traceparent of another trace, \"stranger\" (INTERNAL) ["
                        + ids(stranger) + "].");
        assertRefused(sent -> sent.belongsToTraceOf(attempt))
                .hasMessageContaining("another trace, \"stranger\" (INTERNAL)");
        assertRefused(sent -> sent.belongsToTraceOf(Span.wrap(attempt.getSpanContext())))
                .hasMessageContaining("to carry the traceparent of \"POST\" (INTERNAL) [");
    }

    @Test
    void traceparent_ofNobodyIsSaidToBeSo() throws IOException {
        request.header("traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01");

        assertRefused(sent -> sent.carriesTraceparentOf(attempt))
                .hasMessageContaining("another trace, a span that was not recorded [00-0123456789abcdef");
    }

    @Test
    void traceparent_thatIsMissingOrDoubleOrNoneIsSaidToBeSo() throws IOException {
        assertRefused(sent -> sent.carriesTraceparentOf(attempt)).hasMessageEndingWith("but it carries none.");

        request.header("X-Cloud-Trace-Context", "1/2");
        assertRefused(sent -> sent.carriesTraceparentOf(attempt))
                .hasMessageEndingWith("but it carries none. But it carries X-Cloud-Trace-Context.");

        request.header("traceparent", "00-NOT-ONE");
        assertRefused(sent -> sent.carriesTraceparentOf(attempt))
                .hasMessageEndingWith("but what it carries is no traceparent: \"00-NOT-ONE\".");

        request.addHeader("traceparent", traceparent(attempt));
        assertRefused(sent -> sent.carriesTraceparentOf(attempt)).hasMessageContaining("but it carries 2: [");
    }

    @Test
    void spanWithoutIds_cannotBeAskedFor() throws IOException {
        LoggedRequest sent = sent();

        assertThatThrownBy(() -> assertThat(sent).carriesTraceparentOf(Span.getInvalid()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("OpenTelemetry without SDK");
    }

    @Test
    void session_passesOrShowsWhatIsThere() throws IOException {
        assertRefused(sent -> sent.carriesSessionId("s-1")).hasMessage("""
                        Expected GET /v1/models to carry
                          X-Qwen-Code-Session-Id: s-1
                        but it carries no such header.""");

        request.header("X-Session-Id", "s-1");
        assertRefused(sent -> sent.carriesSessionId("s-1"))
                .hasMessageEndingWith("no such header. But X-Session-Id has this value.");
        assertRefused(sent -> sent.carriesSessionId("s-2"))
                .hasMessageEndingWith("no such header. But it carries X-Session-Id.");

        request.header(SESSION, "S-1");
        assertRefused(sent -> sent.carriesSessionId("s-1"))
                .hasMessageContaining("but it carries \"S-1\". They differ in case only.");
        assertRefused(sent -> sent.carriesSessionId("s-9")).hasMessageEndingWith("but it carries \"S-1\".");

        request.header(SESSION, "s-1");
        assertThat(sent()).carriesSessionId("s-1").carriesNoBaggage();

        request.addHeader(SESSION, "s-2");
        assertRefused(sent -> sent.carriesSessionId("s-1"))
                .hasMessageEndingWith("but it carries \"s-1\" and \"s-2\". It may be there once only.");
    }

    @Test
    void absence_passesOrShowsWhatIsThere() throws IOException {
        assertThat(sent())
                .carriesNoBaggage()
                .carriesNoTraceparent()
                .carriesNoSessionId()
                .carriesNothingOfOurs()
                .carriesNoHeader("X-Other");

        request.header("Baggage", "user=me").header(SESSION, "s-1").header("traceparent", traceparent(attempt));
        assertRefused(sent -> sent.carriesNoBaggage())
                .hasMessage("Expected GET /v1/models to carry no baggage, but it carries \"user=me\".");
        assertRefused(sent -> sent.carriesNoSessionId())
                .hasMessageEndingWith("to carry no X-Qwen-Code-Session-Id, but it carries \"s-1\".");
        assertRefused(sent -> sent.carriesNoTraceparent())
                .hasMessageContaining("to carry no traceparent, but it carries \"00-");
        assertRefused(sent -> sent.carriesNothingOfOurs()).hasMessageContaining("to carry no traceparent");
    }

    @Test
    void anythingOfOurs_isFound() throws IOException {
        for (String name : new String[] {"tracestate", "baggage", SESSION}) {
            request.header(name, "a=b");
            assertRefused(sent -> sent.carriesNothingOfOurs()).hasMessageContaining("no " + name);
            request.removeHeader(name);
        }
        for (String name : new String[] {"Llm-Propagation-Call", "X-Qwen-Code-Request-Id"}) {
            request.header(name, "7");
            assertRefused(sent -> sent.carriesNothingOfOurs())
                    .hasMessage(
                            "Expected GET /v1/models to carry nothing of the library, but it carries " + name + '.');
            request.removeHeader(name);
        }
    }

    @Test
    void header_passesOrShowsWhatIsThere() throws IOException {
        request.header("X-Team", "core").header("X-Region", "eu");

        assertThat(sent()).carriesHeader("x-team", "core").carriesNoHeader("X-Other");
        assertRefused(sent -> sent.carriesHeader("X-Team", "edge")).hasMessage("""
                        Expected GET /v1/models to carry
                          X-Team: edge
                        but it carries "core".""");
        assertRefused(sent -> sent.carriesHeader("team", "edge"))
                .hasMessageEndingWith("but it carries no such header. But it carries X-Team.");
        assertRefused(sent -> sent.carriesHeader("X-Zone", "eu"))
                .hasMessageEndingWith("but it carries no such header. But X-Region has this value.");
        assertRefused(sent -> sent.carriesNoHeader("X-TEAM"))
                .hasMessage("Expected GET /v1/models to carry no X-TEAM, but it carries \"core\".");

        request.addHeader("X-Team", "edge");
        assertRefused(sent -> sent.carriesNoHeader("X-Team"))
                .hasMessageEndingWith("but it carries \"core\" and \"edge\".");
    }

    @Test
    void credentials_areInNoMessage() throws IOException {
        for (String name : List.of(
                "Authorization",
                "PROXY-AUTHORIZATION",
                "Cookie",
                "api-key",
                "X-Api-Key",
                "x-goog-api-key",
                "Ocp-Apim-Subscription-Key",
                "X-Amz-Security-Token",
                "X-Client-Secret")) {
            request.header(name, "Bearer sk-REAL");
            assertRefused(sent -> sent.carriesNoHeader(name))
                    .hasMessage("Expected GET /v1/models to carry no " + name + ", but it carries \"***\".");
            assertRefused(sent -> sent.carriesHeader(name, "Bearer sk-OTHER"))
                    .hasMessageEndingWith("  " + name + ": ***\nbut it carries \"***\".");
            request.addHeader(name, "sk-SECOND");
            assertRefused(sent -> sent.carriesHeader(name, "Bearer sk-REAL"))
                    .hasMessageEndingWith("but it carries \"***\" and \"***\". It may be there once only.");
            request.removeHeader(name);
        }
        request.header("Idempotency-Key", "k-1");
        assertRefused(sent -> sent.carriesNoHeader("Idempotency-Key")).hasMessageEndingWith("but it carries \"k-1\".");
    }

    @Test
    void noRequest_isSaidToBeNone() {
        LoggedRequest none = null;
        List<Consumer<RequestAssert>> all = List.of(
                request -> request.carriesTraceparentOf(attempt),
                request -> request.belongsToTraceOf(turn),
                request -> request.carriesHeader("X-Team", "core"),
                request -> request.carriesNoHeader("X-Team"));

        for (Consumer<RequestAssert> assertion : all) {
            assertThatThrownBy(() -> assertion.accept(assertThat(none)))
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("not to be null");
        }
    }

    /** The request as it stands now. */
    private AbstractThrowableAssert<?, ?> assertRefused(Consumer<RequestAssert> assertion) {
        return assertThatThrownBy(() -> assertion.accept(assertThat(sent())));
    }

    private LoggedRequest sent() throws IOException {
        new OkHttpClient()
                .newCall(request.url(openai.baseUrl() + "/models?key=SECRET").build())
                .execute()
                .close();
        return openai.lastRequest();
    }

    private static String traceparent(SpanData span) {
        return ids(span) + "-01";
    }

    private static String ids(SpanData span) {
        return "00-" + span.getTraceId() + '-' + span.getSpanId();
    }
}
