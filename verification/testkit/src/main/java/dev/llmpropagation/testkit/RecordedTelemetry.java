package dev.llmpropagation.testkit;

import dev.llmpropagation.testkit.trace.TraceSpan;
import dev.llmpropagation.testkit.trace.Waterfall;
import io.opentelemetry.api.baggage.propagation.W3CBaggagePropagator;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.logs.export.SimpleLogRecordProcessor;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.SdkMeterProviderBuilder;
import io.opentelemetry.sdk.metrics.data.MetricData;
import io.opentelemetry.sdk.testing.exporter.InMemoryLogRecordExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.SdkTracerProviderBuilder;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.WeakHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.opentest4j.TestAbortedException;

/**
 * An OpenTelemetry SDK that keeps spans, metrics and log records in memory. All is sampled, unless a test wants it otherwise;
 * trace context and baggage are propagated, so that a test can see that baggage stays here.
 *
 * <p>As a JUnit extension, static or not, it begins anew with each test, and fails a test that leaves a span unended, a
 * scope open or a connection leaked, and one that begins while another uses it. Of what is still on its way it waits for the end, 5 seconds at most. When a test fails,
 * the waterfall of its spans is printed to standard error. Without JUnit: {@link #check} and {@link #reset}. Thread-safe.
 */
public final class RecordedTelemetry implements BeforeEachCallback, AfterEachCallback {

    static final Duration PATIENCE = Duration.ofSeconds(5);

    /** For messages that name a span which another instance has recorded. */
    private static final Set<RecordedTelemetry> LIVING = Collections.newSetFromMap(new WeakHashMap<>());

    private final Duration patience;
    private final PrintStream console;
    private final SpanRecorder recorder = new SpanRecorder();
    private final RecordedMetrics metrics = new RecordedMetrics();
    private final InMemoryLogRecordExporter logs = InMemoryLogRecordExporter.create();
    private final List<OkHttpClient> clients = new CopyOnWriteArrayList<>();
    private final TestsInTurn tests = new TestsInTurn("RecordedTelemetry");
    private final OpenTelemetrySdk openTelemetry;
    private Context contextBefore;
    private long scopesBefore;

    RecordedTelemetry(Duration patience, PrintStream console) {
        this(patience, console, tracing -> {});
    }

    private RecordedTelemetry(Duration patience, PrintStream console, Consumer<SdkTracerProviderBuilder> more) {
        this.patience = patience;
        this.console = console;
        scopesBefore = OpenScope.now();
        contextBefore = Context.current();
        SdkTracerProviderBuilder tracing = SdkTracerProvider.builder().addSpanProcessor(recorder);
        more.accept(tracing);
        SdkMeterProviderBuilder metering = SdkMeterProvider.builder();
        metrics.registerAt(metering);
        openTelemetry = OpenTelemetrySdk.builder()
                .setTracerProvider(tracing.build())
                .setMeterProvider(metering.build())
                .setLoggerProvider(SdkLoggerProvider.builder()
                        .addLogRecordProcessor(SimpleLogRecordProcessor.create(logs))
                        .build())
                .setPropagators(ContextPropagators.create(TextMapPropagator.composite(
                        W3CTraceContextPropagator.getInstance(), W3CBaggagePropagator.getInstance())))
                .build();
        synchronized (LIVING) {
            LIVING.add(this);
        }
    }

    /** As most tests need it. */
    public static RecordedTelemetry create() {
        return create(tracing -> {});
    }

    /** With span processors, a sampler or an id generator of the program's own. */
    public static RecordedTelemetry create(Consumer<SdkTracerProviderBuilder> more) {
        return new RecordedTelemetry(PATIENCE, System.err, more);
    }

    /** What the program under test is built with. It is not the global one. */
    public OpenTelemetrySdk openTelemetry() {
        return openTelemetry;
    }

    /** A span of the test's own, started and not current. End it. */
    public Span startSpan(String name) {
        return openTelemetry.getTracer("test").spanBuilder(name).startSpan();
    }

    /** Spans that ended, in the order of their starts. */
    public List<SpanData> spans() {
        return recorder.ended();
    }

    /** Those of this name, in the same order. */
    public List<SpanData> spans(String name) {
        return spans().stream().filter(span -> span.getName().equals(name)).toList();
    }

    /** What was started and has not ended. */
    public List<SpanData> openSpans() {
        return recorder.open();
    }

    /**
     * The only span of this name, when it has ended.
     *
     * @throws AssertionError if there is none, or several
     */
    public SpanData span(String name) {
        recorder.awaitEnd(span -> span.getName().equals(name), patience);
        return only("span named \"" + name + '"', spans(name).stream());
    }

