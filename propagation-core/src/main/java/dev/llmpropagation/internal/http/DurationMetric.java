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
        String host = place.host();
        int port = place.port();
        boolean told = status <= 0 || statuses.admits(Integer.toString(status));
        boolean known = !place.isElsewhere()
                || (hosts.admits(host + ':' + port)
                        && hostsWithStatuses.admits(
                                host + ':' + port + ' ' + status + ' ' + protocolVersion + ' ' + errorType));
        AttributesBuilder attributes = Attributes.builder()
                .put(HttpAttributes.HTTP_REQUEST_METHOD, method)
                .put(ServerAttributes.SERVER_ADDRESS, known ? host : FewValues.OTHER);
        if (known && port > 0) {
            attributes.put(ServerAttributes.SERVER_PORT, (long) port);
        }
        if (told && status > 0) {
            attributes.put(HttpAttributes.HTTP_RESPONSE_STATUS_CODE, (long) status);
        }
        if (protocolVersion != null) {
            attributes.put(NetworkAttributes.NETWORK_PROTOCOL_VERSION, protocolVersion);
        }
        if (errorType != null) {
            attributes.put(ErrorAttributes.ERROR_TYPE, told ? errorType : FewValues.OTHER);
        }
        histogram.record(seconds, attributes.build(), context);
    }
}
