package dev.llmpropagation.doctor.daemon;

import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.doctor.trace.MetricPoint;
import dev.llmpropagation.doctor.trace.OtlpJson;
import dev.llmpropagation.doctor.trace.OtlpReceiver;
import dev.llmpropagation.doctor.trace.TraceLog;
import dev.llmpropagation.examples.daemon.AgentDaemon;
import dev.llmpropagation.examples.daemon.DaemonClient;
import dev.llmpropagation.examples.daemon.Exports;
import dev.llmpropagation.sdk.SdkDiagnostics;
import dev.llmpropagation.sdk.SdkShutdown;
import dev.llmpropagation.testkit.trace.TraceSpan;
import dev.llmpropagation.testkit.trace.Waterfall;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Asks a daemon with two sessions, one for each SDK, and shows each prompt as one trace. */
public final class DaemonDemo {

    private static final Duration FLUSH = Duration.ofSeconds(10);

    private final PrintStream out;
    private final @Nullable String zipkin;
    private final @Nullable Path save;
    private boolean well = true;

    /**
     * @param zipkin base URL of a server that gets the spans too, or null for none
     * @param save the file into which the spans go, or null for none
     */
    public DaemonDemo(PrintStream out, @Nullable String zipkin, @Nullable Path save) {
        this.out = out;
        this.zipkin = zipkin;
        this.save = save;
    }

    /** Returns whether each prompt is one tree as it must be, wherever it went. */
    public boolean run() throws Exception {
        ZipkinServer backend = zipkin == null ? null : new ZipkinServer(zipkin);
        String failure = backend == null ? null : backend.failure();
        if (failure != null) {
            flaw("Zipkin at " + zipkin + " cannot be asked: " + failure + ". Start it as docs/traces.md says.");
            out.flush();
            return false;
        }
        out.println("A daemon, and its agents in a process of their own: two sessions, openai-java and google-genai.");
        out.flush(); // what follows takes some seconds
        Heard heard = play();
        for (Map.Entry<String, String> prompt : heard.prompts.entrySet()) {
            show(prompt.getKey(), prompt.getValue(), heard, backend);
        }
        out.println();
        Signals.summary(heard.logs, heard.metrics).forEach(out::println);
        List<String> flaws = Signals.flaws(heard.logs, heard.metrics, heard.spans);
        flaws.forEach(this::flaw);
        if (flaws.isEmpty()) {
            out.println("  ✓ both processes sent both; each log record names a span that was sent, or stands in none");
        }
        incidents(heard);
        heard.late.forEach(signal -> flaw("the daemon could not send its " + signal + " in time"));
        out.println();
        out.println(well ? "Each prompt is one trace." : "Not all is as it must be.");
        out.flush();
        return well;
    }

    /** @param prompts their ids, and the session of each */
    private record Heard(
            Map<String, String> prompts,
            List<TraceSpan> spans,
            List<TraceLog> logs,
            List<MetricPoint> metrics,
            List<Models.Received> received,
            List<String> late) {}

    private Heard play() throws Exception {
        Map<String, String> prompts = new LinkedHashMap<>();
        List<String> requests = new CopyOnWriteArrayList<>();
        try (SdkDiagnostics quiet = SdkDiagnostics.to(line -> {});
                OtlpReceiver collector = OtlpReceiver.start();
                Models models = Models.start()) {
            collector.onTraces(request -> requests.add(OtlpJson.write(request)));
            Exports exports = new Exports(collector.endpoint(), zipkin);
            OpenTelemetrySdk sdk = exports.sdk("daemon");
            try (AgentDaemon daemon = AgentDaemon.start(
                    DaemonTelemetry.builder(sdk).errorKinds("RemoteError").build(),
                    exports,
                    models.openAiUrl(),
                    models.geminiUrl())) {
                ask(new DaemonClient(daemon.url()), daemon, prompts);
            }
            // The child has flushed and ended by now.
            List<String> late = SdkShutdown.within(sdk, FLUSH);
            if (save != null) {
                Files.write(save, requests);
            }
            return new Heard(
                    prompts, collector.spans(), collector.logs(), collector.metrics(), models.received(), late);
        }
    }

