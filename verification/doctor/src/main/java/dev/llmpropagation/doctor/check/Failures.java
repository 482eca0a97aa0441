package dev.llmpropagation.doctor.check;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.google.genai.errors.ApiException;
import com.openai.errors.OpenAIServiceException;
import dev.llmpropagation.network.ProxyException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Reads the exceptions of both SDKs. */
final class Failures {

    private static final int NO_STATUS = 0;

    private Failures() {}

    /** The status that the service, or a proxy in its place, answered with; 0 if it did not answer. */
    static int status(Throwable failure) {
        OpenAIServiceException openAi = find(failure, OpenAIServiceException.class);
        if (openAi != null) {
            return openAi.statusCode();
        }
        ApiException gemini = find(failure, ApiException.class);
        if (gemini == null) {
            return NO_STATUS;
        }
        // Gemini answers a wrong key with 400.
        boolean key =
                gemini.code() == 400 && String.valueOf(gemini.getMessage()).contains("API key");
        return key ? 401 : gemini.code();
    }

    static FailureClass ofStatus(int status) {
        return switch (status) {
            case 401 -> FailureClass.UNAUTHORIZED;
            case 403 -> FailureClass.FORBIDDEN;
            case 404 -> FailureClass.NOT_FOUND;
            case 407 -> FailureClass.PROXY_AUTH;
            case 408, 504 -> FailureClass.TIMEOUT;
            case 429 -> FailureClass.THROTTLED;
            default ->
                status >= 500
                        ? FailureClass.SERVICE_ERROR
                        : status >= 400 ? FailureClass.REJECTED : FailureClass.PROTOCOL;
        };
    }

    /** For a failure without a status. */
    static FailureClass of(Throwable failure) {
        ProxyException proxy = find(failure, ProxyException.class);
        if (proxy != null) {
            return proxy.reason() == ProxyException.Reason.CREDENTIALS ? FailureClass.PROXY_AUTH : FailureClass.PROXY;
        }
        IOException io = find(failure, IOException.class);
        if (io == null || find(failure, JsonProcessingException.class) != null) {
            // What ends in the middle was cut.
            return find(failure, JsonEOFException.class) == null ? FailureClass.PROTOCOL : FailureClass.TRANSPORT;
        }
        if (find(failure, InterruptedIOException.class) != null) {
            return FailureClass.TIMEOUT;
        }
        if (find(failure, SSLException.class) != null) {
            return FailureClass.TLS;
        }
        if (find(failure, UnknownHostException.class) != null) {
            return FailureClass.DNS;
        }
        if (find(failure, ConnectException.class) != null || find(failure, NoRouteToHostException.class) != null) {
            return FailureClass.CONNECT;
        }
        // OkHttp's own words, for the proxies of the JVM
        String message = String.valueOf(io.getMessage());
        if (message.contains("authenticate with proxy")) {
            return FailureClass.PROXY_AUTH;
        }
        return message.contains("for CONNECT") ? FailureClass.PROXY : FailureClass.TRANSPORT;
    }

    /** The innermost exception that says something, in one line. */
    static String words(Throwable failure) {
        IOException io = find(failure, IOException.class);
        Throwable said = io == null ? failure : io;
        String message = io == null || io instanceof JsonProcessingException ? null : io.getMessage();
        String name = said.getClass().getSimpleName();
        return message == null || message.isBlank() ? name : name + ": " + message;
    }

    /** The first of this kind, from outside to inside; null if there is none. */
    static <T> @Nullable T find(Throwable failure, Class<T> type) {
        Throwable cause = failure;
        for (int depth = 0; cause != null && depth < 20; depth++) {
            if (type.isInstance(cause)) {
                return type.cast(cause);
            }
            cause = cause.getCause();
        }
        return null;
    }
}
