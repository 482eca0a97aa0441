package dev.llmpropagation.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
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
    void everyCommand_hasHelp() {
        for (String command : doctor().getSubcommands().keySet()) {
            assertThat(execute(command, "--help")).as(command).isZero();
            assertThat(out.toString()).contains("Usage: doctor " + command);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "--port 99999, --port: it is not between 0 and 65535",
        "--port -1, --port: it is not between 0 and 65535",
        "--save no/such/folder/x.jsonl, --save: its folder does not exist",
    })
    void listen_namesTheOptionThatItCannotUse(String options, String told) {
        assertThat(execute(("listen " + options).split(" "))).isEqualTo(2);
        assertThat(err.toString()).startsWith(told);
    }

    @Test
    void unknownCommand_isWrongUsage() {
        assertThat(execute("demmo")).isEqualTo(2);
        assertThat(err.toString()).containsPattern("(?s)no such command.*argument too many.*Did you mean.*demo");
    }

    @ParameterizedTest
    @CsvSource({
        "--zipkin http://localhost:9411, it goes with --daemon",
        "--daemon --zipkin localhost, write http://host:port",
        "--daemon --zipkin http://, write http://host:port",
        "--daemon --zipkin http://a:MARKER@host, write http://host:port",
        "--daemon --proxy http://localhost:1, leave one of them out",
        "--daemon --zipkin http://localhost:99999, write http://host:port",
        "--save no/such/folder/spans.jsonl, its folder does not exist",
    })
    void demoOfTheDaemon_refusesWhatItWouldDrop(String options, String remedy) {
        assertThat(execute(("demo " + options).split(" "))).isEqualTo(2);
        assertThat(err.toString()).contains(remedy).doesNotContain("MARKER");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "check --apikey MARKER",
                "check --apikey=MARKER",
                "check MARKER",
                "check -kMARKER",
                "check -k MARKER",
                "check --timeout MARKER",
                "listen --port MARKER",
                "demo MARKER",
                "MARKER"
            })
    void wrongUsage_repeatsNoValue(String arguments) {
        assertThat(execute(arguments.split(" "))).isEqualTo(2);
        assertThat(out.toString() + err).doesNotContain("MARKER");
        assertThat(err.toString()).containsAnyOf("may be a secret", "Unknown option: --apikey", "Unknown option: -k");
    }

    @Test
    void noCommand_isWrongUsage() {
        assertThat(execute()).isEqualTo(2);
        assertThat(err.toString()).contains("demo");
    }

    private static CommandLine doctor() {
        return Doctor.commandLine(new Doctor(System.out, builder -> {}));
    }

    private int execute(String... args) {
        return doctor().setColorScheme(CommandLine.Help.defaultColorScheme(CommandLine.Help.Ansi.OFF))
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(args);
    }
}
