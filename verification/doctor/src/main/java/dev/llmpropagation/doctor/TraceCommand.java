package dev.llmpropagation.doctor;

import dev.llmpropagation.doctor.trace.TraceFile;
import dev.llmpropagation.doctor.trace.TracePage;
import dev.llmpropagation.doctor.trace.TraceReport;
import dev.llmpropagation.doctor.trace.TraceSelection;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Shows spans of a file. */
@Command(
        name = "trace",
        description = {
            "Shows the traces of a file of OTLP JSON: as a waterfall, or as one HTML page.",
            "The file is what a collector's file exporter or 'doctor demo --save' wrote."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  doctor trace spans.jsonl",
            "  doctor trace spans.jsonl --session session-1 --html trace.html",
            "  doctor trace agent.jsonl gateway.jsonl",
            "  kubectl logs collector | doctor trace -"
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:the traces are shown", "1:the file cannot be read, or holds no such trace", "2:wrong usage"})
final class TraceCommand implements Callable<Integer> {

    private static final String STANDARD_INPUT = "-";

    @ParentCommand
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private Doctor doctor;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Parameters(
            paramLabel = "FILE",
            arity = "1..*",
            description = "OTLP JSON, one request a line or one document; - for standard input. Of several files, the"
                    + " spans of a trace come together.")
    private List<String> files = new ArrayList<>();

    @Option(names = "--html", paramLabel = "OUT", description = "Writes the page into this file instead.")
    private @Nullable Path html;

    @Option(names = "--trace", paramLabel = "ID", description = "Only traces whose id begins like this.")
    private @Nullable String trace;

    @Option(
            names = "--session",
            paramLabel = "ID",
            description = "Only traces with a span of this session. They are shown in full.")
    private @Nullable String session;

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Shows this help.")
    @SuppressWarnings("UnusedVariable") // picocli reads it
    private boolean help;

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        try {
            List<TraceSpan> all = new ArrayList<>();
            for (String file : files) {
                TraceFile read = read(file);
                all.addAll(read.spans());
                if (read.cutOffAt() > 0) {
                    err.println(name(file) + ", line " + read.cutOffAt()
                            + ": the file breaks off here; what stands before is shown.");
                }
            }
            List<TraceSpan> spans = new TraceSelection(trace, session).of(all);
            if (spans.isEmpty()) {
                err.println(nothing(all));
                return 1;
            }
            show(spans);
            return 0;
        } catch (IOException e) {
            err.println(reason(e));
            return 1;
        }
    }

    private void show(List<TraceSpan> spans) throws IOException {
        if (html == null) {
            TraceReport.lines(spans).forEach(doctor.out::println);
        } else {
            Path folder = html.toAbsolutePath().getParent();
            if (folder != null && !Files.isDirectory(folder)) {
                throw new IOException("--html " + html + ": there is no folder " + folder + '.');
            }
            Files.writeString(html, TracePage.draw(title(), spans));
            doctor.out.println(spans.size() + (spans.size() == 1 ? " span" : " spans") + " written to " + html);
        }
        doctor.out.flush();
    }

    private static TraceFile read(String file) throws IOException {
        if (file.equals(STANDARD_INPUT)) {
            return TraceFile.read(name(file), System.in);
        }
        if (Files.isDirectory(Path.of(file))) {
            throw new IOException(file + " is a folder.");
        }
        try (InputStream in = Files.newInputStream(Path.of(file))) {
            return TraceFile.read(name(file), in);
        }
    }

    private String title() {
        return files.stream().map(TraceCommand::name).collect(Collectors.joining(", "));
    }

    private static String name(String file) {
        Path name = Path.of(file).getFileName();
        return file.equals(STANDARD_INPUT) || name == null ? "standard input" : name.toString();
    }

    private String nothing(List<TraceSpan> all) {
        if (all.isEmpty()) {
            return title() + " holds no spans.";
        }
        return "None of the %d spans of %s is of %s. What there is: %s"
                .formatted(all.size(), title(), new TraceSelection(trace, session), TraceSelection.choice(all));
    }

    private static String reason(IOException e) {
        String message = String.valueOf(e.getMessage());
        if (e instanceof NoSuchFileException) {
            return message + " does not exist.";
        }
        return e instanceof AccessDeniedException ? message + " may not be opened by you." : message;
    }
}
