package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.destination.DestinationPolicy;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.fixtures.WritingPropagator;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where fit ends and unfit begins; {@link HeaderValuesTest} has all that lies between. */
class FitValuesTest {

    private static final String SESSION = "X-Qwen-Code-Session-Id";

    private final FakeNetwork network = new FakeNetwork();

    static List<String> fitSessions() {
        return List.of("!", "~", "s-1", "x".repeat(256));
    }

    @ParameterizedTest
    @MethodSource("fitSessions")
    void session_isSentAsItIs(String id) throws IOException {
        assertThat(send(network.propagation().sessionId(() -> id)).header(SESSION))
                .isEqualTo(id);
    }

    static List<String> unfitSessions() {
        return List.of("", " ", "a b", "\u007f", "\u001f", "a\u007f", "é", "x".repeat(257));
    }

    @ParameterizedTest
    @MethodSource("unfitSessions")
    void unfitSession_isNotSent(String id) throws IOException {
        LlmPropagationBuilder quiet = network.propagation().diagnostics(text -> {});
        assertThat(send(quiet.sessionId(() -> id)).header(SESSION)).isNull();
    }

    static List<String> fitValues() {
        return List.of("!", "~", "a b", "x".repeat(8192));
    }

    @ParameterizedTest
    @MethodSource("fitValues")
    void propagatedValue_isSentAsItIs(String value) throws IOException {
        assertThat(sendPropagated(Map.of("x-trace", value)).header("x-trace")).isEqualTo(value);
    }

    static List<String> unfitValues() {
        return List.of("", " ", " a", "a ", "\u007f", "\u001f", "a\tb", "é", "x".repeat(8193));
    }

    @ParameterizedTest
    @MethodSource("unfitValues")
    void unfitPropagatedValue_isNotSent(String value) throws IOException {
        Map<String, String> values = new TreeMap<>(Map.of("x-other", "1", "x-trace", value));

        Request sent = sendPropagated(values);

        assertThat(sent.header("x-trace")).isNull();
        assertThat(sent.header("x-other")).isEqualTo("1");
    }

    @Test
    void propagatorThatHasNothingToSay_leavesTheCallersHeaders() throws IOException {
        Map<String, String> nothing = new TreeMap<>();
        nothing.put("x-trace", null);

        assertThat(sendPropagated(nothing, "x-trace", "theirs").header("x-trace"))
                .isEqualTo("theirs");
    }

    @Test
    void propagatorThatSpeaks_replacesAllItsFieldsButBaggage() throws IOException {
        Request sent = sendPropagated(
                Map.of("x-trace", "ours"),
                "x-trace",
                "theirs",
                "x-state",
                "theirs",
                "baggage",
                "theirs=1",
                "x-other",
                "1");

        assertThat(sent.headers("x-trace")).containsExactly("ours");
        assertThat(sent.header("x-state")).isNull();
        assertThat(sent.header("baggage")).isEqualTo("theirs=1");
        assertThat(sent.header("x-other")).isEqualTo("1");
    }

    @Test
    void propagatorThatWritesBaggageAllTheSame_isNotHeard() throws IOException {
        Request sent = sendPropagated(Map.of("Baggage", "ours=1", "x-trace", "ours"));

        assertThat(sent.header("baggage")).isNull();
        assertThat(sent.header("x-trace")).isEqualTo("ours");
    }

    /** As the formats before W3C's do, in which each entry has a field of its own. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void baggageUnderAnotherName_isSentToThoseAloneWhoMayHaveIt(boolean allowed) throws IOException {
        LlmPropagationBuilder builder = network.propagation()
                .propagator(new WritingPropagator(
                        List.of("x-entry-user"),
                        (context, headers) -> headers.accept(
                                "x-entry-user", Baggage.fromContext(context).getEntryValue("user"))));
        if (allowed) {
            builder.baggageDestinations(DestinationPolicy.all());
        }
        try (Scope ignored = Baggage.builder().put("user", "u-1").build().makeCurrent()) {
            assertThat(send(builder).header("x-entry-user")).isEqualTo(allowed ? "u-1" : null);
        }
    }

    /** Many, since a wrong bit is right by chance in half of them. */
    @Test
    void requestId_isARandomUuid() throws IOException {
        Set<String> ids = new HashSet<>();
        for (int i = 0; i < 64; i++) {
            network.requests.clear();
            String id = send(network.propagation().requestId(true).requestIdHeader("X-My-Request"))
                    .header("X-My-Request");
            assertThat(UUID.fromString(id).version()).isEqualTo(4);
            assertThat(UUID.fromString(id).variant()).isEqualTo(2);
            ids.add(id);
        }
        assertThat(ids).hasSize(64);
    }

    private Request sendPropagated(Map<String, String> values, String... headers) throws IOException {
        return send(
                network.propagation()
                        .propagator(new WritingPropagator(
                                List.of("x-trace", "x-state", "baggage"), (context, writer) -> values.forEach(writer))),
                headers);
    }

    private Request send(LlmPropagationBuilder builder, String... headers) throws IOException {
        OkHttpClient client = network.client(builder.build());
        client.newCall(Requests.get("http://localhost/", headers)).execute().close();
        assertThat(network.requests).hasSize(1);
        return network.requests.get(0);
    }
}
