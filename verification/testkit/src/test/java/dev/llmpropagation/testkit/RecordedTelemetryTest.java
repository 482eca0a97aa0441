package dev.llmpropagation.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.opentest4j.TestAbortedException;

class RecordedTelemetryTest {

    @RegisterExtension
    static final LlmServer openai = LlmServer.openAi();

    private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
    private final RecordedTelemetry telemetry =
            new RecordedTelemetry(Duration.ofMillis(50), new PrintStream(printed, true, StandardCharsets.UTF_8));

    @Test
    void spansMetricsAndLogs_areKeptUntilReset() {
        Span parent = telemetry.startSpan("parent");
        Span child = startedIn(parent, "child");
        child.end();
        parent.end();
        telemetry
                .openTelemetry()
                .getMeter("test")
                .counterBuilder("calls")
                .build()
                .add(1);
        telemetry
                .openTelemetry()
                .getLogsBridge()
                .get("test")
                .logRecordBuilder()
                .setBody("said")
                .emit();

        assertThat(telemetry.spans()).extracting(span -> span.getName()).containsExactly("parent", "child");
        assertThat(telemetry.span("child").getParentSpanId())
                .isEqualTo(parent.getSpanContext().getSpanId());
        assertThat(telemetry.metrics()).extracting(metric -> metric.getName()).contains("calls");
        assertThat(telemetry.logs())
                .extracting(log -> log.getBodyValue().asString())
                .containsExactly("said");
        assertThat(telemetry.waterfall()).contains("parent").contains("└─ child");
        assertThatCode(telemetry::check).doesNotThrowAnyException();

        telemetry.reset();
        assertThat(telemetry.spans()).isEmpty();
        assertThat(telemetry.metrics()).isEmpty();
        assertThat(telemetry.logs()).isEmpty();
        assertThat(telemetry.waterfall()).isEqualTo("(no spans)");
    }

    @Test
    void spanNotEnded_failsTheCheckByName() {
        Span span = telemetry.startSpan("forgotten");

        assertThatThrownBy(telemetry::check)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Span not ended: \"forgotten\" (INTERNAL)")
                .hasMessageContaining("forgotten (not ended)");

