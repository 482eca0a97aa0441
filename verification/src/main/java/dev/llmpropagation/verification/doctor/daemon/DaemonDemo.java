package dev.llmpropagation.verification.doctor.daemon;

import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.sdk.SdkDiagnostics;
import dev.llmpropagation.sdk.SdkShutdown;
import dev.llmpropagation.verification.trace.OtlpReceiver;
import dev.llmpropagation.verification.trace.TraceSpan;
import dev.llmpropagation.verification.trace.Waterfall;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Asks a daemon with two sessions, one for each SDK, and shows each prompt as one trace. */
public final class DaemonDemo {

    private static final Duration FLUSH = Duration.ofSeconds(10);

    private final PrintStream out;

    public DaemonDemo(PrintStream out) {
        this.out = out;
    }

    /** Returns whether each prompt is one tree as it must be. */
    public boolean run() throws Exception {
        Map<String, String> prompts = new LinkedHashMap<>();
        List<String> late;
        List<TraceSpan> spans;
        List<Models.Received> received;
        try (SdkDiagnostics quiet = SdkDiagnostics.to(line -> {});
                OtlpReceiver collector = OtlpReceiver.start();
                Models models = Models.start()) {
            OpenTelemetrySdk sdk = Otlp.sdk("daemon", collector.endpoint());
            try (AgentDaemon daemon = AgentDaemon.start(
                    DaemonTelemetry.builder(sdk).build(),
                    collector.endpoint(),
                    models.openAiUrl(),
                    models.geminiUrl())) {
                DaemonClient client = new DaemonClient(daemon.url());
                List<String> sessions = List.of(client.open("openai"), client.open("gemini"));
                CompletableFuture<String> events = client.events(sessions.get(0));
                for (String session : sessions) {
                    client.prompt(
                            session, "warm up"); // loads the SDK's classes, which would look as if it took so long
                }
                for (int turn = 1; turn <= 2; turn++) {
                    for (String session : sessions) {
                        prompts.put(client.prompt(session, "turn " + turn).text("promptId"), session);
                    }
                }
                for (String session : sessions) {
                    client.close(session);
                }
                out.println("Events of the first session:  "
                        + events.get()
                                .lines()
                                .filter(line -> line.startsWith("event: "))
                                .toList());
            }
            // The child has flushed and ended by now. The collector of this demo takes traces only.
            late = SdkShutdown.within(sdk, FLUSH);
            spans = collector.spans();
            received = models.received();
        }
        boolean well = !late.contains("traces");
        int number = 0;
        for (Map.Entry<String, String> prompt : prompts.entrySet()) {
            List<TraceSpan> trace = PromptTrace.of(prompt.getKey(), spans);
            List<String> flaws =
                    new ArrayList<>(PromptTrace.flaws(prompt.getValue(), prompt.getKey(), trace, received));
            out.println();
            out.println("Prompt " + ++number + " of session " + prompt.getValue());
            Waterfall.draw(trace).forEach(line -> out.println("  " + line));
            flaws.forEach(flaw -> out.println("  ✗ " + flaw));
            if (flaws.isEmpty()) {
                out.println(
                        "  ✓ one tree over two processes; session and prompt on each span; the wire names its attempt");
            }
            well &= flaws.isEmpty();
        }
        out.println();
        out.println(well ? "Each prompt is one trace." : "Not all is as it must be.");
        out.flush();
        return well;
    }
}
