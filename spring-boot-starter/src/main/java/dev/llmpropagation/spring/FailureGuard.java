package dev.llmpropagation.spring;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Runs a step that may fail because a part of it is the program's. Whatever it throws, the program's own work goes on; the
 * log names each kind of failure once, without its message, which can carry a secret. Thread-safe.
 */
final class FailureGuard {

    private static final Log log = LogFactory.getLog(FailureGuard.class);

    private final Set<String> told = ConcurrentHashMap.newKeySet();

    /** @param whatFailed a constant text for the log */
    void run(String whatFailed, Runnable step) {
        boolean unused = get(
                whatFailed,
                () -> {
                    step.run();
                    return true;
                },
                false);
    }

    /** As {@link #run}, with a result, or the other one where it fails. */
    <T> T get(String whatFailed, Supplier<? extends T> step, T otherwise) {
        try {
            return step.get();
        } catch (Throwable e) { // storages, observations and bridges are the program's
            if (told.add(whatFailed)) {
                log.warn(whatFailed + " (" + e.getClass().getName() + ")");
            }
            if (e instanceof VirtualMachineError fatal) {
                throw fatal;
            }
            return otherwise;
        }
    }
}
