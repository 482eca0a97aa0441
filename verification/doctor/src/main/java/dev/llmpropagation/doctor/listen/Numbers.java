package dev.llmpropagation.doctor.listen;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Which requests something holds for: the first of them, and how many there are. Not thread-safe. */
final class Numbers {

    private static final int SHOWN = 20;

    private final List<Long> first = new ArrayList<>();
    private long count;

    void add(long number) {
        count++;
        if (first.size() < SHOWN) {
            first.add(number);
        }
    }

    long count() {
        return count;
    }

    @Override
    public String toString() {
        String shown = first.stream().map(number -> "#" + number).collect(Collectors.joining(", "));
        return count > SHOWN ? shown + " and " + (count - SHOWN) + " more" : shown;
    }
}
