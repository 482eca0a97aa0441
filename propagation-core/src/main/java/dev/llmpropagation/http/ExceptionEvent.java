package dev.llmpropagation.http;

import dev.llmpropagation.network.ProxyException;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.semconv.ExceptionAttributes;
import java.io.EOFException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.Set;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;

/**
 * The exception of a failed attempt as a span event. An exception's message can hold a key or a URL with one, so it is
 * shown only for classes of the network whose messages are the JDK's, OkHttp's and our own.
 */
final class ExceptionEvent {

    private static final Set<Class<?>> SAFE_MESSAGES = Set.of(
            ConnectException.class,
            EOFException.class,
            NoRouteToHostException.class,
            PortUnreachableException.class,
            ProxyException.class,
            SocketException.class,
            SocketTimeoutException.class,
            SSLHandshakeException.class,
            SSLPeerUnverifiedException.class,
            UnknownHostException.class);

    private ExceptionEvent() {}

    static void add(Span span, Throwable failure) {
        AttributesBuilder attributes = Attributes.builder()
                .put(ExceptionAttributes.EXCEPTION_TYPE, failure.getClass().getName())
                .put(ExceptionAttributes.EXCEPTION_STACKTRACE, stackTrace(failure));
        if (failure.getMessage() != null && SAFE_MESSAGES.contains(failure.getClass())) {
            attributes.put(ExceptionAttributes.EXCEPTION_MESSAGE, failure.getMessage());
        }
        span.addEvent("exception", attributes.build());
    }

    /** As {@link Throwable#printStackTrace()}, without messages. */
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
