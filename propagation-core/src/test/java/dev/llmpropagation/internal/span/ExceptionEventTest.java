package dev.llmpropagation.internal.span;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.semconv.ExceptionAttributes;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Exceptions are the program's: it can throw any, with anything in them. */
class ExceptionEventTest {

    private static final String KEY = "sk-marker-marker-marker";

    private final RecordedTelemetry telemetry = RecordedTelemetry.create();

    @Test
    void wordsOfAnException_areShownNowhere() {
        RuntimeException failure = new RuntimeException(KEY, new IllegalStateException(KEY)) {
            @Override
            public String getLocalizedMessage() {
                return KEY;
            }

            @Override
            public String toString() {
                return KEY;
            }
        };
        failure.addSuppressed(new IllegalArgumentException(KEY));
        String trace = stackTraceOf(failure);

        assertThat(trace).contains("Caused by: java.lang.IllegalStateException").doesNotContain(KEY);
    }

    @Test
    void traceWithoutAnEnd_isBounded() {
        StackTraceElement[] frames = new StackTraceElement[100_000];
        Arrays.fill(frames, new StackTraceElement("some.Class", "method", "Class.java", 1));
        RuntimeException failure = new RuntimeException();
        failure.setStackTrace(frames);

        assertThat(stackTraceOf(failure))
                .startsWith("java.lang.RuntimeException\n\tat some.Class.method(Class.java:1)\n")
                .hasSize(32_768)
                .endsWith("…");
    }

    @Test
    void ringOfCauses_isShownEightDeep() {
        Exception one = new Exception();
        Exception other = new Exception(one);
        one.initCause(other);
        // short enough for all that is looked at
        one.setStackTrace(new StackTraceElement[0]);
        other.setStackTrace(new StackTraceElement[0]);
        assertThat(stackTraceOf(one).split("Caused by: ", -1)).hasSize(8);
    }

    @Test
    void messageOfOurOwn_isShown() {
        Span span = telemetry.startSpan("span");
        ExceptionEvent.add(span, new IllegalStateException(KEY), "refused by the proxy");
        span.end();
        assertThat(telemetry
                        .spans()
                        .get(0)
                        .getEvents()
                        .get(0)
                        .getAttributes()
                        .get(ExceptionAttributes.EXCEPTION_MESSAGE))
                .isEqualTo("refused by the proxy");
    }

    private String stackTraceOf(Throwable failure) {
        Span span = telemetry.startSpan("span");
        ExceptionEvent.add(span, failure);
        span.end();
        return telemetry
                .spans()
                .get(0)
                .getEvents()
                .get(0)
                .getAttributes()
                .get(ExceptionAttributes.EXCEPTION_STACKTRACE);
    }
}
