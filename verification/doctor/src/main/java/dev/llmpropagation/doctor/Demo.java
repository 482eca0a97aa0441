package dev.llmpropagation.doctor;

import dev.llmpropagation.doctor.show.Paint;
import dev.llmpropagation.doctor.trace.OtlpJson;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.stream.Stream;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/** Runs real SDK clients through the library against local servers, and shows whether all is as it must be. */
final class Demo {

    private final PrintStream out;
    private final Paint paint;
    private final @Nullable DemoProxy proxy;
    private final Consumer<OkHttpClient.Builder> tamper;
    private final @Nullable Path save;

    /**
     * @param proxy through which all calls go, or null for none
     * @param tamper spoils the clients, so that a test sees the demo fail
     * @param save the file into which the spans go, or null for none
     */
    Demo(
            PrintStream out,
            Paint paint,
            @Nullable DemoProxy proxy,
            Consumer<OkHttpClient.Builder> tamper,
            @Nullable Path save) {
        this.out = out;
        this.paint = paint;
        this.proxy = proxy;
        this.tamper = tamper;
        this.save = save;
    }

    /** Returns whether all was as it must be. */
    boolean run() throws IOException, InterruptedException {
        Report report = new Report(out, paint);
        report.opening(proxy);
        try (Stage stage = new Stage(proxy, tamper)) {
            String failure = warmUp(stage);
            if (proxy != null && failure != null) {
                // Each scenario would fail for the same reason.
                report.unreachable(failure);
                return false;
            }
            List<String> requests = new CopyOnWriteArrayList<>();
            stage.collector.onTraces(request -> requests.add(OtlpJson.write(request)));
            for (Scenario scenario : scenarios()) {
                Evidence evidence = stage.evidence(play(scenario, stage));
                report.scenario(scenario, evidence, Checks.of(scenario, evidence));
            }
            if (save != null) {
                Files.write(save, requests);
            }
        }
        return report.summary();
    }

    /**
     * The first call of each SDK loads its classes, which would look as if the call took so long.
     *
     * @return what the program got instead of the answer, or null
     */
    private static @Nullable String warmUp(Stage stage) throws InterruptedException {
        String failure = null;
        for (List<Scenario> scenarios : List.of(OpenAiScenarios.all(), GeminiScenarios.all())) {
            Scenario scenario = scenarios.get(0);
            String answer = play(scenario, stage);
            stage.evidence("");
            if (!answer.equals(scenario.answer())) {
                failure = answer;
            }
        }
        return failure;
    }

    private static List<Scenario> scenarios() {
        return Stream.of(
                        OpenAiScenarios.all(),
                        GeminiScenarios.all(),
                        List.of(CollectorScenario.scenario(), AgentScenario.scenario()))
                .flatMap(List::stream)
                .toList();
    }

    private static String play(Scenario scenario, Stage stage) throws InterruptedException {
        try {
            return scenario.play().on(stage);
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            StringBuilder causes = new StringBuilder(e.toString());
            for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
                causes.append(": ").append(cause);
            }
            return causes.toString().replace(Stage.KEY, "***");
        }
    }
}
