package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The mark of a stream, however its bytes come and whatever the consumer has taken away. */
class EndMarkPropertyTest {

    private final StreamInParts stream = new StreamInParts();

    @Property(tries = 2000)
    void anyReads_areAsOne(@ForAll("parts") List<String> parts) throws IOException {
        String whole = String.join("", parts).stripTrailing();
        assertThat(stream.outcomes(parts)).containsOnly(whole.endsWith("[DONE]") ? "completed" : "interrupted");
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
                .ofMaxSize(5)
                .map(EndMarkPropertyTest::asEvents);
    }

    /** By its first bytes: one that begins with a bracket is a document, whatever its label says. */
    private static List<String> asEvents(List<String> parts) {
        List<String> events = new ArrayList<>(parts);
        events.set(0, "data: " + parts.get(0));
        return events;
    }
}