    /** The spans of requests on the wire, when all CLIENT spans have ended; in the order of their starts. */
    public List<SpanData> attempts() {
        recorder.awaitEnd(span -> span.getKind() == SpanKind.CLIENT, patience);
        return spans().stream().filter(RecordedSpans::isAttempt).toList();
    }

    /**
     * The span of the only request on the wire, when it has ended: with the body of the response.
     *
     * @throws AssertionError if there is none, or several
     */
    public SpanData attempt() {
        return only("span of an attempt", attempts().stream());
    }

    private SpanData only(String what, Stream<SpanData> found) {
        List<SpanData> spans = found.toList();
        if (spans.size() != 1) {
            throw new AssertionError("Expected one " + what + " that has ended, but there are " + spans.size()
                    + ". Recorded:\n" + waterfall());
        }
        return spans.get(0);
    }

    /** Metrics since the last reset. What a callback observes is as it stands now. */
    public Collection<MetricData> metrics() {
        return metrics.now();
    }

    /** Log records in the order they were emitted. */
    public List<LogRecordData> logs() {
        return logs.getFinishedLogRecordItems();
    }

    /** Looks after this client's connections too. */
    public RecordedTelemetry watch(OkHttpClient client) {
        clients.add(client);
        return this;
    }

    /** The spans as text, for a human: tree, attempts, outcomes and times. */
    public String waterfall() {
        List<String> lines = Waterfall.draw(traceSpans());
        return lines.isEmpty() ? "(no spans)" : String.join("\n", lines);
    }

    List<TraceSpan> traceSpans() {
        return recorder.all().stream().map(RecordedSpans::of).toList();
    }

    /** Forgets all. What is still open then is no concern of the next test. */
    public void reset() {
        recorder.reset();
        metrics.reset();
        logs.reset();
        clients.clear();
        contextBefore = Context.current();
        scopesBefore = OpenScope.now();
    }

    /**
     * Makes sure that all spans have ended, all scopes are closed and no connection is held.
     *
     * @throws AssertionError that names each of them
     */
    public void check() {
        List<String> leaks = new ArrayList<>();
        recorder.awaitEnd(span -> true, patience);
        openSpans().forEach(span -> leaks.add("Span not ended: " + RecordedSpans.describeOpen(span, this)));
        spans().stream()
                .filter(RecordedSpans::isAbandoned)
                .forEach(span -> leaks.add("Response body never closed: that of " + RecordedSpans.describe(span)));
        List<OpenScope> scopes = openScopes();
        scopes.forEach(scope -> leaks.add("Scope not closed, " + scope.opener().getMessage()));
        if (scopes.isEmpty() && Context.current() != contextBefore) {
            leaks.add("Scope not closed: the current Context is not the one from before, but " + Context.current());
        }
        for (OkHttpClient client : clients) {
            int busy = Connections.busyAfter(client, patience);
            if (busy > 0) {
                leaks.add("Connections not released: " + busy + " of a watched client. Close each response or body");
            }
        }
        if (!leaks.isEmpty()) {
            AssertionError failure = new AssertionError(String.join("\n", leaks) + "\n\n" + waterfall());
            scopes.forEach(scope -> failure.addSuppressed(scope.opener()));
            throw failure;
        }
    }

    /** Callbacks may still be about to close theirs. */
    private List<OpenScope> openScopes() {
        return Connections.await(
                () -> OpenScope.since(scopesBefore, Thread.currentThread(), this::isMine), List::isEmpty, patience);
    }

    private boolean isMine(Span span) {
        return find(span.getSpanContext().getTraceId(), span.getSpanContext().getSpanId())
                .isPresent();
    }

    private Optional<SpanData> find(String traceId, String spanId) {
        return recorder.all().stream()
                .filter(span ->
                        span.getTraceId().equals(traceId) && span.getSpanId().equals(spanId))
                .findFirst();
    }

    /** A span that any instance has recorded since its last reset. */
    static Optional<SpanData> findAnywhere(String traceId, String spanId) {
        List<RecordedTelemetry> living;
        synchronized (LIVING) {
            living = List.copyOf(LIVING);
        }
        return living.stream()
                .flatMap(telemetry -> telemetry.find(traceId, spanId).stream())
                .findFirst();
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        tests.begin(context);
        reset();
    }

    @Override
    public void afterEach(ExtensionContext context) {
        boolean begun = tests.end(context);
        Throwable failure = context.getExecutionException().orElse(null);
        if (failure == null) {
            check();
        } else if (begun && !(failure instanceof TestAbortedException)) { // what it left open is a consequence
            console.println("Trace of " + context.getDisplayName() + ", which failed:\n" + waterfall());
        }
    }
}
