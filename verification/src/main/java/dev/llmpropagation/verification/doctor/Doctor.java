package dev.llmpropagation.verification.doctor;

import dev.llmpropagation.verification.doctor.check.CheckCommand;
import dev.llmpropagation.verification.doctor.daemon.DaemonDemo;
import dev.llmpropagation.verification.doctor.listen.ListenCommand;
import dev.llmpropagation.verification.doctor.show.Paint;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.function.Consumer;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line. */
@Command(
        name = "doctor",
        description = "Shows what llm-propagation does on the wire.",
        mixinStandardHelpOptions = true,
        versionProvider = Doctor.Version.class,
        subcommands = {CheckCommand.class, ListenCommand.class, TraceCommand.class},
        synopsisSubcommandLabel = "COMMAND")
public final class Doctor {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    final PrintStream out;
    private final Consumer<OkHttpClient.Builder> tamper;

    /** @param tamper see {@link Demo} */
    Doctor(PrintStream out, Consumer<OkHttpClient.Builder> tamper) {
        this.out = out;
        this.tamper = tamper;
    }

    public static void main(String[] args) {
        // The report draws with signs that the platform's encoding may lack.
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        System.exit(new CommandLine(new Doctor(out, builder -> {}))
                .setOut(writer(out))
                .setErr(writer(new FileOutputStream(FileDescriptor.err)))
                .execute(args));
    }

    private static PrintWriter writer(OutputStream bytes) {
        return new PrintWriter(new OutputStreamWriter(bytes, StandardCharsets.UTF_8), true);
    }

    @Command(
            name = "demo",
            description = {
                "Shows what real SDK clients send through the library, and the spans that come of it.",
                "They call local servers: it needs no network and no key."
            },
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {"0:all is as it must be", "1:something is not", "2:wrong usage"})
    int demo(
            @Option(
                            names = "--proxy",
                            paramLabel = "URL",
                            description = {
                                "Calls through this proxy: http://user:password@host:port,",
                                "or socks5 for http. It has to be on this machine, as the",
                                "demo's servers are."
                            })
                    @Nullable
                    String proxy,
            @Option(
                            names = "--daemon",
                            description =
                                    "Runs a daemon with agents in a process of their own, and shows each prompt's trace.")
                    boolean daemon,
            @Option(names = "--no-color", description = "No colours, even on a terminal.") boolean noColor,
            @Option(
                            names = "--save",
                            paramLabel = "FILE",
                            description = "Writes the spans as OTLP JSON, for: doctor trace FILE.")
                    @Nullable
                    Path save,
            @Option(
                            names = {"-h", "--help"},
                            usageHelp = true,
                            description = "Shows this help.")
                    boolean help)
            throws Exception {
        if (daemon) {
            return new DaemonDemo(out).run() ? 0 : 1;
        }
        Paint paint = !noColor && Ansi.AUTO.enabled() ? Paint.ANSI : Paint.PLAIN;
        return new Demo(out, paint, proxy(proxy), tamper, save).run() ? 0 : 1;
    }

    private @Nullable DemoProxy proxy(@Nullable String url) {
        try {
            return url == null ? null : DemoProxy.parse(url);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.subcommands().get("demo"), "--proxy: " + e.getMessage(), e);
        }
    }

    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Doctor.class.getPackage().getImplementationVersion();
            return new String[] {"doctor of llm-propagation " + (version == null ? "(unpackaged)" : version)};
        }
    }
}
