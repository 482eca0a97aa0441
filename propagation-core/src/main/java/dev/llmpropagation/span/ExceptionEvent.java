package dev.llmpropagation.span;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.semconv.ExceptionAttributes;

/** An exception as a span event, without messages: those of a tool or an SDK can hold content and keys. */
public final class ExceptionEvent {

    private ExceptionEvent() {}

    public static void add(Span span, Throwable failure) {
        if (span.isRecording()) {
            span.addEvent(
                    "exception",
                    Attributes.of(
                            ExceptionAttributes.EXCEPTION_TYPE,
                            failure.getClass().getName(),
                            ExceptionAttributes.EXCEPTION_STACKTRACE,
                            stackTrace(failure)));
        }
    }

    private static String stackTrace(Throwable failure) {
        StringBuilder text = new StringBuilder();
        Throwable current = failure;
        for (int depth = 0; current != null && depth < 8; depth++) { // a chain of causes can be a ring
            text.append(depth == 0 ? "" : "Caused by: ")
                    .append(current.getClass().getName())
                    .append('\n');
            for (StackTraceElement frame : current.getStackTrace()) {
                text.append("\tat ").append(frame).append('\n');
            }
            current = current.getCause();
        }
        return text.toString();
    }
}
