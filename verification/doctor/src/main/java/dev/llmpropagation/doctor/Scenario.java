package dev.llmpropagation.doctor;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One story of the demo. Immutable.
 *
 * @param answer what the program must get
 * @param hops the attempts that must be made, by session and in order; none where the library must stay away
 * @param tree names of all spans, each two spaces deeper than its parent; null where each attempt stands in a model call,
 *     and that in the program's span
 */
record Scenario(
        String title,
        String answer,
        List<ExpectedAttempt> hops,
        @Nullable String tree,
        Play play) {

    /** Whose attempts each stand in a model call, and that in the program's span. */
    static Scenario of(String title, String answer, Play play, ExpectedAttempt... hops) {
        return new Scenario(title, answer, List.of(hops), null, play);
    }

    /** The program's own code. */
    interface Play {
        /** Calls through the stage's clients and returns what the program got. */
        String on(Stage stage) throws Exception;
    }
}
