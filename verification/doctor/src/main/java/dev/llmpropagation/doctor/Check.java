package dev.llmpropagation.doctor;

import java.util.List;

/**
 * An expectation and whether it was met. Immutable.
 *
 * @param found what there was instead; empty if met
 */
record Check(String expected, boolean met, String found) {

    static Check equal(String expected, Object wanted, Object found) {
        boolean met = wanted.equals(found);
        return new Check(expected, met, met ? "" : found.toString());
    }

    /** @param offenders what speaks against it */
    static Check none(String expected, List<String> offenders) {
        return new Check(expected, offenders.isEmpty(), String.join("; ", offenders));
    }
}
