package dev.llmpropagation.doctor.listen;

import dev.llmpropagation.doctor.show.Paint;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Listens until it is interrupted. */
@Command(
        name = "listen",
        description = {
            "Plays a model service (OpenAI chat, Responses, embeddings; Gemini) and a collector (OTLP over HTTP) at once,"
                    + " and says which headers arrive, with which parent span, and what is missing; and which log records"
                    + " and values of metrics came.",
            "Point any program at it. Ctrl-C ends it, with a summary."
        },
        sortOptions = false,
        footerHeading = "%nExamples:%n",
        footer = {"  doctor listen --save telemetry.jsonl", "  doctor listen --port 8080 --session-header X-Session-Id"
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {"0:it was interrupted", "1:it could not listen, or not write the file", "2:wrong usage"})
public final class ListenCommand implements Callable<Integer> {

    private static final Duration SUMMARY = Duration.ofSeconds(5);

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            description = "Default: 4318, where exporters send without being told. 0 takes a free one.")
    private int port = 4318;

    @Option(
            names = "--bind",
            paramLabel = "ADDRESS",
            description = "Default: 127.0.0.1, which only this machine reaches. 0.0.0.0 for containers.")
    private String bind = "127.0.0.1";

    @Option(
            names = "--save",
            paramLabel = "FILE",
            description = "Writes spans, metrics and log records as OTLP JSON, for: doctor trace FILE.")
    private @Nullable Path save;

    @Option(names = "--session-header", paramLabel = "NAME", description = "Default: X-Qwen-Code-Session-Id.")
    private String sessionHeader = "X-Qwen-Code-Session-Id";

    @Option(names = "--no-color", description = "No colours, even on a terminal. NO_COLOR does the same.")
    private boolean noColor;

    @Override
    public Integer call() throws InterruptedException {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        if (port < 0 || port > 65535) {
            throw new ParameterException(spec.commandLine(), "--port: it is not between 0 and 65535");
        }
        Path folder = save == null ? null : save.toAbsolutePath().getParent();
        if (folder != null && !Files.isDirectory(folder)) {
            throw new ParameterException(spec.commandLine(), "--save: its folder does not exist");
        }
        Paint paint = !noColor && Ansi.AUTO.enabled() ? Paint.ANSI : Paint.PLAIN;
        Journal journal = new Journal(out, paint, sessionHeader);
        Listener listener;
        try {
            SavedTelemetry saved =
                    save == null ? SavedTelemetry.none() : new SavedTelemetry(Files.newOutputStream(save));
            listener = new Listener(new InetSocketAddress(bind, port), ListenLimits.DEFAULT, journal, saved);
        } catch (BindException e) {
            err.println(bind + " port " + port + " is taken, or none of this machine's. Another one: --port PORT.");
            return 1;
        } catch (IOException | IllegalArgumentException e) {
            err.println("It cannot listen: " + e.getMessage());
            return 1;
        }
        Runtime.getRuntime().addShutdownHook(ending(listener, journal));
        opening(out, paint, listener.port());
        new CountDownLatch(1).await();
        return 0;
    }

    /**
     * Ends the process, whatever happens: where nobody reads its output, the summary would wait for ever. The thread of the
     * summary is there beforehand, since a process that is in trouble may get none.
     */
    private static Thread ending(Listener listener, Journal journal) {
        Thread last = new Thread(() -> {
            listener.close();
            journal.summary();
        });
        last.setDaemon(true);
        return new Thread(() -> {
            try {
                last.start();
                last.join(SUMMARY.toMillis());
            } catch (InterruptedException e) {
                // Nobody interrupts it, and it ends here.
            } finally {
                // Else the JVM would report the signal, as if it had not been expected.
                Runtime.getRuntime().halt(0);
            }
        });
    }

    private void opening(PrintWriter out, Paint paint, int listening) {
        String url = "http://" + (bind.equals("127.0.0.1") ? "localhost" : bind) + ':' + listening;
        out.println(paint.title("llm-propagation: listening on " + url));
        out.println();
        out.println("    OPENAI_BASE_URL=" + url + "/v1");
        out.println("    GOOGLE_GEMINI_BASE_URL=" + url);
        out.println("    OTEL_EXPORTER_OTLP_ENDPOINT=" + url);
        out.println("    OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf");
        out.println();
        out.println("Any key will do; keys are shown as ***. Ctrl-C ends it.");
        out.flush();
    }
}
