package dev.llmpropagation.doctor.check;

import dev.llmpropagation.doctor.show.Paint;
import dev.llmpropagation.doctor.show.Progress;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Checks one endpoint. */
@Command(
        name = "check",
        description = {
            "Checks a model service stage by stage, with the clients that a program would use, and says which headers"
                    + " of the library go to it.",
            "Without --live it makes no paid call: it asks for the list of models."
        },
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {
            "  doctor check --provider dashscope --model qwen-plus --live",
            "  doctor check --provider gemini --key-file gemini.key --json",
            "  doctor check --provider vertex --project my-project --model gemini-2.5-flash",
            "  doctor check --base-url https://gw.corp.example/v1 --key-env GW_KEY \\",
            "      --ca corp-ca.pem --client-cert me.pem --client-key me.key",
            "  DOCTOR_PROXY_PASSWORD=… doctor check --provider openai \\",
            "      --proxy http://proxy.corp.example:3128 --proxy-user me"
        },
        exitCodeListHeading = "%nExit codes, by the first stage that failed:%n",
        exitCodeList = {
            "0:no stage failed",
            "1:the check itself failed",
            "2:wrong usage",
            "11:DNS",
            "12:TCP",
            "13:proxy",
            "14:TLS",
            "15:authentication",
            "16:model",
            "17:first byte of the stream",
            "18:end of the stream"
        })
public final class CheckCommand implements Callable<Integer> {

    /** Held, because a logger that nobody holds forgets its level. */
    private static final Logger SDK_LOGGER = Logger.getLogger("com.google.genai");

    private final Function<String, @Nullable String> environment;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Mixin
    private final CheckOptions options = new CheckOptions();

    @Option(names = "--json", description = "Prints JSON, as docs/doctor-check.schema.json describes it.")
    private boolean json;

    @Option(names = "--no-color", description = "No colours, even on a terminal. NO_COLOR does the same.")
    private boolean noColor;

    public CheckCommand() {
        this(System::getenv);
    }

    CheckCommand(Function<String, @Nullable String> environment) {
        this.environment = environment;
    }

    @Override
    public Integer call() throws IOException {
        // Its warnings on which of two variables it takes would stand in the middle of the report.
        SDK_LOGGER.setLevel(Level.OFF);
        CheckPlan plan;
        try {
            plan = options.plan(environment);
        } catch (IllegalArgumentException e) {
            // All the help behind it would push it out of sight.
            PrintWriter err = spec.commandLine().getErr();
            err.println(e.getMessage());
            err.println("For help: doctor check --help");
            return CommandLine.ExitCode.USAGE;
        }
        CheckReport report;
        try {
            report = new CheckRun(plan, Progress.to(spec.commandLine().getErr())).run();
        } catch (RuntimeException e) {
            // Its stack trace would be printed, and others wrote the messages in it.
            spec.commandLine()
                    .getErr()
                    .println("The check itself failed: " + plan.secrets().mask(String.valueOf(e)));
            return 1;
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            JsonReport.write(report, out);
        } else {
            Paint paint = !noColor && Ansi.AUTO.enabled() ? Paint.ANSI : Paint.PLAIN;
            new TextReport(report, out, paint).write();
        }
        return report.exitCode();
    }
}
