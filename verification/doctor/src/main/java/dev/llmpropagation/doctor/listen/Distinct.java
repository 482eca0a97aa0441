package dev.llmpropagation.doctor.listen;

import java.util.HashSet;
import java.util.Set;

/** Counts different texts, up to a number that nobody counts beyond. Not thread-safe. */
final class Distinct {

    private static final int MOST = 50_000;

    private final Set<String> seen = new HashSet<>();
    private boolean more;

    void add(String text) {
        String cut = SeenSpan.cut(text);
        if (seen.size() < MOST) {
            seen.add(cut);
        } else if (!seen.contains(cut)) {
            more = true;
        }
    }

    int count() {
        return seen.size();
    }

    /** The number, with what it lacks. */
    @Override
    public String toString() {
        return more ? "more than " + MOST : Integer.toString(seen.size());
    }
}
