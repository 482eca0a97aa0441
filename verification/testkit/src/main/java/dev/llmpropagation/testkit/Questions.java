package dev.llmpropagation.testkit;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;

/** Which answers are for whom: those of the first question that fits, else those that are for everybody. Thread-safe. */
final class Questions {

    private record Question(Predicate<? super String> fits, Script answers) {}

    private final List<Question> questions = new CopyOnWriteArrayList<>();
    private final Script otherwise = new Script();

    void clear() {
        questions.clear();
        otherwise.clear();
    }

    /** Answers to this, to be filled. */
    Script of(Predicate<? super String> fits) {
        Script answers = new Script();
        questions.add(new Question(fits, answers));
        return answers;
    }

    Script otherwise() {
        return otherwise;
    }

    Script to(String text) {
        for (Question question : questions) {
            if (question.fits.test(text)) {
                return question.answers;
            }
        }
        return otherwise;
    }
}
