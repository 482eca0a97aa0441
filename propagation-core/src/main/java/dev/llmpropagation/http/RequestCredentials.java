package dev.llmpropagation.http;

import dev.llmpropagation.span.OutsideText;
import java.util.ArrayList;
import java.util.List;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.Request;

/** The credentials that a request carries, to be known again where a service sends one back. Shows none of them. */
final class RequestCredentials {

    private static final int MIN_LENGTH = 8; // a shorter one stands in many a word

    private final List<String> values = new ArrayList<>(2);

    RequestCredentials(Request request) {
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
            if (value != null && RedactedUrl.isSecret(url.queryParameterName(i))) {
                add(value);
            }
        }
    }

    /** As {@link OutsideText#shown}, and nothing that holds one of these. */
    String shown(String text, int max) {
        for (String value : values) {
            if (text.contains(value)) {
                return OutsideText.REDACTED;
            }
        }
        return OutsideText.shown(text, max);
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