        span.end();
        assertThatCode(telemetry::check).doesNotThrowAnyException();
    }

    @Test
    void spanThatEndsMeanwhile_isInEachPicture() throws Exception {
        List<Span> spans = new ArrayList<>();
        for (int i = 0; i < 4_000; i++) {
            spans.add(telemetry.startSpan("span"));
        }
        spans.subList(0, 2_000).forEach(Span::end); // to look at them takes time
        CompletableFuture<Void> ending = CompletableFuture.runAsync(() -> spans.forEach(Span::end));

        do {
            assertThat(telemetry.traceSpans().size()).isEqualTo(spans.size());
        } while (!ending.isDone());
        ending.get(20, TimeUnit.SECONDS);
    }

    @Test
    void spanThatEndsSoon_isWaitedFor() throws Exception {
        RecordedTelemetry patient = new RecordedTelemetry(Duration.ofSeconds(20), System.err);
        Span span = patient.startSpan("late");
        CompletableFuture<Void> checked = CompletableFuture.runAsync(patient::check);
        span.end();

        checked.get(20, TimeUnit.SECONDS);
    }

    @Test
    void scopeNotClosed_failsTheCheckWithItsOpener() {
        Scope scope = Context.current().with(ContextKey.named("test"), "leaked").makeCurrent();
        try {
            assertThatThrownBy(telemetry::check)
                    .isInstanceOf(AssertionError.class)
                    .hasMessageContaining("Scope not closed, opened here, on thread "
                            + Thread.currentThread().getName())
                    .satisfies(failure -> assertThat(failure.getSuppressed())
                            .singleElement()
                            .satisfies(
                                    opener -> assertThat(opener.getStackTrace()).anyMatch(frame -> frame.getClassName()
                                            .equals(getClass().getName()))));
        } finally {
            scope.close();
        }
        assertThatCode(telemetry::check).doesNotThrowAnyException();
    }

    @Test
    void scopeOfAnotherThread_isLeakedIfItsSpanIsOurs() throws Exception {
        RecordedTelemetry other = new RecordedTelemetry(Duration.ofMillis(50), System.err);
        Span span = telemetry.startSpan("of a worker");
        span.end();
        CountDownLatch done = new CountDownLatch(1);
        CompletableFuture<Void> opened = new CompletableFuture<>();
        Thread worker = new Thread(() -> {
            try (Scope scope = span.makeCurrent()) {
                opened.complete(null);
                done.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        worker.start();
        opened.get(20, TimeUnit.SECONDS);

        assertThatThrownBy(telemetry::check)
                .hasMessageContaining("Scope not closed, opened here, on thread " + worker.getName());
        assertThatCode(other::check).doesNotThrowAnyException();
        done.countDown();
        worker.join();
        assertThatCode(telemetry::check).doesNotThrowAnyException();
    }

    @Test
    void bodyThatWasAbandoned_failsTheCheck() {
        client("GET").setAttribute("llm_propagation.outcome", "abandoned").end();

        assertThatThrownBy(telemetry::check)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Response body never closed: that of \"GET\" (CLIENT)");
        telemetry.reset();
        client("GET").setAttribute("llm_propagation.outcome", "completed").end();
        assertThatCode(telemetry::check).doesNotThrowAnyException();
    }

    @Test
    void openSpan_isNamedWithItsParent() {
        Span parent = telemetry.startSpan("turn");
        Span child = startedIn(parent, "tool");

        assertThatThrownBy(telemetry::check)
                .hasMessageContaining("Span not ended: \"tool\" (INTERNAL), child of \"turn\" (INTERNAL)\n")
                .hasMessageContaining("Span not ended: \"turn\" (INTERNAL)\n");
        child.end();
        parent.end();
    }

    @Test
    void whatIsAboutToEnd_isWaitedFor() throws Exception {
        RecordedTelemetry patient = new RecordedTelemetry(Duration.ofSeconds(20), System.err);
        Span program = patient.startSpan("program");
        Thread first = endWhenAwaited(patient.startSpan("late"));
        assertThat(patient.span("late").getName()).isEqualTo("late");
        first.join();

        Thread second = endWhenAwaited(client(patient, "GET"));
        assertThat(patient.attempt().getName()).isEqualTo("GET");
        second.join();

        Thread third = endWhenAwaited(program);
        assertThatCode(patient::check).doesNotThrowAnyException();
        third.join();
    }

    @Test
    void connectionAndScopeThatAreAboutToBeReleased_areWaitedFor() throws Exception {
        RecordedTelemetry patient = new RecordedTelemetry(Duration.ofSeconds(20), System.err);
        openai.willStall();
        OkHttpClient client = new OkHttpClient();
        patient.watch(client);
        Response response = client.newCall(embeddings()).execute();
        Thread first = whenAwaited(response::close);
        assertThatCode(patient::check).doesNotThrowAnyException();
        first.join();

        Span span = patient.startSpan("of a worker");
        span.end();
        CountDownLatch opened = new CountDownLatch(1);
        Thread tester = Thread.currentThread();
        Thread second = new Thread(() -> {
            try (Scope scope = span.makeCurrent()) {
                opened.countDown();
                spinUntilWaiting(tester);
            }
        });
        second.start();
        opened.await(); // without a limit, which the worker would take for the waiting that it waits for
        assertThatCode(patient::check).doesNotThrowAnyException();
        second.join();
    }

    @Test
    void connectionThatIsIdle_isNotLeaked() throws IOException {
        openai.willAnswer("hello");
        OkHttpClient client = new OkHttpClient();
        try (Response response = client.newCall(embeddings()).execute()) {
            response.body().string();
        }
        telemetry.watch(client);

        assertThat(client.connectionPool().idleConnectionCount()).isEqualTo(1);
        assertThatCode(telemetry::check).doesNotThrowAnyException();
    }

    @Test
    void scopeFromBeforeTheTest_isNoConcernOfIt() {
        Scope before =
                Context.current().with(ContextKey.named("test"), "before").makeCurrent();
        try {
            telemetry.reset();
            assertThatCode(telemetry::check).doesNotThrowAnyException();
        } finally {
            before.close();
        }
    }

    @Test
    void attempts_areRequestsOnTheWire() {
        client("GET").end();
        telemetry.startSpan("program").end();
        client("POST").end();

        assertThat(telemetry.attempts()).extracting(SpanData::getName).containsExactly("GET", "POST");
        assertThatThrownBy(telemetry::attempt)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Expected one span of an attempt that has ended, but there are 2");
    }

    @Test
    void testThatPasses_isCheckedAllTheSame() {
        Span open = telemetry.startSpan("forgotten");

        assertThatThrownBy(() -> telemetry.afterEach(test(null))).hasMessageContaining("Span not ended: \"forgotten\"");
        open.end();
    }

    @Test
    void bodyNotClosed_failsTheCheckAsALeakedConnection() throws IOException {
        openai.willStall();
        OkHttpClient client = new OkHttpClient();
        assertThat(telemetry.watch(client)).isSameAs(telemetry);

        Span attempt = client("GET");
        Response response = client.newCall(embeddings()).execute();
        attempt.setAttribute("http.response.status_code", response.code());
        assertThatThrownBy(telemetry::check)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Span not ended: \"GET\" (CLIENT); its response came, so the body is not closed")
                .hasMessageContaining("Connections not released: 1 of a watched client");
        telemetry.reset();
        assertThatCode(telemetry::check).doesNotThrowAnyException();

        response.close();
        attempt.end();
        telemetry.watch(client);
        assertThatCode(telemetry::check).doesNotThrowAnyException();
    }

    @Test
    void ownSampler_decides() {
        RecordedTelemetry own = RecordedTelemetry.create(tracing -> tracing.setSampler(Sampler.alwaysOff()));

        own.startSpan("not sampled").end();

        assertThat(own.spans()).isEmpty();
        assertThat(own.openSpans()).isEmpty();
    }

    @Test
    void spanThatIsAskedFor_mustBeTheOnlyOne() {
        assertThatThrownBy(telemetry::attempt)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Expected one span of an attempt that has ended, but there are 0")
                .hasMessageContaining("(no spans)");
        telemetry.startSpan("twice").end();
        telemetry.startSpan("twice").end();
        assertThatThrownBy(() -> telemetry.span("twice"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Expected one span named \"twice\" that has ended, but there are 2");
    }

    @Test
    void waterfall_isPrintedIfTheTestFailed() {
        telemetry.beforeEach(test(null));
        Span open = telemetry.startSpan("turn");

        telemetry.afterEach(test(new AssertionError("of the test itself")));

        assertThat(printed.toString(StandardCharsets.UTF_8))
                .contains("streams(), which failed")
                .contains("turn");
        open.end();
    }

    @Test
    void waterfall_isNotPrintedIfTheTestPassedOrWasNotRun() {
        telemetry.beforeEach(test(null));
        telemetry.startSpan("turn").end();
        telemetry.afterEach(test(null));

        telemetry.beforeEach(test(null));
        telemetry.startSpan("turn").end();
        telemetry.afterEach(test(new TestAbortedException("switched off")));

        assertThat(printed.size()).isZero();
    }

    @Test
    void eachTest_beginsAnew() {
        Span open = telemetry.startSpan("of the test before");
        telemetry.beforeEach(test(null));

        assertThatCode(() -> telemetry.afterEach(test(null))).doesNotThrowAnyException();
        open.end();
        assertThat(telemetry.spans()).isEmpty();
    }

    private Span startedIn(Span parent, String name) {
        return telemetry
                .openTelemetry()
                .getTracer("test")
                .spanBuilder(name)
                .setParent(Context.root().with(parent))
                .startSpan();
    }

    private Span client(String name) {
        return client(telemetry, name);
    }

    private static Span client(RecordedTelemetry telemetry, String name) {
        return telemetry
                .openTelemetry()
                .getTracer("test")
                .spanBuilder(name)
                .setSpanKind(SpanKind.CLIENT)
                .setAttribute("http.request.method", name)
                .startSpan();
    }

    private static Request embeddings() {
        return new Request.Builder().url(openai.baseUrl() + "/embeddings").build();
    }

    private static Thread endWhenAwaited(Span span) {
        return whenAwaited(span::end);
    }

    /** Does it when this thread waits. */
    private static Thread whenAwaited(Runnable action) {
        Thread tester = Thread.currentThread();
        Thread thread = new Thread(() -> {
            spinUntilWaiting(tester);
            action.run();
        });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private static void spinUntilWaiting(Thread tester) {
        while (tester.isAlive() && tester.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
    }

    static ExtensionContext test(Throwable failure) {
        return (ExtensionContext) Proxy.newProxyInstance(
                RecordedTelemetryTest.class.getClassLoader(),
                new Class<?>[] {ExtensionContext.class},
                (self, method, arguments) -> switch (method.getName()) {
                    case "getExecutionException" -> Optional.ofNullable(failure);
                    case "getUniqueId" -> "1";
                    case "getDisplayName" -> "streams()";
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }
}
