package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.FewValues;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.context.Context;
import io.opentelemetry.semconv.ErrorAttributes;
import io.opentelemetry.semconv.HttpAttributes;
import io.opentelemetry.semconv.NetworkAttributes;
import io.opentelemetry.semconv.ServerAttributes;
import org.jspecify.annotations.Nullable;

/** {@code http.client.request.duration}: the same seconds that the span of the attempt lasts. Thread-safe. */
final class DurationMetric {

    /** Series of the hosts that services have named. */
    private static final int MAX_ELSEWHERE = 300;

    private final @Nullable DoubleHistogram histogram;

    // A service can redirect to a new host each time, and make up a new status.
    private final FewValues hosts = new FewValues();
    private final FewValues statuses = new FewValues();
    private final FewValues hostsWithStatuses = new FewValues(MAX_ELSEWHERE);

    // A client's requests mostly go to one place and end in one way.
    private volatile @Nullable Series lastSeries;

    DurationMetric(@Nullable DoubleHistogram histogram) {
        this.histogram = histogram;
    }

    boolean isEnabled() {
        return histogram != null;
    }

    void record(
            double seconds,
            Context context,
            String method,
            ShownPlace place,
            int status,
            @Nullable String protocolVersion,
            @Nullable String errorType) {
        if (histogram == null) {
            return;
        }
        Labels labels =
                new Labels(method, place.host(), place.port(), place.isElsewhere(), status, protocolVersion, errorType);
        Series last = lastSeries;
        if (last == null || !last.labels.equals(labels)) {
            last = new Series(labels, attributes(labels));
            lastSeries = last;
        }
        histogram.record(seconds, last.attributes, context);
    }

    private Attributes attributes(Labels labels) {
        boolean told = labels.status <= 0 || statuses.admits(Integer.toString(labels.status));
        boolean known = !labels.elsewhere
                || (hosts.admits(labels.host + ':' + labels.port)
                        && hostsWithStatuses.admits(labels.host
                                + ':'
                                + labels.port
                                + ' '
                                + labels.status
                                + ' '
                                + labels.protocolVersion
                                + ' '
                                + labels.errorType));
        AttributesBuilder attributes = Attributes.builder()
                .put(HttpAttributes.HTTP_REQUEST_METHOD, labels.method)
                .put(ServerAttributes.SERVER_ADDRESS, known ? labels.host : FewValues.OTHER);
        if (known && labels.port > 0) {
            attributes.put(ServerAttributes.SERVER_PORT, (long) labels.port);
        }
        if (told && labels.status > 0) {
            attributes.put(HttpAttributes.HTTP_RESPONSE_STATUS_CODE, (long) labels.status);
        }
        if (labels.protocolVersion != null) {
            attributes.put(NetworkAttributes.NETWORK_PROTOCOL_VERSION, labels.protocolVersion);
        }
        if (labels.errorType != null) {
            attributes.put(ErrorAttributes.ERROR_TYPE, told ? labels.errorType : FewValues.OTHER);
        }
        return attributes.build();
    }

    private record Labels(
            String method,
            String host,
            int port,
            boolean elsewhere,
            int status,
            @Nullable String protocolVersion,
            @Nullable String errorType) {}

    private record Series(Labels labels, Attributes attributes) {}
}
