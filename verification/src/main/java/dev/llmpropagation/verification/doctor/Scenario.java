package dev.llmpropagation.verification.doctor;

import java.util.List;

/**
 * One story of the demo. Immutable.
 *
 * @param answer what the program must get
 * @param hops the attempts that must be made, by session and in order; none where the library must stay away
 */
record Scenario(String title, String answer, List<Hop> hops, Play play) {

    /** The program's own code. */
    interface Play {
        /** Calls through the stage's clients and returns what the program got. */
        String on(Stage stage) throws Exception;
    }
}
