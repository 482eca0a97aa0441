package dev.llmpropagation.doctor.trace;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.logs.v1.LogRecord;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Goes through OTLP JSON span by span, and log record by log record: one line, or one document, may hold more of them than
 * memory does. For one use, and not thread-safe.
 */
final class SpanReader {

    /** Of one span. The SDKs keep 128 attributes, events and links of it. */
    private static final int MOST_VALUES = 200_000;

    /** As many spans wait for a resource or a scope that stands behind them; those before stay without. */
    private static final int MOST_WAITING = 1_000;

    private static final Set<String> OTHER_SIGNALS =
            Set.of("resourceLogs", "scopeLogs", "resourceMetrics", "scopeMetrics");
    private static final String NO_OTLP = "this is JSON, but no OTLP: it lacks resourceSpans";

    private final BoundedParser json;
    private final Consumer<TraceSpan> spans;
    private final Consumer<TraceLog> logs;
    private final List<LogRecord> waitingLogs = new ArrayList<>();
    private final List<Waiting> waiting = new ArrayList<>();
    private int line = 1;

    /** @param scope null until it is known */
    private record Waiting(Span span, @Nullable String scope) {}

    SpanReader(BoundedParser json, Consumer<TraceSpan> spans, Consumer<TraceLog> logs) {
        this.json = json;
        this.spans = spans;
        this.logs = logs;
    }

    static BoundedParser parser(Reader text) throws IOException {
        return BoundedParser.of(text, MOST_VALUES);
    }

    /** Where it is, for messages. */
    int line() {
        return line;
    }

    /**
     * Reads one request.
     *
     * @return false at the end of the text
     * @throws IllegalArgumentException with the reason, if it is something else
     */
    boolean next() throws IOException {
        json.start();
        JsonToken token = json.nextToken();
        while ((token == JsonToken.START_ARRAY
                        && json.getParsingContext().getParent().inRoot())
                || token == JsonToken.END_ARRAY) {
            token = json.nextToken();
        }
        if (token == null) {
            return false;
        }
        mark();
        if (token != JsonToken.START_OBJECT) {
            json.skipChildren();
            throw new IllegalArgumentException(NO_OTLP);
        }
        request();
        return true;
    }

    private void mark() {
        json.start();
        line = json.currentTokenLocation().getLineNr();
    }

