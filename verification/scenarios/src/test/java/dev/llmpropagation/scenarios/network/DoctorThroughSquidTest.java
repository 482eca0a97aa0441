package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.doctor.Doctor;
import dev.llmpropagation.fixtures.JavaProgram;
import dev.llmpropagation.fixtures.Slow;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code doctor demo --proxy URL}, as a program of its own. */
class DoctorThroughSquidTest {

    /** {@link Squid#PASSWORD}, as a URL has it. */
    private static final String PASSWORD = "SQUID%3Ap%40ss%2FMARKER%251";

    @RegisterExtension
    static final Squid squid = new Squid();

    @Test
    void demo_goesThroughTheProxy() throws Exception {
        Run run = demo("http://" + Squid.USER + ':' + PASSWORD + "@127.0.0.1:" + squid.port());

        assertThat(run.exitCode).as(run.report).isZero();
        assertThat(run.report)
                .contains("All calls go through the proxy http://***@127.0.0.1:" + squid.port() + ".")
                .contains(" 0 failed");
        assertKeepsItsSecrets(run);
        for (String path : new String[] {"/v1/chat/completions", ":generateContent", ":streamGenerateContent"}) {
            assertThat(squid.accessLog())
                    .anyMatch(line -> line.startsWith(Squid.USER + " POST http://localhost:") && line.contains(path));
        }
    }

    @Slow
    @Test
    void demoWithAWrongPassword_failsAndSaysSo() throws Exception {
        Run run = demo("http://" + Squid.USER + ":MARKER-wrong@127.0.0.1:" + squid.port());

        assertThat(run.exitCode).isEqualTo(1);
        assertThat(run.report).contains("No call came through the proxy").contains("407");
        assertKeepsItsSecrets(run);
        assertThat(squid.accessLog()).isNotEmpty().noneMatch(line -> line.contains(" 200 "));
    }

    @Slow
    @Test
    void demoWithoutTheProxy_fails() throws Exception {
        Run run = demo("http://" + Squid.USER + ':' + PASSWORD + "@127.0.0.1:" + RealServer.freePort());

        assertThat(run.exitCode).isEqualTo(1);
        assertThat(run.report).contains("No call came through the proxy").contains("ConnectException");
        assertKeepsItsSecrets(run);
    }

    @Test
    void demoWithAnUnusableProxy_isWrongUsage() throws Exception {
        Run run = demo("ftp://" + Squid.USER + ':' + PASSWORD + "@127.0.0.1");

        assertThat(run.exitCode).isEqualTo(2);
        assertThat(run.report).contains("--proxy: ").contains("Usage: doctor demo");
        assertKeepsItsSecrets(run);
    }

    private static void assertKeepsItsSecrets(Run run) {
        assertThat(run.report).doesNotContain("MARKER");
    }

    private static Run demo(String proxy) throws Exception {
        Process process = JavaProgram.of(Doctor.class, "demo", "--no-color", "--proxy", proxy)
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String report = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return new Run(process.waitFor(), report);
    }

    private record Run(int exitCode, String report) {}
}
