package dev.llmpropagation.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Answers in their order; the last is given again and again. Thread-safe. */
final class Script {

    private final List<Answer> answers = new ArrayList<>();
    private int next;

    synchronized void clear() {
        answers.clear();
        next = 0;
    }

    synchronized void add(Answer answer) {
        answers.add(answer);
    }

    synchronized void changeLast(UnaryOperator<Answer> change) {
        int last = answers.size() - 1;
        if (last < 0) {
            throw new IllegalStateException("There is no answer yet that this could be said of: begin with then…");
        }
        answers.set(last, change.apply(answers.get(last)));
    }

    /** Null if there are none. */
    synchronized @Nullable Answer next() {
        if (answers.isEmpty()) {
            return null;
        }
        Answer answer = answers.get(Math.min(next, answers.size() - 1));
        next++;
        return answer;
    }
}
