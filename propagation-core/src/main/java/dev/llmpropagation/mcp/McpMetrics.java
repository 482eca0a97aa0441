package dev.llmpropagation.mcp;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeSink;
import dev.llmpropagation.internal.span.FewValues;
import dev.llmpropagation.internal.span.Metric;
import dev.llmpropagation.internal.span.SpanType;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.context.Context;
import org.jspecify.annotations.Nullable;

/** The four histograms. Labels that others choose are bounded. Thread-safe. */
final class McpMetrics {

    private static final double NANOS = 1e9;
    private static final int MAX_NAMES = 100;
    private static final int MAX_SERIES = 500;

    private final DoubleHistogram clientOperations;
    private final DoubleHistogram serverOperations;
    private final DoubleHistogram clientSessions;
    private final DoubleHistogram serverSessions;
    private final FewValues methods = new FewValues();
    private final FewValues names = new FewValues(MAX_NAMES);
    private final FewValues errors = new FewValues();
    private final FewValues versions = new FewValues();
    private final FewValues series = new FewValues(MAX_SERIES);

    McpMetrics(Meter meter) {
        clientOperations = Metric.MCP_CLIENT_OPERATION.histogram(meter);
        serverOperations = Metric.MCP_SERVER_OPERATION.histogram(meter);
        clientSessions = Metric.MCP_CLIENT_SESSION.histogram(meter);
        serverSessions = Metric.MCP_SERVER_SESSION.histogram(meter);
    }

    /** @param type of the request's span, in this Context */
    void operation(
            McpRequest request,
            SpanType type,
            McpPeer peer,
            @Nullable String errorType,
            @Nullable String code,
            long nanos,
            Context context) {
        Labels labels = new Labels();
        String method = methods.of(request.method());
        String failure = errorType == null ? null : errors.of(errorType);
        String status = code == null ? null : errors.of(code);
        boolean few =
                series.admits(method + ' ' + request.tool() + ' ' + request.prompt() + ' ' + failure + ' ' + status);
        Attribute.MCP_METHOD.put(labels, method);
        Attribute.TOOL_NAME.put(labels, name(request.tool(), few));
        Attribute.PROMPT_NAME.put(labels, name(request.prompt(), few));
        Attribute.OPERATION_NAME.put(labels, request.isToolCall() ? McpRequest.EXECUTE_TOOL : null);
        Attribute.JSONRPC_PROTOCOL_VERSION.put(
                labels, request.jsonrpc() == null ? null : versions.of(request.jsonrpc()));
        Attribute.ERROR_TYPE.put(labels, failure);
        Attribute.RPC_STATUS_CODE.put(labels, status);
        describe(peer, labels);
        (type == SpanType.MCP_CLIENT ? clientOperations : serverOperations)
                .record(nanos / NANOS, labels.build(), context);
    }

    void session(McpPeer peer, @Nullable String errorType, long nanos) {
        Labels labels = new Labels();
        Attribute.ERROR_TYPE.put(labels, errorType == null ? null : errors.of(errorType));
        describe(peer, labels);
        (peer.isOfAServer() ? serverSessions : clientSessions).record(nanos / NANOS, labels.build(), Context.root());
    }

    private void describe(McpPeer peer, Labels labels) {
        peer.endpoint().describe(labels);
        String version = peer.protocolVersion();
        Attribute.MCP_PROTOCOL_VERSION.put(labels, version == null ? null : versions.of(version));
    }

    private @Nullable String name(@Nullable String name, boolean few) {
        return name == null ? null : few ? names.of(name) : FewValues.OTHER;
    }

    private static final class Labels implements AttributeSink {
        private final AttributesBuilder attributes = Attributes.builder();

        @Override
        public <T> void put(AttributeKey<T> key, T value) {
            attributes.put(key, value);
        }

        Attributes build() {
            return attributes.build();
        }
    }
}
