package dev.llmpropagation.verification.doctor;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Option;

/** The command line. */
@Command(
        name = "doctor",
        description = "Shows what llm-propagation does on the wire.",
        mixinStandardHelpOptions = true,
        versionProvider = Doctor.Version.class,
        synopsisSubcommandLabel = "COMMAND")
public final class Doctor {

    private Doctor() {}

    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        return new CommandLine(new Doctor());
    }

    @Command(
            name = "demo",
            description = {
                "Runs clients of openai-java and google-genai through the library against local servers,",
                "and shows headers and spans. Needs no network and no key."
            },
            exitCodeListHeading = "Exit codes:%n",
            exitCodeList = {"0:all is as it must be", "1:something is not", "2:wrong usage"})
    int demo(
            @Option(names = "--no-color", description = "No colours, even on a terminal.") boolean noColor,
            @Option(
                            names = {"-h", "--help"},
                            usageHelp = true,
                            description = "Shows this help.")
                    boolean help)
            throws Exception {
        // The report draws with signs that the platform's encoding may lack.
        PrintStream out = new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
        Paint paint = !noColor && Ansi.AUTO.enabled() ? Paint.ANSI : Paint.PLAIN;
        return new Demo(out, paint).run() ? 0 : 1;
    }

    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = Doctor.class.getPackage().getImplementationVersion();
            return new String[] {"doctor of llm-propagation " + (version == null ? "(unpackaged)" : version)};
        }
    }
}
