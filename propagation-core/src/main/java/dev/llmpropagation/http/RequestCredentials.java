package dev.llmpropagation.http;

import dev.llmpropagation.span.AttributeSink;
import dev.llmpropagation.span.OutsideText;
import io.opentelemetry.api.common.AttributeKey;
import java.util.ArrayList;
import java.util.List;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/** The credentials that a request carries, to be known again where a service sends one back. Shows none of them. */
final class RequestCredentials {

    private static final int MIN_LENGTH = 8; // a shorter one stands in many a word

    private final List<String> values = new ArrayList<>(2);

    /** @param request null for none */
    static RequestCredentials of(@Nullable Request request) {
        RequestCredentials credentials = new RequestCredentials();
        if (request != null) {
            credentials.addAll(request);
        }
        return credentials;
    }

    private RequestCredentials() {}

    private void addAll(Request request) {
        Headers headers = request.headers();
        for (int i = 0; i < headers.size(); i++) {
            if (CredentialHeaders.contain(headers.name(i))) {
                String value = headers.value(i);
                add(value.substring(value.lastIndexOf(' ') + 1)); // after the scheme
            }
        }
        HttpUrl url = request.url();
        for (int i = 0; i < url.querySize(); i++) {
            String value = url.queryParameterValue(i);
            if (value != null && !RedactedUrl.isHarmless(url.queryParameterName(i))) {
                add(value);
            }
        }
    }

    /** Whether the text holds one of these. */
    boolean areIn(String text) {
        for (String value : values) {
            if (text.contains(value)) {
                return true;
            }
        }
        return false;
    }

    /** The same sink, which gets no text that holds one of these. */
    AttributeSink hiddenFrom(AttributeSink sink) {
        return values.isEmpty()
                ? sink
                : new AttributeSink() {
                    @Override
                    public <T> void put(AttributeKey<T> key, T value) {
                        sink.put(key, hidden(value));
                    }
                };
    }

    @SuppressWarnings("unchecked") // a text for a text, a list for a list
    private <T> T hidden(T value) {
        if (value instanceof String text && areIn(text)) {
            return (T) OutsideText.REDACTED;
        }
        if (value instanceof List<?> list) {
            return (T) list.stream().map(this::hidden).toList();
        }
        return value;
    }

    private void add(String value) {
        if (value.length() >= MIN_LENGTH) {
            values.add(value);
        }
    }

    @Override
    public String toString() {
        return values.size() + " credentials";
    }
}
