package dev.llmpropagation.internal.content;

/**
 * How much of a response is kept while it is received. A response that grows beyond it is left out as a whole. For one
 * thread at a time.
 */
final class LengthLimit {

    /** Of a message or a part: there may be many with nothing in them. */
    static final int OBJECT = 16;

    private int left;
    private boolean passed;

    LengthLimit(int characters) {
        left = characters;
    }

    /** Whether so many more characters may be kept. */
    boolean admits(int characters) {
        passed |= characters > left;
        if (!passed) {
            left -= characters;
        }
        return !passed;
    }

    /** Gives back what was admitted before: it is not kept any more. */
    void giveBack(int characters) {
        left += characters;
    }

    boolean isPassed() {
        return passed;
    }
}
