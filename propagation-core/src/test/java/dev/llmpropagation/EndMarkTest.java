package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.common.AttributeKey;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import okhttp3.Headers;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Buffer;
import okio.BufferedSource;
import okio.Okio;
import okio.Source;
import okio.Timeout;
import org.junit.jupiter.api.Test;

/** A stream that is closed after its mark is complete, however its bytes come and whatever the consumer has taken away. */
class EndMarkTest {

    private final FakeNetwork network = new FakeNetwork();
    private final Queue<List<String>> bodies = new ArrayDeque<>();
    private final OkHttpClient client = network.client(
            network.propagation().build(), "http://localhost", request -> answer(request, bodies.remove()));

    @Test
    void markInTwoOrThreeReads_isSeenWhereverTheyEnd() throws IOException {
        String text = "data: {}\n\ndata: [DONE]\n\n";
        for (int first = 1; first < text.length(); first++) {
            for (int second = first; second < text.length(); second++) {
                List<String> parts = second == first
                        ? List.of(text.substring(0, first), text.substring(first))
                        : List.of(text.substring(0, first), text.substring(first, second), text.substring(second));
                assertThat(outcomes(parts)).as("%s", parts).containsExactly("completed", "completed");
            }
        }
    }

    @Test
    void markThatIsNotWholeOrNotLast_isNone() throws IOException {
        assertThat(outcomes(List.of("data: [DON", "\n", "E]\n\n"))).containsOnly("interrupted");
        assertThat(outcomes(List.of("data: [DO", "[DO", "NE"))).containsOnly("interrupted");
        assertThat(outcomes(List.of("data: [DONE]\n\n", "data: {}", "\n\n"))).containsOnly("interrupted");
        assertThat(outcomes(List.of("data: [DONE]", " ", "\n", "\n"))).containsOnly("completed");
    }

    @Property(tries = 2000)
    void anyReads_areAsOne(@ForAll("parts") List<String> parts) throws IOException {
        String whole = String.join("", parts).stripTrailing();
        assertThat(outcomes(parts)).containsOnly(whole.endsWith("[DONE]") ? "completed" : "interrupted");
    }

    @Provide
    Arbitrary<List<String>> parts() {
        return Arbitraries.of("[", "[DO", "NE]", "[DONE]", "D", "]", " ", "\n\n", "data: ", "E]\r\n", "xxxxxxx[DONE]x")
                .list()
                .ofMinSize(1)
                .ofMaxSize(4)
                .map(pieces -> String.join("", pieces))
                .list()
                .ofMinSize(1)
                .ofMaxSize(5);
    }

    /** Of a consumer that drains what has come before it reads on, and of one that keeps it all. */
    private List<String> outcomes(List<String> parts) throws IOException {
        for (boolean drains : new boolean[] {true, false}) {
            bodies.add(parts);
            Request request = new Request.Builder().url("http://localhost/").build();
            try (Response response = client.newCall(request).execute()) {
                BufferedSource source = response.body().source();
                long missing = parts.stream().mapToLong(String::length).sum();
                if (drains) {
                    for (Buffer taken = new Buffer(); missing > 0; taken.clear()) {
                        missing -= source.read(taken, 8192);
                    }
                } else {
                    source.require(missing);
                }
            }
        }
        List<String> outcomes = new ArrayList<>();
        network.exporter
                .getFinishedSpanItems()
                .forEach(span ->
                        outcomes.add(span.getAttributes().get(AttributeKey.stringKey("llm_propagation.outcome"))));
        network.exporter.reset();
        return outcomes;
    }

    private static Response answer(Request request, List<String> parts) {
        ResponseBody body = ResponseBody.create(Okio.buffer(new Parts(parts)), MediaType.get("text/event-stream"), -1);
        return FakeNetwork.answer(request, 200, Headers.of())
                .newBuilder()
                .body(body)
                .build();
    }

    /** One part for each read. */
    private static final class Parts implements Source {
        private final Queue<String> parts;

        Parts(List<String> parts) {
            this.parts = new ArrayDeque<>(parts);
        }

        @Override
        public long read(Buffer sink, long byteCount) {
            String part = parts.poll();
            if (part == null) {
                return -1;
            }
            sink.writeUtf8(part);
            return part.length();
        }

        @Override
        public Timeout timeout() {
            return Timeout.NONE;
        }

        @Override
        public void close() {}
    }
}