    /** OpenTelemetry's own logging exporter writes only what stands inside a request. */
    private void request() throws IOException {
        String service = null;
        boolean known = false;
        boolean empty = true;
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            empty = false;
            String name = json.currentName();
            json.nextToken();
            known |= name.equals("resourceSpans") || name.equals("scopeSpans") || OTHER_SIGNALS.contains(name);
            switch (name) {
                case "resourceSpans" -> elements("resourceSpans", this::resourceSpans);
                case "resource" -> service = service("resourceSpans[0].resource");
                case "scopeSpans" -> scopeSpans("resourceSpans[0].scopeSpans", service);
                case "resourceLogs" -> logElements(this::resourceLogs);
                case "scopeLogs" -> logElements(this::scopeLogs);
                default -> json.skipChildren();
            }
        }
        flushLogs(service == null ? "" : service);
        flush(service == null ? "" : service);
        if (!known && !empty) {
            throw new IllegalArgumentException(NO_OTLP);
        }
    }

    private void resourceSpans(String path) throws IOException {
        String service = null;
        object(path);
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            json.nextToken();
            switch (name) {
                case "resource" -> service = service(path + ".resource");
                case "scopeSpans" -> scopeSpans(path + ".scopeSpans", service);
                default -> json.skipChildren();
            }
        }
        flush(service == null ? "" : service);
    }

    /** A file of spans is not to be refused for its log records: what is none is passed over. */
    private void logElements(LogElement element) throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            json.skipChildren();
            return;
        }
        while (json.nextToken() != JsonToken.END_ARRAY) {
            json.start();
            if (json.currentToken() == JsonToken.START_OBJECT) {
                element.read();
            } else {
                json.skipChildren();
            }
        }
    }

    private void resourceLogs() throws IOException {
        String service = "";
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            json.nextToken();
            switch (name) {
                case "resource" -> service = serviceOfLogs();
                case "scopeLogs" -> logElements(this::scopeLogs);
                default -> json.skipChildren();
            }
        }
        flushLogs(service);
    }

    private String serviceOfLogs() throws IOException {
        try {
            return service("resource");
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private void scopeLogs() throws IOException {
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            json.nextToken();
            if (name.equals("logRecords")) {
                logElements(this::logRecord);
            } else {
                json.skipChildren();
            }
        }
    }

    private void logRecord() throws IOException {
        mark();
        LogRecord.Builder log = LogRecord.newBuilder();
        JsonNode tree = tree();
        try {
            OtlpJson.read(tree, log, "");
        } catch (IllegalArgumentException e) {
            return;
        }
        waitingLogs.add(log.build());
        if (waitingLogs.size() > MOST_WAITING) {
            flushLogs("");
        }
    }

    private void flushLogs(String service) {
        waitingLogs.forEach(log -> logs.accept(OtlpLogs.of(log, service)));
        waitingLogs.clear();
    }

    private void scopeSpans(String path, @Nullable String service) throws IOException {
        elements(path, element -> scope(element, service));
    }

    private void scope(String path, @Nullable String service) throws IOException {
        String scope = null;
        object(path);
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            json.nextToken();
            switch (name) {
                case "scope" -> {
                    scope = scope(path + ".scope");
                    named(scope);
                }
                case "spans" -> {
                    String known = scope;
                    elements(path + ".spans", element -> span(element, service, known));
                }
                default -> json.skipChildren();
            }
        }
        named(scope == null ? "" : scope);
        if (service != null) {
            flush(service);
        }
    }

    private void span(String path, @Nullable String service, @Nullable String scope) throws IOException {
        mark();
        Span.Builder span = Span.newBuilder();
        OtlpJson.read(tree(), span, path);
        if (span.getTraceId().isEmpty() || span.getSpanId().isEmpty()) {
            throw new IllegalArgumentException("the span \"" + span.getName() + "\" lacks its traceId or spanId");
        }
        if (service != null && scope != null) {
            spans.accept(OtlpSpans.of(span.build(), service, scope));
            return;
        }
        waiting.add(new Waiting(span.build(), scope));
        if (waiting.size() > MOST_WAITING) {
            flush(service == null ? "" : service);
        }
    }

    /** Those that have waited for their scope. */
    private void named(String scope) {
        waiting.replaceAll(span -> span.scope == null ? new Waiting(span.span, scope) : span);
    }

    private void flush(String service) {
        waiting.forEach(span -> spans.accept(OtlpSpans.of(span.span, service, span.scope == null ? "" : span.scope)));
        waiting.clear();
    }

    private String service(String path) throws IOException {
        Resource.Builder resource = Resource.newBuilder();
        if (json.currentToken() != JsonToken.VALUE_NULL) {
            mark();
            OtlpJson.read(tree(), resource, path);
        }
        return OtlpSpans.service(resource.build());
    }

    private String scope(String path) throws IOException {
        InstrumentationScope.Builder scope = InstrumentationScope.newBuilder();
        if (json.currentToken() != JsonToken.VALUE_NULL) {
            mark();
            OtlpJson.read(tree(), scope, path);
        }
        return scope.getName();
    }

    private interface LogElement {
        void read() throws IOException;
    }

    private interface Element {
        void read(String path) throws IOException;
    }

    private void elements(String path, Element element) throws IOException {
        if (json.currentToken() == JsonToken.VALUE_NULL) {
            return;
        }
        if (json.currentToken() != JsonToken.START_ARRAY) {
            throw OtlpJson.wrong(path, "is no JSON array", tree());
        }
        for (int i = 0; json.nextToken() != JsonToken.END_ARRAY; i++) {
            element.read(path + '[' + i + ']');
        }
    }

    private void object(String path) throws IOException {
        json.start();
        if (json.currentToken() != JsonToken.START_OBJECT) {
            throw OtlpJson.wrong(path, "is no JSON object", tree());
        }
    }

    private JsonNode tree() throws IOException {
        return OtlpJson.MAPPER.readTree((JsonParser) json);
    }
}
