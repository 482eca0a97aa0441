package dev.llmpropagation.internal.span;

import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.semconv.ExceptionAttributes;
import org.jspecify.annotations.Nullable;

/**
 * An exception as a span event. Without messages, unless one is known to be safe: those of a tool or an SDK can hold content
 * and keys.
 */
public final class ExceptionEvent {

    /** Characters of a stack trace. The causes of one that never ends have thousands of lines each. */
    static final int MAX_LENGTH = 32_768;

    private ExceptionEvent() {}

    /** Adds its class and stack trace, with the same of its causes. */
    public static void add(Span span, Throwable failure) {
        add(span, failure, null);
    }

    /**
     * As {@link #add(Span, Throwable)}, with a message.
     *
     * @param message without secrets and content; null for none
     */
    public static void add(Span span, Throwable failure, @Nullable String message) {
        if (!span.isRecording()) {
            return;
        }
        AttributesBuilder attributes = Attributes.builder()
                .put(ExceptionAttributes.EXCEPTION_TYPE, failure.getClass().getName())
                .put(ExceptionAttributes.EXCEPTION_STACKTRACE, stackTrace(failure));
        if (message != null) {
            attributes.put(ExceptionAttributes.EXCEPTION_MESSAGE, message);
        }
        span.addEvent("exception", attributes.build());
    }

    /** As {@link Throwable#printStackTrace()}, without messages. */
    public static String stackTrace(Throwable failure) {
        StringBuilder text = new StringBuilder();
        Throwable current = failure;
        for (int depth = 0; current != null && depth < 8; depth++) { // a chain of causes can be a ring
            text.append(depth == 0 ? "" : "Caused by: ")
                    .append(current.getClass().getName())
                    .append('\n');
            for (StackTraceElement frame : current.getStackTrace()) {
                text.append("\tat ").append(frame).append('\n');
                if (text.length() > MAX_LENGTH) {
                    return text.substring(0, MAX_LENGTH - 1) + '…';
                }
            }
            current = current.getCause();
        }
        return text.toString();
    }
}
