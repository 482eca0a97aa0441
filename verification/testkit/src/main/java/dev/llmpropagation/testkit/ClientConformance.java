package dev.llmpropagation.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.llmpropagation.testkit.Recording.Caller;
import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * What a client that takes part in traces owes its caller. Extend it to see whether yours does, however it was built:
 *
 * <pre>{@code
 * class MyClientConformanceTest extends ClientConformance {
 *     @Override
 *     protected ClientUnderTest client(OpenTelemetry openTelemetry, String baseUrl) {
 *         OkHttpClient client = …;
 *         return ClientUnderTest.of(client, baseUrl, () -> {});
 *     }
 *
 *     @Override
 *     protected Set<Promise> without() {
 *         return Set.of(Promise.RETRY);
 *     }
 * }
 * }</pre>
 *
 * <p>After each test nothing may be open: no span, no scope.
 */
public abstract class ClientConformance {

    /** Use it as the key. The tests look for it where no key may be. */
    public static final String SECRET = "SECRET-OF-THE-TEST";

    private static final int CALLS = 40;
    private static final long PATIENCE_SECONDS = 60;

    @RegisterExtension
    final RecordedTelemetry telemetry = RecordedTelemetry.create();

    @RegisterExtension
    final LlmServer service = server();

    private final Recording recording = recording();

    /** Makes the client; called in each test. */
    protected abstract ClientUnderTest client(OpenTelemetry openTelemetry, String baseUrl);

    /** What does not apply to the client. Default: nothing. */
    protected Set<Promise> without() {
        return Set.of();
    }

    /**
     * The Context of calls that belong to the session of this id. Default: as it was, which is right for a client that knows
     * no sessions. For clients of this library: {@code return context.with(LlmSession.of(id))}.
     */
    protected Context withSession(Context context, String id) {
        return context;
    }

    /** Whose API the client speaks. Default: OpenAI's. Called before the fields of a subclass are set. */
    protected LlmServer server() {
        return LlmServer.openAi();
    }

    /** Where the client's telemetry is seen. Default: in memory. Called before the fields of a subclass are set. */
    protected Recording recording() {
        return new OwnRecording(telemetry);
    }

    private ClientUnderTest client(Promise promise) {
        return client(promise, recording.openTelemetry());
    }

    private ClientUnderTest client(Promise promise, OpenTelemetry openTelemetry) {
        assumeFalse(without().contains(promise), "switched off: " + promise);
        return client(openTelemetry, service.baseUrl());
    }

    /** CLIENT spans that have none below them: a client may have one around all attempts of a call. */
    private List<TraceSpan> attempts() {
        List<TraceSpan> clients =
                recording.spans().stream().filter(TraceSpan::isClient).toList();
        Set<String> parents = clients.stream().map(TraceSpan::parentSpanId).collect(Collectors.toSet());
        return clients.stream().filter(span -> !parents.contains(span.spanId())).toList();
    }

    /** Id of the first span above that is no CLIENT span. */
    private static String callerOf(TraceSpan attempt, List<TraceSpan> spans) {
        return spans.stream()
                .filter(span -> span.isClient() && span.spanId().equals(attempt.parentSpanId()))
                .findFirst()
                .map(span -> callerOf(span, spans))
                .orElse(attempt.parentSpanId());
    }

    private TraceSpan attempt() {
        List<TraceSpan> attempts = attempts();
        assertThat(attempts).as("attempts that ended").hasSize(1);
        return attempts.get(0);
    }

    @Test
    @DisplayName("Each attempt is a CLIENT span under its caller")
    void attempt_isAClientSpanUnderItsCaller() throws Exception {
        try (ClientUnderTest client = client(Promise.SPAN);
                Caller caller = recording.caller()) {
            service.willAnswer("hello");
            assertThat(client.ask("Hi")).isEqualTo("hello");

            assertThat(callerOf(attempt(), recording.spansSoFar())).isEqualTo(caller.spanId());
            assertThat(attempt().error()).isFalse();
        }
    }

    @Test
    @DisplayName("Its name and attributes are those of OpenTelemetry's convention")
    void attempt_followsTheConvention() throws Exception {
        try (ClientUnderTest client = client(Promise.CONVENTION)) {
            service.willAnswer("hello");
            client.ask("Hi");

            assertThat(attempt().name()).isEqualTo("POST");
            assertThat(attempt().attributes())
                    .containsEntry("http.request.method", "POST")
                    .containsEntry("http.response.status_code", 200L)
                    .containsEntry("server.address", "localhost")
                    .containsEntry("server.port", (long) service.wireMock().port())
                    .containsKey("url.full");
        }
    }

