package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.CredentialPatterns;
import dev.llmpropagation.internal.span.Diagnostics;
import dev.llmpropagation.internal.span.SpanText;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.semconv.HttpAttributes;
import io.opentelemetry.semconv.ServerAttributes;
import io.opentelemetry.semconv.UrlAttributes;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.Request;

/** Starts the spans of attempts by the stable HTTP conventions. Thread-safe. */
final class AttemptTracer {

    private static final String OTHER = "_OTHER";
    private static final int MAX_METHOD = 64;
    private static final int MAX_VALUES = 16;
    private static final int MAX_VALUE = 1024;

    private final Set<String> knownMethods;
    private final Set<String> shownQueryParameters;
    private final List<CapturedHeader> requestHeaders;
    private final List<CapturedHeader> responseHeaders;
    private final DurationMetric metric;
    private final Diagnostics diagnostics;
    private final OpenAttempts open = new OpenAttempts();

    // The last URL in which no key was found: most requests of a client have the same one, and the search costs more
    // than
    // the span.
    private volatile String lastShown = "";

    AttemptTracer(PropagationSettings settings, AttemptInstruments telemetry, Diagnostics diagnostics) {
        this.knownMethods = new HashSet<>(settings.knownMethods()); // faster to search than the one of Set.of
        this.shownQueryParameters = settings.shownQueryParameters();
        this.requestHeaders = CapturedHeader.all("http.request.header.", settings.capturedRequestHeaders());
        this.responseHeaders = CapturedHeader.all("http.response.header.", settings.capturedResponseHeaders());
        this.metric = new DurationMetric(telemetry.duration());
        this.diagnostics = diagnostics;
    }

    /** @param ordinal of the attempt within its logical call, from 0 */
    SpanBuilder builder(Tracer tracer, Context parent, Request request, ShownPlace place, int ordinal) {
        String method = request.method();
        boolean known = knownMethods.contains(method);
        SpanBuilder builder = tracer.spanBuilder(known ? method : "HTTP")
                .setParent(parent)
                .setSpanKind(SpanKind.CLIENT)
                .setAttribute(HttpAttributes.HTTP_REQUEST_METHOD, known ? method : OTHER)
                .setAttribute(ServerAttributes.SERVER_ADDRESS, place.host())
                .setAttribute(ServerAttributes.SERVER_PORT, (long) place.port())
                .setAttribute(UrlAttributes.URL_FULL, url(place));
        if (!known) {
            builder.setAttribute(HttpAttributes.HTTP_REQUEST_METHOD_ORIGINAL, SpanText.visible(method, MAX_METHOD));
        }
        if (ordinal > 0) {
            builder.setAttribute(HttpAttributes.HTTP_REQUEST_RESEND_COUNT, (long) ordinal);
        }
        for (CapturedHeader header : requestHeaders) {
            List<String> values = header.in(request.headers(), RequestCredentials.of(request), shownQueryParameters);
            if (!values.isEmpty()) {
                builder.setAttribute(header.key, values);
            }
        }
        return builder;
    }

    private String url(ShownPlace place) {
        String whole = place.sentTo().toString();
        if (!place.hidden() && whole.equals(lastShown)) {
            return whole;
        }
        String shown = place.url(shownQueryParameters);
        if (shown.equals(whole)) {
            lastShown = whole;
        }
        return shown;
    }

    /** @param sent to get this response, and before that to hosts that can have told of it */
    void captureResponseHeaders(Span span, Headers headers, Request... sent) {
        if (responseHeaders.isEmpty()) {
            return;
        }
        RequestCredentials credentials = RequestCredentials.of(sent);
        for (CapturedHeader header : responseHeaders) {
            List<String> values = header.in(headers, credentials, shownQueryParameters);
            if (!values.isEmpty()) {
                span.setAttribute(header.key, values);
            }
        }
    }

    OpenAttempts open() {
        return open;
    }

    DurationMetric metric() {
        return metric;
    }

    Diagnostics diagnostics() {
        return diagnostics;
    }

    String metricMethod(Request request) {
        return knownMethods.contains(request.method()) ? request.method() : OTHER;
    }

    private record CapturedHeader(String name, AttributeKey<List<String>> key) {

        private static final Set<String> URLS = Set.of("content-location", "link", "location", "referer", "refresh");

        List<String> in(Headers headers, RequestCredentials credentials, Set<String> shownQueryParameters) {
            return headers.values(name).stream()
                    .limit(MAX_VALUES)
                    .map(value -> isOneOf(credentials, value)
                            ? CredentialPatterns.REDACTED
                            : shown(value, shownQueryParameters))
                    .toList();
        }

        private static boolean isOneOf(RequestCredentials credentials, String value) {
            HttpUrl url = value.contains("://") ? HttpUrl.parse(value) : null;
            return credentials.areIn(value) || (url != null && credentials.areIn(url));
        }

        /** Any header can hold a URL, such as that of an upload, with a key in its query. */
        private String shown(String value, Set<String> shownQueryParameters) {
            return URLS.contains(name) || value.contains("://")
                    ? RedactedUrl.ofText(value, shownQueryParameters)
                    : SpanText.shown(value, MAX_VALUE);
        }

        static List<CapturedHeader> all(String prefix, List<String> names) {
            return names.stream()
                    .map(name -> new CapturedHeader(name, AttributeKey.stringArrayKey(prefix + name)))
                    .toList();
        }
    }
}
