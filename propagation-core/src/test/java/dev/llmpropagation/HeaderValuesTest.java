package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.fixtures.WritingPropagator;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapPropagator;
import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import okhttp3.OkHttpClient;

/** Whatever a supplier, a session or a propagator says: the request goes out, with the value if it is fit for a header. */
class HeaderValuesTest {

    private static final String SESSION = "X-Qwen-Code-Session-Id";

    private final FakeNetwork network = new FakeNetwork();

    @Property
    void session_isSentAsItIsOrNotAtAll(@ForAll("values") String value, @ForAll boolean inContext) throws IOException {
        send(network.propagation().sessionId(() -> inContext ? "other" : value), inContext ? value : null);

        boolean fit = value.matches("[\\x21-\\x7e]{1,256}");
        assertThat(sent(SESSION)).isEqualTo(fit ? value : null);
        assertThat(sent("traceparent")).isNotNull();
    }

    @Example
    void sessionWithALineFeed_isNotSent() throws IOException {
        session_isSentAsItIsOrNotAtAll("a\nX-Injected: 1", false);
    }

    @Property
    void propagatedValue_isSentAsItIsOrNotAtAll(@ForAll("values") String value) throws IOException {
        send(network.propagation().propagator(WritingPropagator.of("x-trace", value)), null);

        boolean fit = value.length() <= 8192 && value.matches("[\\x21-\\x7e]([\\x20-\\x7e]*[\\x21-\\x7e])?");
        assertThat(sent("x-trace")).isEqualTo(fit ? value : null);
    }

    /** Some propagators make names of the keys of baggage. OkHttp would take the colon, and refuse the blank. */
    @Example
    void propagatedName_thatIsNoneIsLeftOutAlone() throws IOException {
        for (String name : List.of("x-a: b", "x-a:b", "x\n", "é", "", "x@b")) {
            send(
                    network.propagation()
                            .propagator(TextMapPropagator.composite(
                                    WritingPropagator.of("x-before", "1"),
                                    WritingPropagator.of(name, "other"),
                                    WritingPropagator.of("x-after", "3"))),
                    null);

            assertThat(sent("x-before")).isEqualTo("1");
            assertThat(sent("x-after")).isEqualTo("3");
            assertThat(network.requests.get(0).headers().toString()).doesNotContain("other");
        }
    }

    @Provide
    Arbitrary<String> values() {
        return Arbitraries.oneOf(
                Arbitraries.strings().ofMaxLength(300),
                Arbitraries.strings().withCharRange('!', '~').ofMaxLength(300),
                Arbitraries.strings().ascii().ofMaxLength(20),
                Arbitraries.of("", " ", "\r\n", "a\r\nb: c", "\u0000", "é", "😀", "\ud800", "x".repeat(9000)));
    }

    private void send(LlmPropagationBuilder builder, String session) throws IOException {
        network.clear();
        OkHttpClient client = network.client(builder.diagnostics(text -> {}).build());
        Context context =
                session == null ? Context.root() : LlmSession.of(session).storeInContext(Context.root());
        try (Scope ignored = context.makeCurrent()) {
            assertThat(Requests.body(client, Requests.get("http://localhost/"))).isEqualTo("hello");
        }
        assertThat(network.spans()).hasSize(1);
    }

    private String sent(String header) {
        assertThat(network.requests).hasSize(1);
        return network.requests.get(0).header(header);
    }
}
