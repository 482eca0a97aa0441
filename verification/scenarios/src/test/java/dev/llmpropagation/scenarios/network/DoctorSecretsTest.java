package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.doctor.Doctor;
import dev.llmpropagation.fixtures.Slow;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code doctor check} as a program of its own, which has its secrets from the environment, and whose loggers all write
 * all that they have. None of the secrets is in what it prints.
 */
class DoctorSecretsTest {

    private static final String KEY = "MARKER-api-key-0123456789";

    /** {@link Squid#PASSWORD}, as a URL has it. */
    private static final String PASSWORD = "SQUID%3Ap%40ss%2FMARKER%251";

    private static final Certificates CERTIFICATES = new Certificates();

    /** Writes what loggers of SLF4J get. */
    private static final Path SLF4J = Path.of("target/slf4j-simple.jar");

    @RegisterExtension
    static final Squid squid = new Squid();

    @TempDir
    Path folder;

    private final ScriptedService service = ScriptedService.https(ScriptedService.Shape.OPENAI, CERTIFICATES);
    private Path logging;
    private String ca;

    @BeforeEach
    void start() throws IOException {
        logging = Files.writeString(folder.resolve("logging.properties"), """
                handlers=java.util.logging.ConsoleHandler
                java.util.logging.ConsoleHandler.level=ALL
                .level=ALL
                """);
        ca = Files.writeString(folder.resolve("ca.pem"), CERTIFICATES.authority.certificatePem())
                .toString();
        service.errorMessage = "wrong key: " + KEY;
    }

    @AfterEach
    void close() {
        service.close();
    }

    @Test
    void success_showsNoSecret() throws Exception {
        Run run = check(environment(PASSWORD), "--model", "m", "--live", "--proxy", "env");

        assertThat(run.exitCode).as(run.output).isZero();
        assertThat(run.output).contains("Key: OPENAI_API_KEY (present)").contains("✓ no stage failed");
        // Else nothing would be shown by its silence.
        assertThat(run.output).contains("FINE: ");
        assertThat(squid.accessLog()).anyMatch(line -> line.startsWith(Squid.USER + " CONNECT "));
    }

    @Slow
    @Test
    void wrongPasswordOfTheProxysUrl_showsNoSecret() throws Exception {
        Run run = check(environment("MARKER%2Fwrong"), "--proxy", "env", "--json");

        assertThat(run.exitCode).as(run.output).isEqualTo(13);
        assertThat(run.output).contains("\"failureClass\" : \"proxy_auth\"");
    }

    @Slow
    @Test
    void wrongPasswordOfItsOwnVariable_showsNoSecret() throws Exception {
        Map<String, String> environment = Map.of("OPENAI_API_KEY", KEY, "DOCTOR_PROXY_PASSWORD", "MARKER/wrong");

        Run run = check(environment, "--proxy", "http://127.0.0.1:" + squid.port(), "--proxy-user", Squid.USER);

        assertThat(run.exitCode).as(run.output).isEqualTo(13);
        assertThat(run.output).contains("✗ failed: proxy (exit code 13)");
    }

    @Test
    void keyThatTheServiceRepeats_isNotShown() throws Exception {
        service.modelsStatus = 401;

        Run run = check(environment(PASSWORD), "--proxy", "env");

        assertThat(run.exitCode).as(run.output).isEqualTo(15);
        assertThat(run.output).contains("the key of OPENAI_API_KEY is not accepted");
    }

    @Test
    void proxyVariableThatIsNone_showsNoSecret() throws Exception {
        Map<String, String> environment = Map.of("OPENAI_API_KEY", KEY, "https_proxy", "ftp://u:MARKER@127.0.0.1");

        Run run = check(environment, "--proxy", "env");

        assertThat(run.exitCode).as(run.output).isEqualTo(2);
        assertThat(run.output).startsWith("--proxy: ").contains("https_proxy");
    }

