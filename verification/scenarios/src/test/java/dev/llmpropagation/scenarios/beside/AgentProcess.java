package dev.llmpropagation.scenarios.beside;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.doctor.trace.OtlpReceiver;
import dev.llmpropagation.fixtures.JavaProgram;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program with the real OpenTelemetry Java agent, from its start to its end. */
final class AgentProcess {

    private static final Path AGENT = Path.of("target/opentelemetry-javaagent.jar");

    private AgentProcess() {}

    /**
     * Traces alone go to the collector, unless the settings say otherwise.
     *
     * @param settings the agent's, by the names of its environment
     * @return what the program printed
     */
    static String run(
            Class<?> program, Path folder, OtlpReceiver collector, Map<String, String> settings, List<String> arguments)
            throws IOException, InterruptedException {
        File output = folder.resolve("output").toFile();
        ProcessBuilder builder = JavaProgram.of(
                        List.of("-javaagent:" + AGENT.toAbsolutePath()), program, arguments.toArray(String[]::new))
                .redirectErrorStream(true)
                .redirectOutput(output);
        Map<String, String> environment = builder.environment();
        environment.put("OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint());
        environment.put("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf");
        environment.put("OTEL_METRICS_EXPORTER", "none");
        environment.put("OTEL_LOGS_EXPORTER", "none");
        environment.putAll(settings);
        Process process = builder.start();
        try {
            boolean ended = process.waitFor(5, TimeUnit.MINUTES);
            String said = Files.readString(output.toPath());
            assertThat(ended).as("ended: %s", said).isTrue();
            assertThat(process.exitValue()).as(said).isZero();
            return said;
        } finally {
            process.destroyForcibly();
        }
    }
}
