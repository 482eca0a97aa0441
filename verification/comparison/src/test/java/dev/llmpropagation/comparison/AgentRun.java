package dev.llmpropagation.comparison;

import static org.awaitility.Awaitility.await;

import com.sun.tools.attach.VirtualMachine;
import dev.llmpropagation.doctor.trace.OtlpReceiver;
import dev.llmpropagation.fixtures.JavaProgram;
import dev.llmpropagation.testkit.Promise;
import dev.llmpropagation.testkit.Recording;
import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.OkHttpClient;
import org.junit.platform.engine.TestExecutionResult.Status;

/** The conformance kit in a JVM of its own, into which the OpenTelemetry Java agent is loaded. */
final class AgentRun {

    private static final String RESULT = "result ";

    private static OtlpReceiver collector;

    private AgentRun() {}

    /** By the name that is shown. */
    static Map<String, Status> run() {
        try {
            Process process = JavaProgram.of(
                            List.of("-Djdk.attach.allowAttachSelf=true"),
                            AgentRun.class,
                            Path.of(System.getProperty("agent.jar", "target/agent/opentelemetry-javaagent.jar"))
                                    .toAbsolutePath()
                                    .toString())
                    .redirectErrorStream(true)
                    .start();
            Map<String, Status> results = new TreeMap<>();
            try (BufferedReader output = process.inputReader()) {
                output.lines().filter(line -> line.startsWith(RESULT)).forEach(line -> {
                    String result = line.substring(RESULT.length());
                    int blank = result.indexOf(' ');
                    results.put(result.substring(blank + 1), Status.valueOf(result.substring(0, blank)));
                });
            } finally {
                process.destroy();
            }
            return results;
        } catch (IOException e) {
            throw new IllegalStateException("The agent could not be run", e);
        }
    }

    /** Before anything of OpenTelemetry's API is loaded: where to export to is known only now. */
    public static void main(String[] arguments) throws Exception {
        collector = OtlpReceiver.start();
        System.setProperty("otel.exporter.otlp.endpoint", collector.endpoint());
        System.setProperty("otel.bsp.schedule.delay", "20");
        System.setProperty("otel.metrics.exporter", "none");
        System.setProperty("otel.logs.exporter", "none");
        // else each export would be a span to be exported
        System.setProperty("otel.instrumentation.java-http-server.enabled", "false");
        System.setProperty("otel.instrumentation.jetty.enabled", "false");
        VirtualMachine self =
                VirtualMachine.attach(Long.toString(ProcessHandle.current().pid()));
        self.loadAgent(arguments[0]);
        self.detach();
        ComparisonTest.run(Contended.class).forEach((name, status) -> System.out.println(RESULT + status + ' ' + name));
        System.exit(0);
    }

    static final class Contended extends Contender {
        @Override
        protected Recording recording() {
            return new AgentRecording(Objects.requireNonNull(collector));
        }

        @Override
        Call.Factory instrumented(OkHttpClient.Builder builder, OpenTelemetry openTelemetry, String baseUrl) {
            return builder.build();
        }

        /** Metrics and propagators are inside the agent. */
        @Override
        protected Set<Promise> without() {
            return EnumSet.of(Promise.RETRY, Promise.METRIC, Promise.HARMLESS);
        }
    }

    /** @param since when the test began: spans of the one before may still come in */
    private record AgentRecording(OtlpReceiver received, Instant since) implements Recording {
        AgentRecording(OtlpReceiver received) {
            this(received, Instant.now());
            received.clear();
        }

        @Override
        public OpenTelemetry openTelemetry() {
            return GlobalOpenTelemetry.get();
        }

        @Override
        public Caller caller() {
            return Caller.of(
                    GlobalOpenTelemetry.getTracer("test").spanBuilder("caller").startSpan());
        }

        @Override
        public String currentSpanId() {
            return Span.current().getSpanContext().getSpanId();
        }

        /** The exporter comes by every 20 ms, but late for its first time. */
        @Override
        public List<TraceSpan> spans() {
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> spansSoFar().stream().anyMatch(TraceSpan::isClient));
            await().pollDelay(Duration.ofMillis(500)).until(() -> true);
            return spansSoFar();
        }

        @Override
        public List<TraceSpan> spansSoFar() {
            long begin = TimeUnit.SECONDS.toNanos(since.getEpochSecond()) + since.getNano();
            return received.spans().stream()
                    .filter(span -> span.startNanos() >= begin)
                    .sorted(Comparator.comparingLong(TraceSpan::startNanos))
                    .toList();
        }

        @Override
        public Set<String> metrics() {
            return Set.of();
        }
    }
}
