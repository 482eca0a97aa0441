package dev.llmpropagation.doctor;

import dev.llmpropagation.doctor.check.CheckCommand;
import dev.llmpropagation.doctor.daemon.DaemonDemo;
import dev.llmpropagation.doctor.listen.ListenCommand;
import dev.llmpropagation.doctor.show.Paint;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command line. */
@Command(
        name = "doctor",
        description = "Shows what llm-propagation does on the wire.",
        versionProvider = Doctor.Version.class,
        subcommands = {CheckCommand.class, ClasspathCommand.class, ListenCommand.class, TraceCommand.class},
        synopsisSubcommandLabel = "COMMAND")
public final class Doctor {

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    /** Of each command, too. */
    @Option(
            names = {"-h", "--help"},
            scope = ScopeType.INHERIT,
            usageHelp = true,
            description = "Shows this help.")
    @SuppressWarnings("UnusedVariable") // picocli reads it
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Shows the version.")
    @SuppressWarnings("UnusedVariable") // picocli reads it
    private boolean version;

    final PrintStream out;
    private final Consumer<OkHttpClient.Builder> tamper;

    /** @param tamper see {@link Demo} */
    Doctor(PrintStream out, Consumer<OkHttpClient.Builder> tamper) {
        this.out = out;
        this.tamper = tamper;
    }

    public static void main(String[] args) {
        // Else a line on standard error says that nobody takes the log of the server of listen.
        System.setProperty("slf4j.internal.verbosity", "ERROR");
        // The report draws with signs that the platform's encoding may lack.
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        System.exit(commandLine(new Doctor(out, builder -> {}))
                .setOut(writer(out))
                .setErr(writer(new FileOutputStream(FileDescriptor.err)))
                .execute(args));
    }

    static CommandLine commandLine(Doctor doctor) {
        return new CommandLine(doctor).setParameterExceptionHandler(new WrongUsage());
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
            @Option(
                            names = "--zipkin",
                            paramLabel = "URL",
                            description = {
                                "With --daemon: the spans go to this Zipkin as well, and are",
                                "read back from there, as http://localhost:9411."
                            })
                    @Nullable
                    String zipkin,
            @Option(names = "--no-color", description = "No colours, even on a terminal.") boolean noColor,
            @Option(
                            names = "--save",
                            paramLabel = "FILE",
                            description = "Writes the spans as OTLP JSON, for: doctor trace FILE.")
                    @Nullable
                    Path save)
            throws Exception {
        Path folder = save == null ? null : save.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            throw wrong("--save: its folder does not exist", null);
        }
        if (daemon) {
            if (proxy != null) {
                throw wrong("--proxy: the agents of --daemon use no proxy; leave one of them out", null);
            }
            return new DaemonDemo(out, zipkin(zipkin), save).run() ? 0 : 1;
        }
        if (zipkin != null) {
            throw wrong("--zipkin: it goes with --daemon", null);
        }
        Paint paint = !noColor && Ansi.AUTO.enabled() ? Paint.ANSI : Paint.PLAIN;
        return new Demo(out, paint, proxy(proxy), tamper, save).run() ? 0 : 1;
    }

    private @Nullable DemoProxy proxy(@Nullable String url) {
        try {
            return url == null ? null : DemoProxy.parse(url);
        } catch (IllegalArgumentException e) {
            throw wrong("--proxy: " + e.getMessage(), e);
        }
    }

    /** Without a slash at its end. */
    private @Nullable String zipkin(@Nullable String url) {
        if (url == null) {
            return null;
        }
        URI parsed;
        try {
            parsed = new URI(url);
        } catch (URISyntaxException e) {
            throw wrong("--zipkin: that is no URL; write http://host:port", e);
        }
        boolean http = "http".equals(parsed.getScheme()) || "https".equals(parsed.getScheme());
        if (!http
                || parsed.getHost() == null
                || parsed.getPort() > 65535
                || parsed.getUserInfo() != null
                || parsed.getQuery() != null) {
            throw wrong("--zipkin: that is no address of a Zipkin; write http://host:port", null);
        }
        return url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    }

    private ParameterException wrong(String message, @Nullable Exception cause) {
        return new ParameterException(spec.subcommands().get("demo"), message, cause);
    }

    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Doctor.class.getPackage().getImplementationVersion();
            return new String[] {"doctor of llm-propagation " + (version == null ? "(unpackaged)" : version)};
        }
    }
}
