package dev.llmpropagation.scenarios.matrix;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.FailingStorage;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Both SDKs, where the program's storage of the Context fails: the program gets its answer, and the service the headers. */
class ContextStorageTest {

    private final RecordedTelemetry telemetry = RecordedTelemetry.create();
    private final OpenTelemetrySdk openTelemetry = telemetry.openTelemetry();

    static Stream<Arguments> calls() {
        return Stream.of(Sdk.values())
                .flatMap(sdk -> Stream.of(Mode.values()).flatMap(mode -> Stream.of(FailingStorage.Fault.values())
                        .map(operation -> Arguments.of(sdk, mode, operation))));
    }

    @AfterEach
    void heal() {
        FailingStorage.fail(null);
        openTelemetry.close();
    }

    @ParameterizedTest
    @MethodSource("calls")
    void call_goesOutAndComesBack(Sdk sdk, Mode mode, FailingStorage.Fault failing) throws Exception {
        Traffic traffic = new Traffic();
        LlmPropagation propagation = LlmPropagation.builder(openTelemetry)
                .sessionId(() -> "s-1")
                .diagnostics(line -> {})
                .build();
        try (FaultServer server = new FaultServer(Fault.OK, sdk, mode);
                Session session = sdk == Sdk.OPENAI
                        ? new OpenAiSession(Fault.OK, server, server.baseUrl(), traffic, propagation)
                        : new GeminiSession(Fault.OK, server, server.baseUrl(), traffic, propagation)) {
            FailingStorage.fail(failing);
            String result = session.result(mode);
            await().untilAsserted(() ->
                    assertThat(traffic.held()).as("connections held").isZero());
            FailingStorage.fail(null);

            assertThat(result).isEqualTo("hello");
            List<FaultServer.Received> received = server.received();
            assertThat(received).hasSize(1);
            assertThat(received.get(0).header("X-Qwen-Code-Session-Id")).isEqualTo("s-1");
            assertThat(received.get(0).headers().keySet()).noneMatch(name -> name.startsWith("llm-propagation"));
            await().untilAsserted(() -> assertThat(telemetry.spans())
                    .extracting(span -> span.getName())
                    .contains("POST", "qwen-code.llm_request"));
            assertThat(telemetry.spans())
                    .anySatisfy(span ->
                            assertThat(received.get(0).header("traceparent")).contains(span.getSpanId()));
        }
    }
}
