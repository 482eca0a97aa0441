package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.temporaryRedirect;
import static com.github.tomakehurst.wiremock.client.WireMock.unauthorized;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;

import dev.llmpropagation.destination.DestinationPolicy;
import dev.llmpropagation.destination.OtlpEndpoints;
import dev.llmpropagation.fixtures.Enqueued;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Further headers of the program beside that of the session. */
class CorrelationHeaderTest {

    private static final ContextKey<String> AGENT = ContextKey.named("agent");
    private static final String SESSION = "X-Qwen-Code-Session-Id";
    private static final String HEADER = "X-Agent-Id";

    @RegisterExtension
    final WireExtension wire = new WireExtension().answering("hello");

    @Test
    void none_isSentUnlessAskedFor() throws Exception {
        wire.get(wire.client(wire.propagation()), wire.url("/"));

        assertThat(wire.request().getHeaders().keys())
                .containsExactlyInAnyOrder("Host", "Connection", "User-Agent", "Accept-Encoding", "traceparent");
    }

    @Test
    void value_isAskedForEachAttemptAndReplacesTheCallers() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        OkHttpClient client = wire.client(wire.propagation()
                .sessionId(() -> "s-1")
                .correlationHeader(HEADER, () -> "of no use")
                .correlationHeader("x-agent-id", () -> "a-" + asked.incrementAndGet())
                .correlationHeader("X-Task", () -> "t"));
        send(client, Requests.get(wire.url("/"), HEADER, "of the caller"));
        wire.get(client, wire.url("/"));

