package dev.llmpropagation.scenarios.samples;

import io.opentelemetry.sdk.OpenTelemetrySdk;

public final class Ask {

    private Ask() {}

    /** The question, and where the collector is. */
    public static void main(String[] arguments) {
        try (OpenTelemetrySdk openTelemetry = Telemetry.to(arguments[1])) {
            System.out.println(OpenAiQuickstart.ask(openTelemetry, arguments[0]));
        }
    }
}
