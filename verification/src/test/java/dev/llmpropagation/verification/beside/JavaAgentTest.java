package dev.llmpropagation.verification.beside;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import dev.llmpropagation.verification.trace.OtlpReceiver;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JavaAgentTest {

    private static final Path AGENT = Path.of("target/opentelemetry-javaagent.jar");

    private final WireMockServer server = new WireMockServer(
            WireMockConfiguration.options().bindAddress("127.0.0.1").dynamicPort());
    private OtlpReceiver agentCollector;
    private OtlpReceiver ownCollector;

    @TempDir
    private Path folder;

    @BeforeEach
    void start() throws IOException {
        server.start();
        Services.stub(server);
        agentCollector = OtlpReceiver.start();
        ownCollector = OtlpReceiver.start();
    }

    @AfterEach
    void stop() {
        ownCollector.close();
        agentCollector.close();
        server.stop();
    }

    @Test
    void global() throws Exception {
        run(server.baseUrl());
        dump();
    }

    @Test
    void separate() throws Exception {
        run(server.baseUrl(), ownCollector.endpoint());
        dump();
    }

    private void dump() {
        System.out.println("AGENT");
        agentCollector.spans().forEach(System.out::println);
        System.out.println("OWN");
        ownCollector.spans().forEach(System.out::println);
        System.out.println("WIRE");
        server.getAllServeEvents()
                .forEach(e -> System.out.println(
                        e.getRequest().getUrl() + " " + e.getRequest().getHeader("traceparent") + " "
                                + e.getRequest().getHeader("X-Qwen-Code-Session-Id")));
    }

    private void run(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-javaagent:" + AGENT.toAbsolutePath(),
                "-cp",
                System.getProperty("java.class.path"),
                ModelCalls.class.getName()));
        command.addAll(List.of(arguments));
        File output = folder.resolve("output").toFile();
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output);
        builder.environment()
                .putAll(Map.of(
                        "OTEL_EXPORTER_OTLP_ENDPOINT", agentCollector.endpoint(),
                        "OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf",
                        "OTEL_METRICS_EXPORTER", "none",
                        "OTEL_LOGS_EXPORTER", "none"));
        Process process = builder.start();
        try {
            assertThat(process.waitFor(3, TimeUnit.MINUTES)).as("ended").isTrue();
            String said = Files.readString(output.toPath(), StandardCharsets.UTF_8);
            System.out.println(said);
            assertThat(process.exitValue()).as(said).isZero();
        } finally {
            process.destroyForcibly();
        }
    }
}
