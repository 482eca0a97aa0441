package dev.llmpropagation.testkit;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The tests that use one extension now. Each test begins anew, which would take away what another one has set up and
 * recorded, so a second one is refused while the first runs. Thread-safe.
 */
final class TestsInTurn {

    private final String extension;

    /** By the id of the test. */
    private final Map<String, Thread> running = new HashMap<>();

    /** @param extension what tests share, for the message */
    TestsInTurn(String extension) {
        this.extension = extension;
    }

    /** @throws IllegalStateException if another test runs, on another thread */
    synchronized void begin(ExtensionContext test) {
        Thread thread = Thread.currentThread();
        running.values().remove(thread); // one of this thread is over, though nobody has told its end
        if (!running.isEmpty()) {
            throw new IllegalStateException("Another test uses this " + extension
                    + " at the same time, and would lose what it has set up and recorded. Give each test its own, in a"
                    + " field that is not static, or run the tests one after the other");
        }
        running.put(test.getUniqueId(), thread);
    }

    /** Whether this test had begun: JUnit tells the end of one that was refused, too. */
    synchronized boolean end(ExtensionContext test) {
        return running.remove(test.getUniqueId()) != null;
    }
}
