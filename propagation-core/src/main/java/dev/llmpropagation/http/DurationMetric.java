package dev.llmpropagation.http;

import dev.llmpropagation.span.FewValues;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.context.Context;
import io.opentelemetry.semconv.ErrorAttributes;
import io.opentelemetry.semconv.HttpAttributes;
import io.opentelemetry.semconv.NetworkAttributes;
import io.opentelemetry.semconv.ServerAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@code http.client.request.duration}: the same seconds that the span of the attempt lasts. Thread-safe. */
final class DurationMetric {

    /** Series of the hosts that services have named. */
    private static final int MAX_ELSEWHERE = 300;

    private final @Nullable DoubleHistogram histogram;
    // One client's attempts are nearly always alike, so the attributes of the last one mostly serve the next.
    private volatile @Nullable Point last;

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
        record(
                seconds,
                context,
                method,
                known ? host : FewValues.OTHER,
                known ? port : 0,
                told ? status : 0,
                protocolVersion,
                told || errorType == null ? errorType : FewValues.OTHER);
    }

    private void record(
            double seconds,
            Context context,
            String method,
            String host,
            int port,
            int status,
            @Nullable String protocolVersion,
            @Nullable String errorType) {
        if (histogram == null) {
            return;
        }
        Point point = last;
        if (point == null || !point.is(method, host, port, status, protocolVersion, errorType)) {
            point = new Point(
                    method,
                    host,
                    port,
                    status,
                    protocolVersion,
                    errorType,
                    attributes(method, host, port, status, protocolVersion, errorType));
            last = point;
        }
        histogram.record(seconds, point.attributes, context);
    }

    private static Attributes attributes(
            String method,
            String host,
            int port,
            int status,
            @Nullable String protocolVersion,
            @Nullable String errorType) {
        AttributesBuilder builder = Attributes.builder()
                .put(HttpAttributes.HTTP_REQUEST_METHOD, method)
                .put(ServerAttributes.SERVER_ADDRESS, host);
        if (port > 0) {
            builder.put(ServerAttributes.SERVER_PORT, (long) port);
        }
        if (status > 0) {
            builder.put(HttpAttributes.HTTP_RESPONSE_STATUS_CODE, (long) status);
        }
        if (protocolVersion != null) {
            builder.put(NetworkAttributes.NETWORK_PROTOCOL_VERSION, protocolVersion);
        }
        if (errorType != null) {
            builder.put(ErrorAttributes.ERROR_TYPE, errorType);
        }
        return builder.build();
    }

    private record Point(
            String method,
            String host,
            int port,
            int status,
            @Nullable String protocolVersion,
            @Nullable String errorType,
            Attributes attributes) {

        boolean is(
                String method,
                String host,
                int port,
                int status,
                @Nullable String protocolVersion,
                @Nullable String errorType) {
            return this.port == port
                    && this.status == status
                    && this.host.equals(host)
                    && this.method.equals(method)
                    && Objects.equals(this.protocolVersion, protocolVersion)
                    && Objects.equals(this.errorType, errorType);
        }
    }
}
