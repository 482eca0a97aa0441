package dev.llmpropagation.doctor;

import dev.llmpropagation.doctor.trace.TraceLoader;
import dev.llmpropagation.doctor.trace.TracePage;
import dev.llmpropagation.doctor.trace.TraceReport;
import dev.llmpropagation.doctor.trace.TraceSelection;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
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
            "Shows the traces of a file of OTLP JSON, with their log records: as a waterfall, or as one HTML page.",
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
                    + " spans and log records of a trace come together.")
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
            names = "--most",
            paramLabel = "N",
            description = "Shows no more than so many spans, those of the slowest traces, and says what is left out."
                    + " Default: 20000.")
    private int most = 20_000;

    @Override
    public Integer call() {
        PrintWriter err = spec.commandLine().getErr();
        if (most < 1) {
            err.println("--most: it is not between 1 and " + Integer.MAX_VALUE + '.');
            return 2;
        }
        TraceSelection selection = new TraceSelection(trace, session);
        try (TraceSources sources = TraceSources.of(files)) {
            TraceLoader.Loaded loaded = new TraceLoader(selection, most).load(sources.all());
            loaded.notes().forEach(err::println);
            if (loaded.spans().isEmpty()) {
                err.println(nothing(selection, loaded));
                return 1;
            }
            show(loaded);
            return 0;
        } catch (IOException e) {
            err.println(reason(e));
            return 1;
        } catch (OutOfMemoryError e) {
            err.println("These are more spans than the memory takes: --most N shows fewer, java -Xmx gives more.");
            return 1;
        }
    }

    private void show(TraceLoader.Loaded loaded) throws IOException {
        List<TraceSpan> spans = loaded.spans();
        String leftOut = loaded.leftOut().text();
        if (html == null) {
            TraceReport.lines(spans, loaded.logs()).forEach(doctor.out::println);
        } else {
            Path folder = html.toAbsolutePath().getParent();
            if (folder != null && !Files.isDirectory(folder)) {
                throw new IOException("--html " + html + ": there is no folder " + folder + '.');
            }
            // By this method, which replaces what has no UTF-8.
            Files.write(
                    html, TracePage.draw(title(), spans, loaded.logs(), leftOut).getBytes(StandardCharsets.UTF_8));
            doctor.out.println(spans.size() + (spans.size() == 1 ? " span" : " spans") + " written to " + html);
        }
        if (!leftOut.isEmpty()) {
            doctor.out.println((html == null ? "\n" : "") + leftOut);
        }
        doctor.out.flush();
    }

    private String title() {
        return files.stream().map(TraceSources::name).collect(Collectors.joining(", "));
    }

    private String nothing(TraceSelection selection, TraceLoader.Loaded loaded) {
        if (loaded.total() == 0) {
            return title() + " holds no spans.";
        }
        return "None of the %d spans of %s is of %s. What there is: %s"
                .formatted(loaded.total(), title(), selection, loaded.choice());
    }

    private static String reason(IOException e) {
        String message = String.valueOf(e.getMessage());
        if (e instanceof NoSuchFileException) {
            return message + " does not exist.";
        }
        return e instanceof AccessDeniedException ? message + " may not be opened by you." : message;
    }
}