    @Slow
    @Test
    void brokenStreamOfGemini_showsNoSecret() throws Exception {
        try (ScriptedService gemini = ScriptedService.http(ScriptedService.Shape.GEMINI)) {
            gemini.complete = false;
            gemini.cut = true;
            Map<String, String> environment = Map.of(
                    "GOOGLE_API_KEY", KEY, "GEMINI_API_KEY", "MARKER-other", "GOOGLE_GENAI_USE_VERTEXAI", "true");

            Run run = run(
                    environment,
                    Stream.of(
                            "--provider",
                            "gemini",
                            "--base-url",
                            "http://localhost:" + gemini.port(),
                            "--model",
                            "m",
                            "--live"));

            assertThat(run.exitCode).as(run.output).isEqualTo(18);
        }
    }

    @Slow
    @Test
    void variableOfGemini_isReadWhereThatOfGoogleIsMissing() throws Exception {
        try (ScriptedService gemini = ScriptedService.http(ScriptedService.Shape.GEMINI)) {
            Run run = run(
                    Map.of("GEMINI_API_KEY", KEY),
                    Stream.of(
                            "--provider", "gemini", "--base-url", "http://localhost:" + gemini.port(), "--model", "m"));

            assertThat(run.output).contains("Key: GEMINI_API_KEY (present)");
        }
    }

    @Slow
    @Test
    void tokenThatVertexRefuses_isNotShown() throws Exception {
        try (ScriptedService vertex = ScriptedService.http(ScriptedService.Shape.GEMINI)) {
            vertex.modelsStatus = 401;
            vertex.errorMessage = "wrong token: " + KEY;
            Map<String, String> environment =
                    Map.of("GOOGLE_ACCESS_TOKEN", KEY, "GOOGLE_API_KEY", "MARKER", "GOOGLE_SDK_JAVA_LOGGING", "true");

            Run run = run(
                    environment,
                    Stream.of(
                            "--provider",
                            "vertex",
                            "--project",
                            "p",
                            "--base-url",
                            "http://localhost:" + vertex.port(),
                            "--model",
                            "m"));

            assertThat(run.exitCode).as(run.output).isEqualTo(15);
            assertThat(run.output).contains("the key of GOOGLE_ACCESS_TOKEN is not accepted");
        }
    }

    private Map<String, String> environment(String password) {
        return Map.of(
                "OPENAI_API_KEY",
                KEY,
                "OPENAI_LOG",
                "debug",
                "GOOGLE_SDK_JAVA_LOGGING",
                "true",
                "HTTPS_PROXY",
                "http://" + Squid.USER + ':' + password + "@127.0.0.1:" + squid.port());
    }

    private Run check(Map<String, String> environment, String... args) throws Exception {
        String url = "https://" + Squid.KNOWN_HOST + ':' + service.port() + "/v1";
        return run(environment, Stream.concat(Stream.of("--base-url", url, "--ca", ca), Stream.of(args)));
    }

    private Run run(Map<String, String> environment, Stream<String> args) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Djava.util.logging.config.file=" + logging,
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=trace",
                "-cp",
                System.getProperty("java.class.path") + File.pathSeparator + SLF4J,
                Doctor.class.getName(),
                "check"));
        args.forEach(command::add);
        File output = folder.resolve("output").toFile();
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output);
        builder.environment().keySet().removeIf(name -> name.toLowerCase(Locale.ROOT)
                .endsWith("_proxy"));
        builder.environment().putAll(environment);
        Process process = builder.start();
        try {
            assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        } finally {
            process.destroyForcibly();
        }
        Run run = new Run(process.exitValue(), Files.readString(output.toPath(), StandardCharsets.UTF_8));
        assertThat(SLF4J).exists();
        assertThat(run.output).doesNotContain("SLF4J(W)").doesNotContain(DoctorOutput.MARKER);
        // Nobody looks at a file in colour, or waits in front of it.
        assertThat(run.output).doesNotContain("\u001b");
        for (String password : List.of(Squid.PASSWORD, "MARKER/wrong")) {
            String credentials = Squid.USER + ':' + password;
            assertThat(run.output)
                    .doesNotContain(Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8)));
        }
        return run;
    }

    private record Run(int exitCode, String output) {}
}
