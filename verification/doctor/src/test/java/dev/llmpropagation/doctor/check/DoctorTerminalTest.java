package dev.llmpropagation.doctor.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.llmpropagation.doctor.DoctorProcess;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code doctor check} in front of a human: in a terminal, which {@code script} makes. */
class DoctorTerminalTest {

    private static final String ESCAPE = "\u001b[";
    private static final String PROGRESS = "\r\u001b[K… a connection to localhost";

    @TempDir
    Path folder;

    @BeforeEach
    void needTerminals() {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/script")), "script is not installed");
    }

    @Test
    void terminal_getsColoursAndSeesWhatIsWaitedFor() throws Exception {
        String shown = terminal("");

        assertThat(shown).contains(PROGRESS).contains("\u001b[31m✗\u001b[0m TCP");
    }

    @Test
    void terminalWithoutColours_seesWhatIsWaitedFor() throws Exception {
        String shown = terminal("--no-color");

        assertThat(shown).contains(PROGRESS).contains("✗ TCP").doesNotContain("\u001b[3");
    }

    @Test
    void fileBesideATerminal_getsNeither() throws Exception {
        Path file = folder.resolve("report");

        String shown = terminal("> " + file);

        assertThat(shown).contains(PROGRESS);
        assertThat(Files.readString(file)).contains("✗ TCP").doesNotContain(ESCAPE);
    }

    /** What a terminal shows of a check that fails. */
    private String terminal(String end) throws Exception {
        // Nobody listens at port 1.
        List<String> doctor = DoctorProcess.of(List.of(), "check", "--base-url", "http://localhost:1/v1")
                .command();
        String command = "'" + String.join("' '", doctor) + "' " + end;
        Path commands = Files.writeString(folder.resolve("commands"), command);
        ProcessBuilder builder = new ProcessBuilder("script", "-qec", "sh " + commands, "/dev/null")
                .redirectErrorStream(true)
                .redirectInput(Path.of("/dev/null").toFile());
        builder.environment().put("TERM", "xterm");
        builder.environment().remove("NO_COLOR");
        Process process = builder.start();
        String shown = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(shown).isEqualTo(12);
        return shown;
    }
}