    @Test
    @DisplayName("Its duration is in the metric `http.client.request.duration`")
    void attempt_isInTheMetric() throws Exception {
        try (ClientUnderTest client = client(Promise.METRIC)) {
            service.willAnswer("hello");
            client.ask("Hi");

            assertThat(recording.metrics()).contains("http.client.request.duration");
        }
    }

    @Test
    @DisplayName("A request carries the traceparent of its attempt")
    void request_carriesTheTraceparentOfItsAttempt() throws Exception {
        try (ClientUnderTest client = client(Promise.TRACEPARENT)) {
            service.willAnswer("hello");
            client.ask("Hi");

            assertThat(traceparent(0))
                    .isEqualTo(new Traceparent(attempt().traceId(), attempt().spanId()));
        }
    }

    /** What the request of this number carries. */
    private Traceparent traceparent(int number) {
        String header = String.valueOf(service.requests().get(number).getHeader("traceparent"));
        Traceparent parsed = Traceparent.parse(header);
        if (parsed == null) {
            throw new AssertionError("Expected a traceparent, but it is: " + header);
        }
        return parsed;
    }

    @Test
    @DisplayName("A request carries the id of its caller's session")
    void request_carriesTheSession() throws Exception {
        try (ClientUnderTest client = client(Promise.SESSION)) {
            service.willStream("he", "llo");
            try (Scope ignored = withSession(Context.current(), "s-1").makeCurrent()) {
                readAll(client);
            }

            LlmAssertions.assertThat(service.lastRequest()).carriesSessionId("s-1");
        }
    }

    @Test
    @DisplayName("Baggage stays here, whatever the propagators are")
    void baggage_staysHere() throws Exception {
        try (ClientUnderTest client = client(Promise.NO_BAGGAGE)) {
            service.willAnswer("hello");
            try (Scope ignored = Baggage.builder().put("user", "me").build().makeCurrent()) {
                client.ask("Hi");
            }

            LlmAssertions.assertThat(service.lastRequest()).carriesNoBaggage();
        }
    }

    @Test
    @DisplayName("A redirect to another origin carries neither trace, session nor credentials")
    void redirectToAnotherOrigin_carriesNothing() throws Exception {
        try (ClientUnderTest client = client(Promise.OTHER_ORIGIN);
                LlmServer other = server().start()) {
            other.willAnswer("hello");
            service.willAnswer("and now it is known which path the client asks for");
            client.ask("Hi");
            service.willRedirectTo("http://localhost:" + other.wireMock().port()
                    + service.lastRequest().getUrl());
            try (Scope ignored = withSession(Context.current(), "s-1").makeCurrent()) {
                assertThat(client.ask("Hi")).isEqualTo("hello");
            }

            LlmAssertions.assertThat(other.lastRequest())
                    .carriesNothingOfOurs()
                    .carriesNoHeader("Authorization")
                    .carriesNoHeader("X-Api-Key")
                    .carriesNoHeader("Api-Key")
                    .carriesNoHeader("X-Goog-Api-Key");
        }
    }

    @Test
    @DisplayName("An attempt that is made again has a span and a traceparent of its own")
    void retry_isAnAttemptOfItsOwn() throws Exception {
        try (ClientUnderTest client = client(Promise.RETRY)) {
            service.willFail(503).retryAfter(Duration.ofMillis(1)).thenAnswer("hello");
            assertThat(client.ask("Hi")).isEqualTo("hello");

            List<TraceSpan> attempts = attempts();
            assertThat(attempts).hasSize(2);
            assertThat(traceparent(0).spanId()).isEqualTo(attempts.get(0).spanId());
            assertThat(traceparent(1).spanId()).isEqualTo(attempts.get(1).spanId());
        }
    }

    @Test
    @DisplayName("A refusal is an ERROR with the status as `error.type`")
    void refusal_isAnError() {
        try (ClientUnderTest client = client(Promise.REFUSAL)) {
            service.willFail(400);
            assertThatThrownBy(() -> client.ask("Hi")).isInstanceOf(Exception.class);

            assertThat(attempt().error()).isTrue();
            assertThat(attempt().attributes()).containsEntry("error.type", "400");
        }
    }

    @Test
    @DisplayName("The span of a stream lasts as long as the stream")
    void streamsSpan_lastsAsLongAsTheStream() throws Exception {
        try (ClientUnderTest client = client(Promise.STREAM)) {
            service.willStream("he", "llo", "!").every(Duration.ofMillis(100));
            try (ClientUnderTest.Pieces pieces = client.stream("Hi")) {
                assertThat(pieces.next()).isEqualTo("he");
                assertThat(pieces.next()).isEqualTo("llo");
                assertThat(recording.spansSoFar()).noneMatch(TraceSpan::isClient);
                assertThat(pieces.next()).isEqualTo("!");
                assertThat(pieces.next()).isNull();
            }

            assertThat(attempt().error()).isFalse();
        }
    }

