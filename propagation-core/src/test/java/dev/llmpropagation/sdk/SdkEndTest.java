package dev.llmpropagation.sdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.fixtures.LogListener;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import java.util.logging.ConsoleHandler;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The end of an SDK, and what it has to say of itself. */
class SdkEndTest {

    private static final Duration LONG = Duration.ofSeconds(60);

    @Test
    void sdkThatEndsWell_isShutDownInAllItsParts() {
        RecordedTelemetry telemetry = RecordedTelemetry.create();
        OpenTelemetrySdk sdk = telemetry.openTelemetry();

        assertThat(SdkShutdown.within(sdk, LONG)).isEmpty();
        sdk.getTracer("t").spanBuilder("late").startSpan().end();
        sdk.getLogsBridge().get("t").logRecordBuilder().setBody("late").emit();
        assertThat(telemetry.spans()).isEmpty();
        assertThat(telemetry.logs()).isEmpty();
    }

    @Test
    void partThatFails_isNamedAlone() {
        assertThat(SdkShutdown.within(sdk(exporter(CompletableResultCode::ofFailure)), LONG))
                .containsExactly("traces");
        assertThat(SdkShutdown.within(
                        sdk(exporter(() -> {
                            throw new IllegalStateException("MARKER");
                        })),
                        LONG))
                .containsExactly("traces");
    }

    @Test
    void partThatBlocks_isNamedAfterTheBoundAndTakesNothingFromTheOthers() {
        CountDownLatch release = new CountDownLatch(1);
        AtomicReference<Thread> blocked = new AtomicReference<>();
        OpenTelemetrySdk sdk = sdk(exporter(() -> {
            blocked.set(Thread.currentThread());
            await().atMost(LONG).until(() -> release.getCount() == 0);
            return CompletableResultCode.ofSuccess();
        }));

        assertThat(SdkShutdown.within(sdk, Duration.ofSeconds(3))).containsExactly("traces");
        assertThat(blocked.get().isDaemon()).isTrue();
        release.countDown();
    }

    /** What is left until a deadline that is over. */
    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE})
    void boundOfAnyLength_isOne(long seconds) {
        assertThat(SdkShutdown.within(RecordedTelemetry.create().openTelemetry(), Duration.ofSeconds(seconds)))
                .isSubsetOf("traces", "metrics", "logs");
    }

    @Test
    void interrupt_endsTheWaitAndStaysSet() {
        CountDownLatch release = new CountDownLatch(1);
        OpenTelemetrySdk sdk = sdk(exporter(() -> {
            await().atMost(LONG).until(() -> release.getCount() == 0);
            return CompletableResultCode.ofSuccess();
        }));
        Thread.currentThread().interrupt();
        List<String> late = SdkShutdown.within(sdk, LONG);

        assertThat(Thread.interrupted()).isTrue();
        assertThat(late).contains("traces");
        release.countDown();
    }

    @Test
    void whatTelemetrySaysOfItself_goesToTheSinkAlone() {
        List<String> lines = new CopyOnWriteArrayList<>();
        List<String> above = new CopyOnWriteArrayList<>();
        Handler parent = new LogListener(line -> above.add(line.getMessage()));
        Logger root = Logger.getLogger("");
        root.addHandler(parent);
        try (SdkDiagnostics ignored = SdkDiagnostics.to(lines::add)) {
            Logger.getLogger("io.opentelemetry.exporter").log(Level.WARNING, "lost {0}\u001b[31m", new Object[] {7});
            Logger.getLogger("dev.llmpropagation").log(Level.INFO, "key=abcdefgh", new IllegalStateException("MARKER"));
            Logger.getLogger("dev.llmpropagation").log(Level.FINE, "not shown");
        } finally {
            root.removeHandler(parent);
        }
        assertThat(lines)
                .containsExactly(
                        "WARNING io.opentelemetry.exporter: lost 7",
                        "INFO dev.llmpropagation: REDACTED (java.lang.IllegalStateException)");
        assertThat(above).isEmpty();
    }

    @Test
    void close_putsEverythingBack() {
        List<String> lines = new CopyOnWriteArrayList<>();
        Logger logger = Logger.getLogger("io.opentelemetry");
        boolean before = logger.getUseParentHandlers();
        int handlers = logger.getHandlers().length;
        logger.setUseParentHandlers(true);
        SdkDiagnostics diagnostics = SdkDiagnostics.to(lines::add);
        assertThat(logger.getUseParentHandlers()).isFalse();
        assertThat(logger.getHandlers()).hasSize(handlers + 1);
        diagnostics.close();

        assertThat(logger.getUseParentHandlers()).isTrue();
        assertThat(logger.getHandlers()).hasSize(handlers).noneMatch(ConsoleHandler.class::isInstance);
        logger.setUseParentHandlers(false);
        SdkDiagnostics.to(lines::add).close();
        assertThat(logger.getUseParentHandlers()).isFalse();
        logger.warning("not told");
        logger.setUseParentHandlers(before);
        assertThat(lines).isEmpty();
    }

    @Test
    void severalSinks_areClosedInAnyOrder() {
        Logger logger = Logger.getLogger("io.opentelemetry");
        boolean before = logger.getUseParentHandlers();
        logger.setUseParentHandlers(true);
        List<String> first = new CopyOnWriteArrayList<>();
        List<String> second = new CopyOnWriteArrayList<>();
        SdkDiagnostics one = SdkDiagnostics.to(first::add);
        SdkDiagnostics two = SdkDiagnostics.to(second::add);
        logger.warning("both");
        one.close();
        one.close();
        logger.warning("one of them");

        assertThat(logger.getUseParentHandlers()).as("while one is open").isFalse();
        assertThat(first).containsExactly("WARNING io.opentelemetry: both");
        assertThat(second).containsExactly("WARNING io.opentelemetry: both", "WARNING io.opentelemetry: one of them");
        two.close();
        assertThat(logger.getUseParentHandlers()).as("when none is").isTrue();

        logger.setUseParentHandlers(false);
        two.close();
        one.close();
        assertThat(logger.getUseParentHandlers())
                .as("what the program sets later")
                .isFalse();
        logger.setUseParentHandlers(before);
    }

    @Test
    void sinkThatThrows_harmsNobody() {
        try (SdkDiagnostics ignored = SdkDiagnostics.to(line -> {
            throw new IllegalStateException(line);
        })) {
            Logger.getLogger("io.opentelemetry").warning("hello");
        }
    }

    private static OpenTelemetrySdk sdk(SpanExporter exporter) {
        return RecordedTelemetry.create(spans -> spans.addSpanProcessor(SimpleSpanProcessor.create(exporter)))
                .openTelemetry();
    }

    private static SpanExporter exporter(Supplier<CompletableResultCode> shutdown) {
        return new SpanExporter() {
            @Override
            public CompletableResultCode export(Collection<SpanData> spans) {
                return CompletableResultCode.ofSuccess();
            }

            @Override
            public CompletableResultCode flush() {
                return CompletableResultCode.ofSuccess();
            }

            @Override
            public CompletableResultCode shutdown() {
                return shutdown.get();
            }
        };
    }
}
