package dev.llmpropagation.comparison;

import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.semconv.HttpAttributes;
import io.opentelemetry.semconv.NetworkAttributes;
import io.opentelemetry.semconv.ServerAttributes;
import io.opentelemetry.semconv.UrlAttributes;
import java.io.IOException;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;

/** The least that a span, a metric and a header cost by the API of OpenTelemetry, for {@link Variant#FLOOR}. */
final class Floor implements Interceptor {

    private final Tracer tracer;
    private final DoubleHistogram duration;
    private final TextMapPropagator propagator;
    private final Attributes measured = Attributes.builder()
            .put(HttpAttributes.HTTP_REQUEST_METHOD, "POST")
            .put(ServerAttributes.SERVER_ADDRESS, "api.example.com")
            .put(ServerAttributes.SERVER_PORT, 443L)
            .put(HttpAttributes.HTTP_RESPONSE_STATUS_CODE, 200L)
            .put(NetworkAttributes.NETWORK_PROTOCOL_VERSION, "1.1")
            .build();

    Floor(OpenTelemetry openTelemetry) {
        tracer = openTelemetry.getTracer("floor");
        duration = openTelemetry
                .getMeter("floor")
                .histogramBuilder("http.client.request.duration")
                .setUnit("s")
                .build();
        propagator = openTelemetry.getPropagators().getTextMapPropagator();
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        Request request = chain.request();
        HttpUrl url = request.url();
        Span span = tracer.spanBuilder(request.method())
                .setSpanKind(SpanKind.CLIENT)
                .setAttribute(HttpAttributes.HTTP_REQUEST_METHOD, request.method())
                .setAttribute(ServerAttributes.SERVER_ADDRESS, url.host())
                .setAttribute(ServerAttributes.SERVER_PORT, (long) url.port())
                .setAttribute(UrlAttributes.URL_FULL, url.toString())
                .startSpan();
        long start = System.nanoTime();
        Context context = Context.current().with(span);
        Request.Builder sent = request.newBuilder();
        propagator.inject(context, sent, Request.Builder::header);
        try (Scope ignored = context.makeCurrent()) {
            Response response = chain.proceed(sent.build());
            span.setAttribute(HttpAttributes.HTTP_RESPONSE_STATUS_CODE, (long) response.code());
            span.setAttribute(NetworkAttributes.NETWORK_PROTOCOL_VERSION, "1.1");
            return response.newBuilder().body(response.body()).build();
        } finally {
            span.end();
            duration.record((System.nanoTime() - start) / 1e9, measured, context);
        }
    }
}
