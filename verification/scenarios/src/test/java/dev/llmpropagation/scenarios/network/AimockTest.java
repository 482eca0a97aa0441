package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.llmpropagation.scenarios.matrix.Mode;
import dev.llmpropagation.scenarios.matrix.Sdk;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A server that knows nothing of this library answers both SDKs, and its own journal says what arrived. */
class AimockTest {

    @RegisterExtension
    static final Aimock aimock = new Aimock();

    @ParameterizedTest
    @MethodSource("dev.llmpropagation.scenarios.network.Passage#calls")
    void call_isAnsweredAndItsHeadersAreInTheJournal(Sdk sdk, Mode mode) throws Exception {
        int before = aimock.journal().size();
        try (Program program = new Program(sdk, Network.direct(), aimock.url())) {
            assertThat(program.call(mode)).isEqualTo(Aimock.ANSWER);

            SpanData attempt = program.attempt();
            List<JsonNode> journal = aimock.journal();
            assertThat(journal).hasSize(before + 1);
            JsonNode request = journal.get(before);
            assertThat(request.path("path").asText())
                    .contains(sdk == Sdk.OPENAI ? "/v1/chat/completions" : "/models/m:");
            assertThat(request.path("headers").path("traceparent").asText())
                    .startsWith("00-" + attempt.getTraceId() + '-' + attempt.getSpanId() + '-');
            assertThat(request.path("headers").path("x-qwen-code-session-id").asText())
                    .isEqualTo(Program.SESSION);
            assertThat(request.path("headers").has("baggage")).isFalse();
        }
    }
}
