package dev.llmpropagation.testkit;

import com.github.tomakehurst.wiremock.http.HttpHeader;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.assertj.core.api.AbstractAssert;
import org.jspecify.annotations.Nullable;

/**
 * What a request carried on the wire. Header names are compared without case, values with it. Messages show {@code ***} for
 * values of headers that are named like credentials.
 */
public final class RequestAssert extends AbstractAssert<RequestAssert, LoggedRequest> {

    private static final String TRACEPARENT = "traceparent";
    private static final String SESSION = "X-Qwen-Code-Session-Id";
    private static final AttributeKey<String> SESSION_ID = AttributeKey.stringKey("session.id");
    private static final Pattern CREDENTIAL = Pattern.compile(
            "authorization|cookie|(?<!idempotency-)key$|token|secret|password", Pattern.CASE_INSENSITIVE);
    private static final List<String> PREFIXES_OF_OURS = List.of("x-qwen-code-", "llm-propagation");

    RequestAssert(LoggedRequest actual) {
        super(actual, RequestAssert.class);
    }

    /**
     * The request names this span as its parent: the span of its attempt, such as {@link RecordedTelemetry#attempt}. For
     * the program's own span, which an attempt is a child of, see {@link #belongsToTraceOf(Span)}.
     */
    public RequestAssert carriesTraceparentOf(SpanData span) {
        return carriesTraceparentOf(span.getSpanContext(), span.getName());
    }

    /** As {@link #carriesTraceparentOf(SpanData)}. */
    public RequestAssert carriesTraceparentOf(Span span) {
        return carriesTraceparentOf(span.getSpanContext(), null);
    }

    private RequestAssert carriesTraceparentOf(SpanContext expected, @Nullable String name) {
        Traceparent carried = traceparent(expected, name);
        if (!carried.traceId().equals(expected.getTraceId())) {
            failWith("carries a traceparent of another trace, %s", carried, expected, name);
        }
        if (!carried.spanId().equals(expected.getSpanId())) {
            failWith("carries the traceparent of another span of this trace, %s", carried, expected, name);
        }
        return this;
    }

    /**
     * Both headers at once: the request names this span as its parent, and its session header is the {@code session.id} of
     * this span, which has one.
     */
    public RequestAssert carriesTraceparentAndSessionOf(SpanData attempt) {
        carriesTraceparentOf(attempt);
        String session = attempt.getAttributes().get(SESSION_ID);
        if (session == null) {
            failWithMessage(
                    "Expected %s to carry the session of %s,%nbut that span has no session.id.",
                    request(), described(attempt.getSpanContext(), attempt.getName()));
        }
        return carriesSessionId(session);
    }

    /** The request names any span of the trace of this span as its parent. */
    public RequestAssert belongsToTraceOf(Span span) {
        return belongsToTraceOf(span.getSpanContext(), null);
    }

    /** As {@link #belongsToTraceOf(Span)}. */
    public RequestAssert belongsToTraceOf(SpanData span) {
        return belongsToTraceOf(span.getSpanContext(), span.getName());
    }

    private RequestAssert belongsToTraceOf(SpanContext expected, @Nullable String name) {
        Traceparent carried = traceparent(expected, name);
        if (!carried.traceId().equals(expected.getTraceId())) {
            failWith("carries a traceparent of another trace, %s", carried, expected, name);
        }
        return this;
    }

    private Traceparent traceparent(SpanContext expected, @Nullable String name) {
        isNotNull();
        if (!expected.isValid()) {
            throw new IllegalArgumentException("This span has no ids: it is of an OpenTelemetry without SDK");
        }
        List<String> values = values(TRACEPARENT);
        if (values.size() != 1) {
            failWithMessage(
                    "Expected %s to carry the traceparent of %s,%nbut it carries %s.%s",
                    request(),
                    described(expected, name),
                    values.isEmpty() ? "none" : values.size() + ": " + values,
                    values.isEmpty() ? nearName("trace") : "");
        }
        Traceparent carried = Traceparent.parse(values.get(0));
        if (carried == null) {
            throw failure(
                    "Expected %s to carry the traceparent of %s,%nbut what it carries is no traceparent: \"%s\".",
                    request(), described(expected, name), values.get(0));
        }
        return carried;
    }

