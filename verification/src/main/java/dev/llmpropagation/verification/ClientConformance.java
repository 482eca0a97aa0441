package dev.llmpropagation.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
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
    private static final AttributeKey<String> ERROR_TYPE = AttributeKey.stringKey("error.type");

    @RegisterExtension
    final RecordedTelemetry telemetry = RecordedTelemetry.create();

    @RegisterExtension
    final LlmServer service = server();

    /** Makes the client; called in each test. */
    protected abstract ClientUnderTest client(OpenTelemetry openTelemetry, String baseUrl);

    /** What does not apply to the client. Default: nothing. */
    protected Set<Promise> without() {
        return Set.of();
    }

    /** Whose API the client speaks. Default: OpenAI's. Called once, before the fields of a subclass are set. */
    protected LlmServer server() {
        return LlmServer.openAi();
    }

    private ClientUnderTest client(Promise promise) {
        assumeFalse(without().contains(promise), "switched off: " + promise);
        return client(telemetry.openTelemetry(), service.baseUrl());
    }

    private SpanContext inTurn(ThrowingRunnable body) throws Exception {
        Span turn = telemetry.startSpan("turn");
        try (Scope ignored = turn.makeCurrent()) {
            body.run();
        } finally {
            turn.end();
        }
        return turn.getSpanContext();
    }

    @FunctionalInterface
    private interface ThrowingRunnable {
        void run() throws Exception;
    }

    @Test
    @DisplayName("Each attempt is a CLIENT span under its caller")
    void attempt_isAClientSpanUnderItsCaller() throws Exception {
        try (ClientUnderTest client = client(Promise.SPAN)) {
            service.willAnswer("hello");
            SpanContext turn = inTurn(() -> assertThat(client.ask("Hi")).isEqualTo("hello"));

            SpanData attempt = telemetry.clientSpan();
            assertThat(attempt.getParentSpanId()).isEqualTo(turn.getSpanId());
            assertThat(attempt.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        }
    }

    @Test
    @DisplayName("Its attributes are the convention's")
    void attempt_followsTheConvention() throws Exception {
        try (ClientUnderTest client = client(Promise.CONVENTION)) {
            service.willAnswer("hello");
            client.ask("Hi");

            assertThat(telemetry.clientSpan().getName()).isEqualTo("POST");
            assertThat(telemetry.clientSpan().getAttributes().asMap())
                    .containsEntry(AttributeKey.stringKey("http.request.method"), "POST")
                    .containsEntry(AttributeKey.longKey("http.response.status_code"), 200L)
                    .containsEntry(AttributeKey.stringKey("server.address"), "localhost")
                    .containsEntry(AttributeKey.longKey("server.port"), (long)
                            service.wireMock().port())
                    .containsKey(AttributeKey.stringKey("url.full"));
        }
    }

    @Test
    @DisplayName("Its duration is in http.client.request.duration")
    void attempt_isInTheMetric() throws Exception {
        try (ClientUnderTest client = client(Promise.METRIC)) {
            service.willAnswer("hello");
            client.ask("Hi");

            assertThat(telemetry.metrics())
                    .extracting(metric -> metric.getName())
                    .contains("http.client.request.duration");
        }
    }

    @Test
    @DisplayName("A request carries the traceparent of its attempt")
    void request_carriesTheTraceparentOfItsAttempt() throws Exception {
        try (ClientUnderTest client = client(Promise.TRACEPARENT)) {
            service.willAnswer("hello");
            client.ask("Hi");

            LlmAssertions.assertThat(service.lastRequest()).carriesTraceparentOf(telemetry.clientSpan());
        }
    }

    @Test
    @DisplayName("A request carries the caller's session id")
    void request_carriesTheSession() throws Exception {
        try (ClientUnderTest client = client(Promise.SESSION)) {
            service.willStream("he", "llo");
            try (Scope ignored = LlmSession.of("s-1").makeCurrent()) {
                readAll(client);
            }

            LlmAssertions.assertThat(service.lastRequest()).carriesSessionId("s-1");
        }
    }

    @Test
    @DisplayName("Baggage stays here")
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
            service.willAnswer("known is now which path the client asks for");
            client.ask("Hi");
            service.willRedirectTo(origin(other) + service.lastRequest().getUrl());
            try (Scope ignored = LlmSession.of("s-1").makeCurrent()) {
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

    private static String origin(LlmServer server) {
        return "http://localhost:" + server.wireMock().port();
    }

    @Test
    @DisplayName("An attempt that is made again has a span and a traceparent of its own")
    void retry_isAnAttemptOfItsOwn() throws Exception {
        try (ClientUnderTest client = client(Promise.RETRY)) {
            service.willFail(503).retryAfter(Duration.ofMillis(1)).thenAnswer("hello");
            SpanContext turn = inTurn(() -> assertThat(client.ask("Hi")).isEqualTo("hello"));

            List<SpanData> attempts = telemetry.clientSpans();
            assertThat(attempts).hasSize(2).allSatisfy(attempt -> assertThat(attempt.getTraceId())
                    .isEqualTo(turn.getTraceId()));
            for (int i = 0; i < attempts.size(); i++) {
                LlmAssertions.assertThat(service.requests().get(i)).carriesTraceparentOf(attempts.get(i));
            }
        }
    }

    @Test
    @DisplayName("A refusal is an ERROR with the status as error.type")
    void refusal_isAnError() {
        try (ClientUnderTest client = client(Promise.REFUSAL)) {
            service.willFail(400);
            assertThatThrownBy(() -> client.ask("Hi")).isInstanceOf(Exception.class);

            SpanData attempt = telemetry.clientSpan();
            assertThat(attempt.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
            assertThat(attempt.getAttributes().get(ERROR_TYPE)).isEqualTo("400");
        }
    }

    @Test
    @DisplayName("The span of a stream lasts as long as the stream")
    void streamsSpan_lastsAsLongAsTheStream() throws Exception {
        try (ClientUnderTest client = client(Promise.STREAM)) {
            service.willStream("he", "llo", "!").every(Duration.ofMillis(50));
            try (ClientUnderTest.Pieces pieces = client.stream("Hi")) {
                assertThat(pieces.next()).isEqualTo("he");
                assertThat(telemetry.openSpans()).anyMatch(isClient());
                assertThat(pieces.next()).isEqualTo("llo");
                assertThat(pieces.next()).isEqualTo("!");
                assertThat(pieces.next()).isNull();
            }

            assertThat(telemetry.clientSpan().getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        }
    }

    private static Predicate<SpanData> isClient() {
        return span -> span.getKind() == SpanKind.CLIENT;
    }

    @Test
    @DisplayName("A stream that is closed early ends its span")
    void streamClosedEarly_endsItsSpan() throws Exception {
        try (ClientUnderTest client = client(Promise.EARLY_CLOSE)) {
            // Some clients read one event ahead.
            service.willStream("he", "llo", "llo", "llo").with(new Fault.Stall(Fault.Phase.IN_BODY));
            try (ClientUnderTest.Pieces pieces = client.stream("Hi")) {
                assertThat(pieces.next()).isEqualTo("he");
            }

            assertThat(telemetry.clientSpan().getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        }
    }

    @Test
    @DisplayName("A stream that breaks is an ERROR and an exception")
    void brokenStream_isAnErrorAndAnException() {
        try (ClientUnderTest client = client(Promise.BROKEN_STREAM)) {
            service.willBreakMidStream();
            assertThatThrownBy(() -> readAll(client)).isInstanceOf(Exception.class);

            SpanData attempt = telemetry.clientSpan();
            assertThat(attempt.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
            assertThat(attempt.getAttributes().get(ERROR_TYPE)).isNotNull();
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
            List<Span> callers = new ArrayList<>();
            List<CompletableFuture<String>> answers = new ArrayList<>();
            for (int i = 0; i < CALLS; i++) {
                Span caller = telemetry.startSpan("turn");
                callers.add(caller);
                try (Scope ignored = caller.makeCurrent()) {
                    answers.add(client.askAsync("question " + i + '.'));
                }
            }
            for (CompletableFuture<String> answer : answers) {
                assertThat(answer.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo("hello");
            }
            callers.forEach(Span::end);

            Map<String, String> callerOfAttempt = telemetry.clientSpans().stream()
                    .collect(Collectors.toMap(SpanData::getSpanId, SpanData::getParentSpanId));
            for (int i = 0; i < CALLS; i++) {
                assertThat(callerOfAttempt.get(attemptThatAsked("question " + i + '.')))
                        .as("who made call %d", i)
                        .isEqualTo(callers.get(i).getSpanContext().getSpanId());
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
    @DisplayName("What runs after an asynchronous call runs in its caller's Context")
    void continuation_runsInItsCallersContext() throws Exception {
        try (ClientUnderTest client = client(Promise.CONTINUATION)) {
            service.willAnswer("hello").after(Duration.ofMillis(50));
            CompletableFuture<SpanContext> seen = new CompletableFuture<>();
            SpanContext turn = inTurn(() -> {
                CompletableFuture<Void> done = client.askAsync("Hi")
                        .thenAccept(answer -> seen.complete(
                                Span.fromContext(Context.current()).getSpanContext()));
                done.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            });

            assertThat(seen.get(PATIENCE_SECONDS, TimeUnit.SECONDS)).isEqualTo(turn);
        }
    }

    @Test
    @DisplayName("No credential gets into a span")
    void credentials_areInNoSpan() throws Exception {
        try (ClientUnderTest client = client(Promise.NO_SECRETS)) {
            service.willAnswer("hello");
            client.ask("Hi");

            assertThat(service.lastRequest().toString()).contains(SECRET);
            assertThat(telemetry.clientSpan().toString()).doesNotContain(SECRET);
            assertThat(telemetry.metrics().toString()).doesNotContain(SECRET);
            assertThat(telemetry.logs().toString()).doesNotContain(SECRET);
        }
    }

    @Test
    @DisplayName("Telemetry that fails does not change the call")
    void failingTelemetry_doesNotChangeTheCall() throws Exception {
        assumeFalse(without().contains(Promise.HARMLESS), "switched off: " + Promise.HARMLESS);
        try (ClientUnderTest client = client(new BrokenTelemetry(telemetry.openTelemetry()), service.baseUrl())) {
            service.willAnswer("hello");

            assertThat(client.ask("Hi")).isEqualTo("hello");
        }
    }
}
