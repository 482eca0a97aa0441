package dev.llmpropagation.verification.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/** The command line, but for what its commands do. */
class DoctorTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void help_namesTheCommands() {
        assertThat(execute("--help")).isZero();
        assertThat(out.toString()).contains("demo");
    }

    @Test
    void helpOfACommand_namesItsOptionsAndExitCodes() {
        assertThat(execute("demo", "--help")).isZero();
        assertThat(out.toString()).contains("--no-color").contains("all is as it must be");
    }

    @Test
    void unknownCommand_isWrongUsage() {
        assertThat(execute("demmo")).isEqualTo(2);
        assertThat(err.toString()).contains("demmo");
    }

    @ParameterizedTest
    @CsvSource({
        "--zipkin http://localhost:9411, it goes with --daemon",
        "--daemon --zipkin localhost, write http://host:port",
        "--daemon --zipkin http://, write http://host:port",
        "--daemon --zipkin http://a:MARKER@host, write http://host:port",
        "--daemon --proxy http://localhost:1, leave one of them out",
    })
    void demoOfTheDaemon_refusesWhatItWouldDrop(String options, String remedy) {
        assertThat(execute(("demo " + options).split(" "))).isEqualTo(2);
        assertThat(err.toString()).contains(remedy).doesNotContain("MARKER");
    }

    @Test
    void noCommand_isWrongUsage() {
        assertThat(execute()).isEqualTo(2);
        assertThat(err.toString()).contains("demo");
    }

    private int execute(String... args) {
        return new CommandLine(new Doctor(System.out, builder -> {}))
                .setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(args);
    }
}
