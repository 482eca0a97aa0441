package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.fixtures.LogListener;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * After each test of this module: the library has not used OpenTelemetry's API in a way that its newer versions warn of, once
 * in each process, so that a user would see it. JUnit finds this class by itself.
 */
public final class ApiUsage implements AfterEachCallback {

    // Held, since a logger that nobody holds loses its settings.
    private static final Logger LOGGER = Logger.getLogger("io.opentelemetry.usage");
    private static final List<LogRecord> ISSUES = new CopyOnWriteArrayList<>();

    static {
        LOGGER.setLevel(Level.FINEST);
        LOGGER.addHandler(new LogListener(issue -> {
            if (isOurs(issue.getThrown())) {
                ISSUES.add(issue);
            }
        }));
    }

    /** Tests may pass what they like; of who called the API, the first that is no part of it decides. */
    private static boolean isOurs(Throwable where) {
        if (where == null) {
            return false;
        }
        for (StackTraceElement caller : where.getStackTrace()) {
            if (!caller.getClassName().startsWith("io.opentelemetry.")) {
                return caller.getClassName().startsWith("dev.llmpropagation.")
                        && !caller.getClassName().contains("Test");
            }
        }
        return false;
    }

    @Override
    public void afterEach(ExtensionContext context) {
        List<LogRecord> issues = List.copyOf(ISSUES);
        ISSUES.clear();
        assertThat(issues)
                .extracting(
                        issue -> issue.getMessage() + " at " + issue.getThrown().getStackTrace()[2])
                .isEmpty();
    }
}
