package dev.llmpropagation.scenarios.settings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.testkit.LlmServer;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A service of each kind, and spans that are recorded. */
abstract class BothServices {

    @RegisterExtension
    final LlmServer openAi = LlmServer.openAi();

    @RegisterExtension
    final LlmServer gemini = LlmServer.gemini();

    @RegisterExtension
    final RecordedTelemetry telemetry = RecordedTelemetry.create();

    interface Ask {
        Object ask() throws Exception;
    }

    /** In a span of the program's, which is returned. */
    final Span asked(Ask ask) throws Exception {
        Span caller = telemetry.startSpan("caller");
        try (Scope ignored = caller.makeCurrent()) {
            assertThat(ask.ask()).isNotNull();
        } finally {
            caller.end();
        }
        return caller;
    }
}
