package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.testing.exporter.InMemoryMetricReader;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A server that records what it got, and an SDK that records what was exported. Fails a test whose spans do not end. */
public final class WireExtension implements BeforeEachCallback, AfterEachCallback {

    public final WireMockServer server = new WireMockServer(
            WireMockConfiguration.options().dynamicPort().dynamicHttpsPort().asynchronousResponseEnabled(true));
    public final List<String> diagnostics = new CopyOnWriteArrayList<>();
    public final InMemoryMetricReader metrics = InMemoryMetricReader.create();

    private final InMemorySpanExporter exporter = InMemorySpanExporter.create();
    private final AtomicInteger started = new AtomicInteger();
    private final AtomicInteger ended = new AtomicInteger();
    private final List<OkHttpClient> clients = new ArrayList<>();

    public final OpenTelemetrySdk openTelemetry = OpenTelemetrySdk.builder()
            .setTracerProvider(SdkTracerProvider.builder()
                    .addSpanProcessor(new Counter())
                    .addSpanProcessor(SimpleSpanProcessor.create(exporter))
                    .build())
            .setMeterProvider(
                    SdkMeterProvider.builder().registerMetricReader(metrics).build())
            .setPropagators(ContextPropagators.create(TextMapPropagator.composite(
                    W3CTraceContextPropagator.getInstance(), W3CBaggagePropagator.getInstance())))
            .build();

    @Override
    public void beforeEach(ExtensionContext context) {
        server.start();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        try {
            await().untilAsserted(() -> assertThat(ended).as("spans ended").hasValue(started.get()));
            assertThat(spans()).hasSize(ended.get());
        } finally {
            for (OkHttpClient client : clients) {
                client.dispatcher().executorService().shutdown();
                client.connectionPool().evictAll();
            }
            server.stop();
            openTelemetry.close();
        }
    }

    public LlmPropagationBuilder propagation() {
        return LlmPropagation.builder(openTelemetry).diagnostics(diagnostics::add);
    }

    /** A client of this server, released after the test. */
    public OkHttpClient client(LlmPropagation propagation, OkHttpClient.Builder builder) {
        OkHttpClient client = propagation.instrument(builder, url("/")).build();
        clients.add(client);
        return client;
    }

    public OkHttpClient client() {
        return client(propagation().build(), new OkHttpClient.Builder());
    }

    /** A client of this server over https, which means HTTP/2; it trusts anybody. */
    public OkHttpClient secureClient() throws GeneralSecurityException {
        return secureClient(propagation().build());
    }

    public OkHttpClient secureClient(LlmPropagation propagation) throws GeneralSecurityException {
        SSLContext tls = SSLContext.getInstance("TLS");
        TrustAnybody trust = new TrustAnybody();
        tls.init(null, new TrustManager[] {trust}, null);
        OkHttpClient client = propagation
                .instrument(
                        new OkHttpClient.Builder()
                                .sslSocketFactory(tls.getSocketFactory(), trust)
                                .hostnameVerifier((host, session) -> true),
                        secureUrl("/"))
                .build();
        clients.add(client);
        return client;
    }

    public String secureUrl(String path) {
        return "https://localhost:" + server.httpsPort() + path;
    }

    public String url(String path) {
        return "http://localhost:" + server.port() + path;
    }

    /** The same server as another origin. */
    public String otherOrigin(String path) {
        return "http://127.0.0.1:" + server.port() + path;
    }

    /** Runs with a span of the program's current, and returns it, ended. */
    public Span inSpan(String name, ThrowingRunnable body) throws Exception {
        Tracer tracer = openTelemetry.getTracer("program");
        Span span = tracer.spanBuilder(name).startSpan();
        try (Scope ignored = span.makeCurrent()) {
            body.run();
        } finally {
            span.end();
        }
        return span;
    }

    public Span startSpan(String name) {
        return openTelemetry
                .getTracer("program")
                .spanBuilder(name)
                .setParent(Context.root())
                .startSpan();
    }

    public List<SpanData> spans() {
        return exporter.getFinishedSpanItems();
    }

    /** Attempts in the order they started, when this many have ended. */
    public List<SpanData> attempts(int count) {
        await().until(() -> attempts().size() >= count);
        List<SpanData> attempts = attempts();
        assertThat(attempts).hasSize(count);
        return attempts;
    }

    private List<SpanData> attempts() {
        return spans().stream()
                .filter(span -> span.getInstrumentationScopeInfo().getName().equals("dev.llmpropagation"))
                .sorted(Comparator.comparingLong(SpanData::getStartEpochNanos))
                .toList();
    }

    public SpanData attempt() {
        return attempts(1).get(0);
    }

    /** Requests in the order they came. */
    public List<LoggedRequest> requests() {
        List<LoggedRequest> requests = new ArrayList<>();
        server.getAllServeEvents().forEach(event -> requests.add(0, event.getRequest()));
        return requests;
    }

    public LoggedRequest request() {
        assertThat(requests()).hasSize(1);
        return requests().get(0);
    }

    /** Runs a body that may throw. */
    @FunctionalInterface
    public interface ThrowingRunnable {
        void run() throws Exception;
    }

    private static final class TrustAnybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    private final class Counter implements SpanProcessor {
        @Override
        public void onStart(Context parentContext, ReadWriteSpan span) {
            started.incrementAndGet();
        }

        @Override
        public boolean isStartRequired() {
            return true;
        }

        @Override
        public void onEnd(ReadableSpan span) {
            ended.incrementAndGet();
        }

        @Override
        public boolean isEndRequired() {
            return true;
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }
}