        assertThat(wire.sent(HEADER)).containsExactly("a-1", "a-2");
        assertThat(wire.requests().get(0).header(HEADER).values()).containsExactly("a-1");
        assertThat(wire.sent("X-Task")).containsExactly("t", "t");
        assertThat(wire.sent(SESSION)).containsExactly("s-1", "s-1");
        assertThat(wire.attempts(2))
                .allSatisfy(span -> assertThat(span.toString()).doesNotContain("a-1", "a-2"));
    }

    @Test
    void supplier_seesTheContextOfTheCall() throws Exception {
        OkHttpClient client = wire.client(wire.propagation()
                .correlationHeader(HEADER, () -> Context.current().get(AGENT)));
        CompletableFuture<String> got;
        try (Scope ignored = Context.current().with(AGENT, "of-the-caller").makeCurrent()) {
            got = Enqueued.body(client.newCall(Requests.get(wire.url("/"))));
        }
        assertThat(got.get(10, TimeUnit.SECONDS)).isEqualTo("hello");
        wire.get(client, wire.url("/"));

        assertThat(wire.sent(HEADER)).containsExactly("of-the-caller", null);
    }

    @Test
    void unknownDestination_getsNoneAndIsNotAskedFor() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        OkHttpClient client = wire.client(wire.propagation()
                .destinations(DestinationPolicy.all())
                .sessionDestinations(DestinationPolicy.configuredOrigin())
                .correlationHeader(HEADER, () -> "a-" + asked.incrementAndGet()));
        wire.get(client, wire.otherOrigin("/"));
        try (Scope ignored = LlmSession.of("s-1").makeCurrent()) {
            wire.get(client, wire.otherOrigin("/"));
            wire.get(client, wire.url("/"));
        }

        assertThat(wire.sent(HEADER)).containsExactly(null, null, "a-1");
        assertThat(wire.sent(SESSION)).containsExactly(null, null, "s-1");
        assertThat(wire.sent("traceparent")).doesNotContainNull();
    }

    @Test
    void otlpEndpoint_getsNone() throws Exception {
        OkHttpClient client = wire.client(wire.propagation()
                .correlationHeader(HEADER, () -> "a-1")
                .otlpEndpoints(OtlpEndpoints.builder().endpoint(wire.url("")).build()));
        wire.get(client, wire.url("/v1/traces"));

        assertThat(wire.sent(HEADER)).containsExactly((String) null);
    }

    @Test
    void redirectToAnotherOrigin_takesNoneThere() throws Exception {
        wire.answers("/away", temporaryRedirect(wire.otherOrigin("/")));
        wire.answers("/near", temporaryRedirect(wire.url("/")));
        OkHttpClient client = wire.client(wire.propagation().correlationHeader(HEADER, () -> "a-1"));
        wire.get(client, wire.url("/away"));
        wire.get(client, wire.url("/near"));

        assertThat(wire.sent(HEADER)).containsExactly("a-1", null, "a-1", "a-1");
    }

    @Test
    void authenticatorThatNamesAnotherHost_takesNoneThere() throws Exception {
        wire.answers("/401", unauthorized());
        OkHttpClient client = wire.client(
                wire.propagation().correlationHeader(HEADER, () -> "a-1").build(),
                new OkHttpClient.Builder().authenticator((route, response) -> response.request()
                        .newBuilder()
                        .url(wire.otherOrigin("/"))
                        .build()));
        wire.get(client, wire.url("/401"));

        assertThat(wire.sent(HEADER)).containsExactly("a-1", null);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "two words", "line\nbreak", "a\r\nX-Injected: 1", "umläut", "\u0000", "emoji😀"})
    void unfitValue_isLeftOutAloneAndTold(String value) throws Exception {
        OkHttpClient client = wire.client(
                wire.propagation().correlationHeader(HEADER, () -> value).correlationHeader("X-Task", () -> "t"));
        wire.get(client, wire.url("/"));

        assertThat(wire.sent(HEADER)).containsExactly((String) null);
        assertThat(wire.sent("X-Injected")).containsExactly((String) null);
        assertThat(wire.sent("X-Task")).containsExactly("t");
        assertThat(wire.sent("traceparent")).doesNotContainNull();
        wire.told().contains(HEADER, "unfit", "256");
    }

    @Test
    void valueThatIsTooLong_isLeftOut() throws Exception {
        OkHttpClient client = wire.client(wire.propagation()
                .correlationHeader(HEADER, () -> "x".repeat(256))
                .correlationHeader("X-Task", () -> "x".repeat(257)));
        wire.get(client, wire.url("/"));

        assertThat(wire.sent(HEADER)).containsExactly("x".repeat(256));
        assertThat(wire.sent("X-Task")).containsExactly((String) null);
    }

    @Test
    void throwingSupplier_changesNothingElse() throws Exception {
        OkHttpClient client = wire.client(wire.propagation()
                .sessionId(() -> "s-1")
                .correlationHeader(HEADER, () -> {
                    throw new AssertionError("SECRET");
                })
                .correlationHeader("X-Task", () -> "t"));
        wire.get(client, wire.url("/"));

        assertThat(wire.sent(HEADER)).containsExactly((String) null);
        assertThat(wire.sent("X-Task")).containsExactly("t");
        assertThat(wire.sent(SESSION)).containsExactly("s-1");
        assertThat(wire.sent("traceparent")).doesNotContainNull();
        wire.told().contains(HEADER).doesNotContain("SECRET");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"Authorization", "x-goog-api-key", "traceparent", "Baggage", "Host", "Llm-Propagation-Call"})
    void nameWithAnotherMeaning_isRefused(String name) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> wire.propagation().correlationHeader(name, () -> "a"))
                .withMessage("correlationHeader: " + name
                        + " has a meaning of its own, which an id would replace; use another name");
    }

    @Test
    void nameThatIsNoneOrTaken_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> wire.propagation().correlationHeader("X-A\r\nsecret", () -> "a"))
                .withMessageContaining("U+000D")
                .withMessageNotContaining("secret");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> wire.propagation()
                        .correlationHeader("x-qwen-code-session-id", () -> "a")
                        .build())
                .withMessageStartingWith("correlationHeader: \"" + SESSION + "\"");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> wire.propagation()
                        .requestId(true)
                        .correlationHeader("x-qwen-code-request-id", () -> "a")
                        .build())
                .withMessageStartingWith("correlationHeader: \"X-Qwen-Code-Request-Id\"");
        assertThatNullPointerException()
                .isThrownBy(() -> wire.propagation().correlationHeader(HEADER, null))
                .withMessage("correlationHeader: value");
    }

    @Test
    void explain_namesThemBesideTheSession() {
        assertThat(wire.propagation()
                        .correlationHeader(HEADER, () -> "a-1")
                        .build()
                        .explain(wire.url("/"), wire.url("/")))
                .contains(SESSION + ", " + HEADER + ": ")
                .doesNotContain("a-1");
    }

    private static void send(OkHttpClient client, Request request) throws Exception {
        assertThat(Requests.body(client, request)).isEqualTo("hello");
    }
}