    @Test
    @DisplayName("A stream that its consumer closes early ends its span, and not as an error")
    void streamClosedEarly_endsItsSpan() throws Exception {
        try (ClientUnderTest client = client(Promise.EARLY_CLOSE)) {
            // Some clients read one event ahead.
            service.willStream("he", "llo", "llo", "llo").with(new Fault.Stall(Fault.Phase.IN_BODY));
            try (ClientUnderTest.Pieces pieces = client.stream("Hi")) {
                assertThat(pieces.next()).isEqualTo("he");
            }

            assertThat(attempt().error()).isFalse();
        }
    }

    @Test
    @DisplayName("A stream that breaks is an ERROR of its span")
    void brokenStream_isAnError() {
        try (ClientUnderTest client = client(Promise.BROKEN_STREAM)) {
            service.willBreakMidStream();
            assertThatThrownBy(() -> readAll(client)).isInstanceOf(Exception.class);

            assertThat(attempt().error()).isTrue();
            assertThat(attempt().attributes()).containsKey("error.type");
        }
    }

    private static void readAll(ClientUnderTest client) throws Exception {
        try (ClientUnderTest.Pieces pieces = client.stream("Hi")) {
            while (pieces.next() != null) {
                // to the end
            }
        }
    }

    @Test
    @DisplayName("Calls that wait in a queue belong to those who made them")
    void queuedCalls_belongToTheirCallers() throws Exception {
        try (ClientUnderTest client = client(Promise.ASYNC)) {
            service.willAnswer("hello").after(Duration.ofMillis(5));
            List<String> callers = new ArrayList<>();
            List<CompletableFuture<String>> answers = new ArrayList<>();
            for (int i = 0; i < CALLS; i++) {
                try (Caller caller = recording.caller()) {
                    callers.add(caller.spanId());
                    answers.add(client.askAsync("question " + i + '.'));
                }
            }
            for (CompletableFuture<String> answer : answers) {
                assertThat(answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("hello");
            }

            List<TraceSpan> spans = recording.spans();
            Map<String, String> callerOfAttempt =
                    attempts().stream().collect(Collectors.toMap(TraceSpan::spanId, span -> callerOf(span, spans)));
            for (int i = 0; i < CALLS; i++) {
                assertThat(callerOfAttempt.get(attemptThatAsked("question " + i + '.')))
                        .as("who made call %d", i)
                        .isEqualTo(callers.get(i));
            }
        }
    }

    /** The span that the request with this text names as its parent. */
    private String attemptThatAsked(String question) {
        return service.requests().stream()
                .filter(request -> request.getBodyAsString().contains(question))
                .map(request -> Traceparent.parse(String.valueOf(request.getHeader("traceparent"))))
                .map(traceparent -> traceparent == null ? "no traceparent" : traceparent.spanId())
                .findFirst()
                .orElse("no request");
    }

    @Test
    @DisplayName("What runs after an asynchronous call runs in its caller's context")
    void continuation_runsInItsCallersContext() throws Exception {
        try (ClientUnderTest client = client(Promise.CONTINUATION);
                Caller caller = recording.caller()) {
            service.willAnswer("hello").after(Duration.ofMillis(100));
            CompletableFuture<String> seen = client.askAsync("Hi").thenApply(answer -> recording.currentSpanId());

            assertThat(seen.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(caller.spanId());
        }
    }

    @Test
    @DisplayName("No credential gets into telemetry")
    void credentials_areInNoTelemetry() throws Exception {
        try (ClientUnderTest client = client(Promise.NO_SECRETS)) {
            service.willAnswer("hello");
            client.ask("Hi");
            assertThat(service.lastRequest().toString()).contains(SECRET);
            service.willFail(401);
            assertThatThrownBy(() -> client.ask("Hi")).isInstanceOf(Exception.class);

            assertThat(attempts()).as("attempts that ended").hasSizeGreaterThan(1);
            assertThat(recording.spans().toString()).as("spans").doesNotContain(SECRET);
            assertThat(telemetry.logs().toString()).as("log records").doesNotContain(SECRET);
            assertThat(telemetry.metrics().toString()).as("metrics").doesNotContain(SECRET);
        }
    }

    @Test
    @DisplayName("Telemetry that fails does not change the call")
    void failingTelemetry_doesNotChangeTheCall() throws Exception {
        try (ClientUnderTest client = client(Promise.HARMLESS, new BrokenTelemetry(recording.openTelemetry()))) {
            service.willAnswer("hello");

            assertThat(client.ask("Hi")).isEqualTo("hello");
        }
    }
}
