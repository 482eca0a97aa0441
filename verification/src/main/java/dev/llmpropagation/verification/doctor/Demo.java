package dev.llmpropagation.verification.doctor;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import okhttp3.OkHttpClient;

/** Runs real SDK clients through the library against local servers, and shows whether all is as it must be. */
final class Demo {

    private final PrintStream out;
    private final Paint paint;
    private final Consumer<OkHttpClient.Builder> tamper;

    /** @param tamper spoils the clients, so that a test sees the demo fail */
    Demo(PrintStream out, Paint paint, Consumer<OkHttpClient.Builder> tamper) {
        this.out = out;
        this.paint = paint;
        this.tamper = tamper;
    }

    /** Returns whether all was as it must be. */
    boolean run() throws IOException, InterruptedException {
        Report report = new Report(out, paint);
        report.opening();
        try (Stage stage = new Stage(tamper)) {
            warmUp(stage);
            for (Scenario scenario : scenarios()) {
                Evidence evidence = stage.evidence(play(scenario, stage));
                report.scenario(scenario, evidence, Checks.of(scenario, evidence));
            }
        }
        return report.summary();
    }

    /** The first call of each SDK loads its classes, which would look as if the call took so long. */
    private static void warmUp(Stage stage) throws InterruptedException {
        for (List<Scenario> scenarios : List.of(OpenAiScenarios.all(), GeminiScenarios.all())) {
            play(scenarios.get(0), stage);
            stage.evidence("");
        }
    }

    private static List<Scenario> scenarios() {
        return Stream.of(OpenAiScenarios.all(), GeminiScenarios.all(), List.of(CollectorScenario.scenario()))
                .flatMap(List::stream)
                .toList();
    }

    private static String play(Scenario scenario, Stage stage) throws InterruptedException {
        try {
            return scenario.play().on(stage);
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception e) {
            return e.toString().replace(Stage.KEY, "***");
        }
    }
}