    private void failWith(String problem, Traceparent carried, SpanContext expected, @Nullable String name) {
        failWithMessage(
                "Expected %s to carry the traceparent of %s,%nbut it " + problem + ".",
                request(),
                described(expected, name),
                carried.described());
    }

    private static String described(SpanContext expected, @Nullable String name) {
        return Traceparent.of(expected).described(name);
    }

    /** The session header has this value. */
    public RequestAssert carriesSessionId(String sessionId) {
        return carriesHeader(SESSION, sessionId);
    }

    /** There is no session header. */
    public RequestAssert carriesNoSessionId() {
        return carriesNoHeader(SESSION);
    }

    /** There is no traceparent. */
    public RequestAssert carriesNoTraceparent() {
        return carriesNoHeader(TRACEPARENT);
    }

    /** There is no baggage. */
    public RequestAssert carriesNoBaggage() {
        return carriesNoHeader("baggage");
    }

    /** Neither trace headers, session, request id nor baggage, and none of the library's headers for itself. */
    public RequestAssert carriesNothingOfOurs() {
        carriesNoTraceparent()
                .carriesNoHeader("tracestate")
                .carriesNoSessionId()
                .carriesNoBaggage();
        String ours = names().stream().filter(RequestAssert::isOfOurs).collect(Collectors.joining(", "));
        if (!ours.isEmpty()) {
            failWithMessage("Expected %s to carry nothing of the library, but it carries %s.", request(), ours);
        }
        return this;
    }

    private static boolean isOfOurs(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return PREFIXES_OF_OURS.stream().anyMatch(lower::startsWith);
    }

    /** The header is there once, with this value. */
    public RequestAssert carriesHeader(String name, String value) {
        isNotNull();
        List<String> values = values(name);
        if (!values.equals(List.of(value))) {
            failWithMessage(
                    "Expected %s to carry%n  %s: %s%nbut it carries %s.%s",
                    request(),
                    name,
                    shown(name, value),
                    values.isEmpty() ? "no such header" : shown(name, values),
                    near(name, value, values));
        }
        return this;
    }

    /** The header is not there. */
    public RequestAssert carriesNoHeader(String name) {
        isNotNull();
        List<String> values = values(name);
        if (!values.isEmpty()) {
            failWithMessage("Expected %s to carry no %s, but it carries %s.", request(), name, shown(name, values));
        }
        return this;
    }

    private static String shown(String name, List<String> values) {
        return values.stream().map(value -> '"' + shown(name, value) + '"').collect(Collectors.joining(" and "));
    }

    /** What fails is printed to logs that others read. */
    private static String shown(String name, String value) {
        return CREDENTIAL.matcher(name).find() ? "***" : value;
    }

    private static String near(String name, String value, List<String> values, Collection<HttpHeader> all) {
        if (values.size() > 1) {
            return " It may be there once only.";
        }
        if (values.stream().anyMatch(value::equalsIgnoreCase)) {
            return " They differ in case only.";
        }
        return all.stream()
                .filter(header -> header.values().contains(value) && !header.keyEquals(name))
                .map(header -> " But " + header.key() + " has this value.")
                .findFirst()
                .orElse("");
    }

    private String near(String name, String value, List<String> values) {
        String near = near(name, value, values, actual.getHeaders().all());
        return near.isEmpty() && values.isEmpty()
                ? nearName(name.toLowerCase(Locale.ROOT).contains("session") ? "session" : name)
                : near;
    }

    /** Headers whose names are like this; names alone, since one of them may hold a credential. */
    private String nearName(String part) {
        String like = names().stream()
                .filter(name -> name.toLowerCase(Locale.ROOT).contains(part))
                .collect(Collectors.joining(", "));
        return like.isEmpty() ? "" : " But it carries " + like + '.';
    }

    private Collection<String> names() {
        return actual.getHeaders().keys();
    }

    private List<String> values(String name) {
        HttpHeader header = actual.header(name);
        return header != null && header.isPresent() ? header.values() : List.of();
    }

    private String request() {
        return actual.getMethod() + " " + Traceparent.withoutQuery(actual.getUrl());
    }
}
