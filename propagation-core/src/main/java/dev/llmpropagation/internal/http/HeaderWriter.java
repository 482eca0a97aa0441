package dev.llmpropagation.internal.http;

import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.context.propagation.TextMapSetter;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import okhttp3.Headers;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/**
 * Writes this library's headers into one request. Ours replace same-named ones of the caller; a value that is unfit for
 * a header is left out. The request is copied only if there is something to write.
 */
final class HeaderWriter {

    private static final TextMapSetter<HeaderWriter> SETTER = (writer, name, value) -> {
        if (writer != null) {
            writer.propagated(name, value);
        }
    };
    private static final int MAX_LENGTH = 8192;

    private final Request request;
    private Request.@Nullable Builder copy;
    private @Nullable List<String> staleFields;
    private boolean baggage;

    HeaderWriter(Request request) {
        this.request = request;
    }

    /**
     * Call it before {@link #header}: if the propagator fails, everything that was written is taken back.
     *
     * @param fields those of the propagator
     * @param baggageAllowed else the context's baggage stays here, whatever the propagator would do with it
     */
    void trace(TextMapPropagator propagator, List<String> fields, Context context, boolean baggageAllowed) {
        baggage = baggageAllowed;
        staleFields = fields;
        Context carried =
                baggageAllowed || Baggage.fromContextOrNull(context) == null ? context : context.with(Baggage.empty());
        boolean written = false;
        try {
            propagator.inject(carried, this, SETTER);
            written = true;
        } finally {
            staleFields = null;
            if (!written) {
                copy = null; // no trace context is better than a part of one
            }
        }
    }

    /** @param value fit for a header */
    void header(String name, String value) {
        copy().header(name, value);
    }

    /** A random id of version 4. It correlates and protects nothing, so it needs no secure random. */
    static String newRequestId() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        return new UUID(
                        (random.nextLong() & 0xffffffffffff0fffL) | 0x4000L,
                        (random.nextLong() & 0x3fffffffffffffffL) | 0x8000000000000000L)
                .toString();
    }

    Request request() {
        return copy == null ? request : copy.build();
    }

    private void propagated(String name, String value) {
        if (value == null || !isFit(value) || !isName(name) || (!baggage && name.equalsIgnoreCase("baggage"))) {
            return;
        }
        if (staleFields != null) {
            removeStale(staleFields);
            staleFields = null;
        }
        header(name, value);
    }

    /**
     * Removes the caller's trace headers that we do not replace: a tracestate of the caller's does not belong to our
     * traceparent.
     */
    private void removeStale(List<String> fields) {
        Headers headers = request.headers();
        for (int i = 0; i < headers.size(); i++) { // without an iterator, as it runs for every request
            String name = headers.name(i);
            for (int f = 0; f < fields.size(); f++) {
                if (name.equalsIgnoreCase(fields.get(f)) && !name.equalsIgnoreCase("baggage")) {
                    copy().removeHeader(name);
                }
            }
        }
    }

    private Request.Builder copy() {
        if (copy == null) {
            copy = request.newBuilder();
        }
        return copy;
    }

    /**
     * Some propagators make header names of baggage keys. Other programs choose those keys, and OkHttp accepts a name
     * with a colon in it, which is no valid one.
     */
    private static boolean isName(String name) {
        return !name.isEmpty() && HeaderToken.lengthIn(name) == name.length();
    }

    /** Visible ASCII, with blanks inside as tracestate may have them. */
    private static boolean isFit(String value) {
        if (value.isEmpty() || value.length() > MAX_LENGTH) {
            return false;
        }
        for (int i = 0; i < value.length(); i++) {
            char c = value.charAt(i);
            if (c < ' ' || c > '~') {
                return false;
            }
        }
        return value.charAt(0) != ' ' && value.charAt(value.length() - 1) != ' ';
    }
}
