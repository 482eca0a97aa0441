package dev.llmpropagation.verification;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.LlmPropagation;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
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
        Span child = telemetry
                .openTelemetry()
                .getTracer("test")
                .spanBuilder("child")
                .setParent(Context.root().with(parent))
                .startSpan();
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
                    .hasMessageContaining("Scope not closed");
        } finally {
            scope.close();
        }
        assertThatCode(telemetry::check).doesNotThrowAnyException();
    }

    @Test
    void bodyNotClosed_failsTheCheckAsALeakedConnection() throws IOException {
        openai.willStall();
        OkHttpClient client = LlmPropagation.builder(telemetry.openTelemetry())
                .build()
                .instrument(new OkHttpClient.Builder(), openai.baseUrl())
                .build();
        telemetry.watch(client);

        Response response = client.newCall(new Request.Builder()
                        .url(openai.baseUrl() + "/embeddings")
                        .build())
                .execute();
        assertThatThrownBy(telemetry::check)
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("Span not ended: \"GET\" (CLIENT); its response came, so the body is not closed")
                .hasMessageContaining("Connections not released: 1 of a watched client");

        response.close();
        assertThatCode(telemetry::check).doesNotThrowAnyException();
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
        Span open = telemetry.startSpan("turn");

        telemetry.afterEach(test(new AssertionError("of the test itself")));

        assertThat(printed.toString(StandardCharsets.UTF_8))
                .contains("streams(), which failed")
                .contains("turn");
        open.end();
    }

    @Test
    void waterfall_isNotPrintedIfTheTestPassedOrWasNotRun() {
        telemetry.startSpan("turn").end();

        telemetry.afterEach(test(null));
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

    private static ExtensionContext test(Throwable failure) {
        return (ExtensionContext) Proxy.newProxyInstance(
                RecordedTelemetryTest.class.getClassLoader(),
                new Class<?>[] {ExtensionContext.class},
                (self, method, arguments) -> switch (method.getName()) {
                    case "getExecutionException" -> Optional.ofNullable(failure);
                    case "getDisplayName" -> "streams()";
                    default -> throw new UnsupportedOperationException(method.getName());
                });
    }
}
