package dev.llmpropagation.internal.span;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.fixtures.LogListener;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class DiagnosticsTest {

    private final List<String> lines = new ArrayList<>();
    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE);
    private final Diagnostics diagnostics = Diagnostics.to(lines::add, clock::get);

    @Test
    void eachKind_isToldOnceInThirtySeconds() {
        for (int i = 0; i < 5; i++) {
            diagnostics.report("one", null);
            diagnostics.report("another", null);
        }
        assertThat(lines).containsExactly("one", "another");
        clock.addAndGet(Duration.ofSeconds(30).toNanos() - 1);
        diagnostics.report("one", null);
        assertThat(lines).hasSize(2);
        clock.addAndGet(1);
        diagnostics.report("one", null);
        assertThat(lines).last().isEqualTo("one; 5 more of these were not shown");
        clock.addAndGet(Duration.ofSeconds(30).toNanos());
        diagnostics.report("one", null);
        assertThat(lines).last().isEqualTo("one");
    }

    @Test
    void cause_isNamedAndItsMessageIsNot() {
        diagnostics.report("It failed", new IllegalStateException("Bearer s3cr3t"));
        assertThat(lines).containsExactly("It failed (java.lang.IllegalStateException)");
    }

    @Test
    void sinkThatThrows_reachesNobody() {
        Diagnostics.to(
                        line -> {
                            lines.add(line);
                            throw new AssertionError("the program's");
                        },
                        clock::get)
                .report("It failed", null);
        assertThat(lines).containsExactly("It failed");
    }

    @Test
    void withoutASink_theLoggerGetsWarnings() {
        Logger logger = Logger.getLogger("dev.llmpropagation");
        List<LogRecord> records = new ArrayList<>();
        Handler handler = new LogListener(records::add);
        boolean parents = logger.getUseParentHandlers();
        logger.setUseParentHandlers(false);
        logger.addHandler(handler);
        try {
            Diagnostics.to(null, clock::get).report("It failed", null);
        } finally {
            logger.removeHandler(handler);
            logger.setUseParentHandlers(parents);
        }
        assertThat(records).singleElement().satisfies(record -> {
            assertThat(record.getLevel()).isEqualTo(Level.WARNING);
            assertThat(record.getMessage()).isEqualTo("It failed");
        });
    }
}