    private void ask(DaemonClient client, AgentDaemon daemon, Map<String, String> prompts) throws Exception {
        List<String> sessions = List.of(client.open("openai"), client.open("gemini"));
        CompletableFuture<String> events = client.events(sessions.get(0));
        for (String session : sessions) {
            client.prompt(session, "warm up"); // loads the SDK's classes, which would look as if it took so long
        }
        for (int turn = 1; turn <= 2; turn++) {
            for (String session : sessions) {
                prompts.put(client.prompt(session, "turn " + turn).text("promptId"), session);
            }
        }
        daemon.restartChild();
        prompts.put(client.prompt(sessions.get(0), "after the restart").text("promptId"), sessions.get(0));
        out.println("The agents' process was restarted before the last prompt, which took its session there.");
        CompletableFuture<String> second = client.events(sessions.get(0));
        out.println("A second stream of events took the place of the first one, which had told of " + told(events)
                + " events.");
        approve(client, sessions.get(1));
        for (String session : sessions) {
            client.close(session);
        }
        out.println("The second one told of " + told(second) + ".");
    }

    /** An agent asks its user, and gets the answer. */
    private void approve(DaemonClient client, String session) throws Exception {
        CompletableFuture<DaemonClient.Answer> prompt = client.promptAsync(session, "with permission", "", Map.of());
        String question = client.permissionAsked(session);
        client.answer(session, question, "proceed_once");
        if (!prompt.get().text("stopReason").equals("end_turn")) {
            flaw("the prompt that was allowed did not come to its end: " + prompt.get());
        }
        out.println("A tool asked for permission, and was allowed to run.");
    }

    private static long told(CompletableFuture<String> events) throws Exception {
        return events.get().lines().filter(line -> line.startsWith("event: ")).count();
    }

    private void show(String promptId, String session, Heard heard, @Nullable ZipkinServer backend)
            throws IOException, InterruptedException {
        List<TraceSpan> trace = PromptTrace.of(promptId, heard.spans);
        out.println();
        out.println("Prompt " + promptId + " of session " + session);
        Waterfall.draw(trace).forEach(line -> out.println("  " + line));
        List<String> flaws = PromptTrace.flaws(session, promptId, trace, heard.received);
        flaws.forEach(this::flaw);
        if (flaws.isEmpty()) {
            out.println("  ✓ one tree over two processes; session and prompt on each span; the wire names its attempt");
        }
        if (backend != null && !trace.isEmpty()) {
            String traceId = trace.get(0).traceId();
            Set<String> sent = trace.stream()
                    .map(span -> ZipkinServer.edge(span.spanId(), span.parentSpanId()))
                    .collect(Collectors.toSet());
            Set<String> stored = backend.edges(traceId, sent);
            if (stored.equals(sent)) {
                out.println("  ✓ the same tree in Zipkin: " + backend.page(traceId));
            } else {
                Set<String> missing =
                        sent.stream().filter(edge -> !stored.contains(edge)).collect(Collectors.toSet());
                flaw("Zipkin has " + stored.size() + " spans and lacks " + missing.size() + " of " + sent.size());
            }
        }
    }

    /** What the summary of spans says of the restart and of the stream that had to go. */
    private void incidents(Heard heard) {
        long processes = count(heard, "qwen-code.daemon.bridge.operation", "channel.spawn");
        long loaded = count(heard, "qwen-code.daemon.bridge.operation", "session.load");
        long evicted = count(heard, "qwen-code.daemon.sse.close_reason", "evicted");
        boolean allowed = count(heard, "decision", "proceed_once") == 1;
        if (processes == 2 && loaded >= 1 && evicted >= 1 && allowed) {
            out.println("  ✓ two processes, " + loaded + " sessions taken from one to the other; " + evicted
                    + " streams evicted; one permission given");
        } else {
            flaw("%d processes, %d sessions loaded, %d streams evicted, %s"
                    .formatted(processes, loaded, evicted, allowed ? "one permission" : "not one permission"));
        }
    }

    private static long count(Heard heard, String attribute, String value) {
        return heard.spans.stream()
                .filter(span -> span.text(attribute).filter(value::equals).isPresent())
                .count();
    }

    private void flaw(String text) {
        well = false;
        out.println("  ✗ " + text);
    }
}
