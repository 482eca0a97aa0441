package dev.llmpropagation;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.destination.DestinationPolicy;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.context.Scope;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which session id a request carries, and when none. */
class SessionHeaderTest {

    private static final String SESSION = "X-Qwen-Code-Session-Id";

    @RegisterExtension
    final WireExtension wire = new WireExtension().answering("hello");

    @Test
    void sessionOfTheContext_winsOverTheSupplier() throws Exception {
        OkHttpClient client = wire.client(wire.propagation().sessionId(() -> "supplied"));
        try (Scope ignored = LlmSession.of("of-the-context").makeCurrent()) {
            wire.get(client, wire.url("/a"));
        }
        wire.get(client, wire.url("/b"));
        try (Scope ignored = LlmSession.none().makeCurrent()) {
            wire.get(client, wire.url("/c"));
        }

        assertThat(wire.sent(SESSION)).containsExactly("of-the-context", "supplied", null);
        assertThat(wire.attempts(3))
                .extracting(span -> text(span, "session.id"))
                .containsExactly("of-the-context", "supplied", null);
        assertThat(wire.attempts(3))
                .extracting(span -> text(span, "gen_ai.conversation.id"))
                .containsExactly("of-the-context", "supplied", null);
    }

    @Test
    void pitfall_66_supplier_isAskedForEachCall() throws Exception {
        AtomicReference<String> id = new AtomicReference<>("first");
        OkHttpClient client = wire.client(wire.propagation().sessionId(id::get));
        wire.get(client, wire.url("/"));
        id.set("second");
        wire.get(client, wire.url("/"));

        assertThat(wire.sent(SESSION)).containsExactly("first", "second");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "two words", "line\nbreak", "umläut", "tab\t", "\u0000", "emoji😀"})
    void unfitSession_isLeftOut(String id) throws Exception {
        OkHttpClient client = wire.client(wire.propagation().sessionId(() -> id));
        wire.get(client, wire.url("/"));
        try (Scope ignored = LlmSession.of(id).makeCurrent()) {
            wire.get(client, wire.url("/"));
        }

        assertThat(wire.sent(SESSION)).containsExactly(null, null);
        assertThat(wire.sent("traceparent")).doesNotContainNull();
    }

    @Test
    void unfitSession_isToldOnceWithoutItsValue() throws Exception {
        OkHttpClient client = wire.client(wire.propagation());
        for (LlmSession session : List.of(LlmSession.of("two words"), LlmSession.of("two more"), LlmSession.none())) {
            try (Scope ignored = session.makeCurrent()) {
                wire.get(client, wire.url("/"));
            }
        }

        assertThat(wire.diagnostics).hasSize(1);
        assertThat(wire.diagnostics.get(0)).contains("unfit", "256").doesNotContain("two");
    }

    @Test
    void pitfall_68_noSession_isNothingToTell() throws Exception {
        OkHttpClient client = wire.client(wire.propagation().sessionId(() -> null));
        wire.get(client, wire.url("/"));
        try (Scope ignored = LlmSession.none().makeCurrent()) {
            wire.get(client, wire.url("/"));
        }

        assertThat(wire.sent(SESSION)).containsExactly(null, null);
        assertThat(wire.diagnostics).isEmpty();
    }

    @Test
    void sessionThatIsTooLong_isLeftOut() throws Exception {
        AtomicReference<String> id = new AtomicReference<>("x".repeat(256));
        OkHttpClient client = wire.client(wire.propagation().sessionId(id::get));
        wire.get(client, wire.url("/"));
        id.set("x".repeat(257));
        wire.get(client, wire.url("/"));

        assertThat(wire.sent(SESSION)).containsExactly("x".repeat(256), null);
    }

    @Test
    void pitfall_69_throwingSupplier_changesNothingElse() throws Exception {
        OkHttpClient client = wire.client(wire.propagation().sessionId(() -> {
            throw new AssertionError("SECRET");
        }));
        wire.get(client, wire.url("/"));
        wire.get(client, wire.url("/"));

        assertThat(wire.sent(SESSION)).containsExactly(null, null);
        assertThat(wire.sent("traceparent")).doesNotContainNull();
        assertThat(wire.diagnostics).hasSize(1);
        assertThat(wire.diagnostics.get(0)).contains("supplier").doesNotContain("SECRET");
    }

    @Test
    void pitfall_61_sessionHeader_canHaveDestinationsOfItsOwn() throws Exception {
        OkHttpClient client = wire.client(wire.propagation()
                .sessionId(() -> "s-1")
                .destinations(DestinationPolicy.all())
                .sessionDestinations(DestinationPolicy.configuredOrigin()));
        wire.get(client, wire.url("/"));
        wire.get(client, wire.otherOrigin("/"));

        assertThat(wire.sent(SESSION)).containsExactly("s-1", null);
        assertThat(wire.sent("traceparent")).doesNotContainNull();
    }

    @Test
    void sessionHeader_canHaveAnotherName() throws Exception {
        wire.get(wire.client(wire.propagation().sessionId(() -> "s-1").sessionIdHeader("X-Session")), wire.url("/"));

        assertThat(wire.sent("X-Session")).containsExactly("s-1");
        assertThat(wire.sent(SESSION)).containsExactly((String) null);
    }
}
