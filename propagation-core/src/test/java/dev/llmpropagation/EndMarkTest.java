package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A stream that is closed after its mark is complete; {@link EndMarkPropertyTest} has all other ways to cut it. */
class EndMarkTest {

    private final StreamInParts stream = new StreamInParts();

    @Test
    void markInTwoOrThreeReads_isSeenWhereverTheyEnd() throws IOException {
        String text = "data: {}\n\ndata: [DONE]\n\n";
        for (int first = 1; first < text.length(); first++) {
            for (int second = first; second < text.length(); second++) {
                List<String> parts = second == first
                        ? List.of(text.substring(0, first), text.substring(first))
                        : List.of(text.substring(0, first), text.substring(first, second), text.substring(second));
                assertThat(stream.outcomes(parts)).as("%s", parts).containsExactly("completed", "completed");
            }
        }
    }

    @Test
    void markThatIsNotWholeOrNotLast_isNone() throws IOException {
        assertThat(stream.outcomes(List.of("data: [DON", "\n", "E]\n\n"))).containsOnly("interrupted");
        assertThat(stream.outcomes(List.of("data: [DO", "[DO", "NE"))).containsOnly("interrupted");
        assertThat(stream.outcomes(List.of("data: [DONE]\n\n", "data: {}", "\n\n")))
                .containsOnly("interrupted");
        assertThat(stream.outcomes(List.of("data: [DONE]", " ", "\n", "\n"))).containsOnly("completed");
    }
}
