package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.AttributeSink;
import dev.llmpropagation.internal.span.CallContent;
import dev.llmpropagation.internal.span.CredentialPatterns;
import dev.llmpropagation.internal.span.SpanText;
import io.opentelemetry.api.common.AttributeKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/** The credentials that a request carries, to be known again where a service sends one back. Shows none of them. */
final class RequestCredentials {

    private static final int MIN_LENGTH = 8; // a shorter one stands in many a word
    private static final char CUT = '…';
    private static final char GROWS = '\u0130'; // the one that is longer in lower case
    private static final String BETWEEN = " \t;,";

    static final RequestCredentials NONE = new RequestCredentials();

    private final List<String> values = new ArrayList<>(1);

    /** @param requests null for none; the same one may come twice */
    static RequestCredentials of(@Nullable Request... requests) {
        RequestCredentials credentials = new RequestCredentials();
        Request before = null;
        for (Request request : requests) {
            if (request != null && request != before) {
                credentials.addAll(request, before);
            }
            before = request;
        }
        return credentials;
    }

    private RequestCredentials() {}

    /** @param before whose are known: a request that goes on, maybe to another place, mostly has the same ones */
    private void addAll(Request request, @Nullable Request before) {
        Headers headers = request.headers();
        for (int i = 0; i < headers.size(); i++) {
            String name = headers.name(i);
            if (CredentialHeaders.suggestedBy(name)) {
                String value = headers.value(i);
                if (before == null || !value.equals(before.header(name))) {
                    addParts(value);
                }
            }
        }
        HttpUrl url = request.url();
        if (before != null && url.equals(before.url())) {
            return;
        }
        add(url.password());
        for (int i = 0; i < url.querySize(); i++) {
            String value = url.queryParameterValue(i);
            if (value != null && !RedactedUrl.isHarmless(url.queryParameterName(i))) {
                add(value);
            }
        }
    }

    private void addParts(String header) {
        int start = 0;
        for (int end = 0; end <= header.length(); end++) {
            if (end == header.length() || BETWEEN.indexOf(header.charAt(end)) >= 0) {
                if (end - start >= MIN_LENGTH) {
                    add(withoutQuotes(withoutName(header.substring(start, end))));
                }
                start = end + 1;
            }
        }
    }

    /** Whether the text holds one of these, in any case of letters, or ends with what a bound has left of one. */
    boolean areIn(String text) {
        for (String value : values) {
            if (mayHold(text, value)) {
                String lower = text.toLowerCase(Locale.ROOT); // as a host is that a service makes of one
                String lowerValue = value.toLowerCase(Locale.ROOT);
                if (lower.contains(lowerValue) || isCutIn(lower, lowerValue)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** By its length alone: most texts are shorter than a key. */
    private static boolean mayHold(String text, String value) {
        return text.length() >= value.length()
                || (!text.isEmpty() && text.charAt(text.length() - 1) == CUT)
                || text.indexOf(GROWS) >= 0;
    }

    private static boolean isCutIn(String text, String value) {
        int end = text.length() - 1;
        if (end < 0 || text.charAt(end) != CUT) {
            return false;
        }
        for (int length = Math.min(end, value.length()); length >= MIN_LENGTH; length--) {
            if (text.regionMatches(end - length, value, 0, length)) {
                return true;
            }
        }
        return false;
    }

    /** Whether a part of the URL, read as a service reads it, holds one of these. */
    boolean areIn(HttpUrl url) {
        if (values.isEmpty()) {
            return false;
        }
        String query = url.query();
        String fragment = url.fragment();
        return areIn(url.host())
                || areIn(String.join("/", url.pathSegments()))
                || (query != null && areIn(query))
                || (fragment != null && areIn(fragment));
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

    /** The same, without what holds one of these. */
    CallContent hiddenFrom(CallContent said) {
        return values.isEmpty()
                ? said
                : new CallContent(
                        withoutThem(said.systemInstructions()),
                        withoutThem(said.inputMessages()),
                        withoutThem(said.toolDefinitions()),
                        withoutThem(said.outputMessages()));
    }

    private @Nullable String withoutThem(@Nullable String content) {
        return content == null || areIn(content) || areIn(unescaped(content)) ? null : content;
    }

    /** As it stood before it was written as JSON, for what can stand in a credential. */
    private static String unescaped(String json) {
        return json.indexOf('\\') < 0 ? json : json.replace("\\\"", "\"").replace("\\\\", "\\");
    }

    @SuppressWarnings("unchecked") // a text for a text
    private <T> T hidden(T value) {
        return value instanceof String text ? (T) hidden(text) : SpanText.eachText(value, this::hidden);
    }

    private String hidden(String text) {
        return areIn(text) ? CredentialPatterns.REDACTED : text;
    }

    /** What stands behind the name of a cookie or parameter. Base64 ends with "=", which is a part of it. */
    private static String withoutName(String part) {
        int end = part.indexOf('=') + 1;
        return end > 1 && end < part.length() && part.charAt(end) != '=' ? part.substring(end) : part;
    }

    private static String withoutQuotes(String part) {
        int end = part.length() - 1;
        return end > 0 && part.charAt(0) == '"' && part.charAt(end) == '"' ? part.substring(1, end) : part;
    }

    private void add(String value) {
        if (value.length() >= MIN_LENGTH && !values.contains(value)) {
            values.add(value);
        }
    }

    @Override
    public String toString() {
        return values.size() + " credentials";
    }
}
