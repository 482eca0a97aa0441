package dev.llmpropagation.scenarios.network;

import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.scenarios.matrix.Mode;
import dev.llmpropagation.scenarios.matrix.Sdk;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.net.URI;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/**
 * A way from an SDK to a service, and what must be true of each call that takes it.
 *
 * @param origin the base URL that the SDK is given
 * @param peerPort of the server on the loopback interface that the client connects to
 */
record Passage(Network network, String origin, int peerPort) {

    private static final String SESSION_HEADER = "x-qwen-code-session-id";

    /** Both SDKs in all modes. */
    static Stream<Arguments> calls() {
        return Arrays.stream(Sdk.values())
                .flatMap(sdk -> Arrays.stream(Mode.values()).map(mode -> Arguments.of(sdk, mode)));
    }

    /** Both SDKs in the modes that stream. */
    static Stream<Arguments> streams() {
        return calls().filter(call -> ((Mode) call.get()[1]).streams());
    }

    /** Makes the call, and returns what the service received. */
    Origin.Received verify(Sdk sdk, Mode mode, Origin service) throws Exception {
        try (Program program = new Program(sdk, network, origin)) {
            assertThat(program.call(mode)).isEqualTo(mode.streams() ? String.join("", Origin.CHUNKS) : "hello");

            SpanData attempt = program.attempt();
            URI url = URI.create(origin);
            assertThat(text(attempt, "server.address")).isEqualTo(url.getHost());
            assertThat(number(attempt, "server.port")).isEqualTo(url.getPort());
            assertThat(text(attempt, "network.peer.address")).isEqualTo("127.0.0.1");
            assertThat(number(attempt, "network.peer.port")).isEqualTo(peerPort);
            assertThat(number(attempt, "http.response.status_code")).isEqualTo(200);
            assertThat(text(attempt, "error.type")).isNull();

            assertThat(program.spans().toString()).doesNotContain("MARKER");

            assertThat(service.received()).hasSize(1);
            Origin.Received request = service.received().get(0);
            assertThat(request.header("traceparent"))
                    .startsWith("00-" + attempt.getTraceId() + '-' + attempt.getSpanId() + '-');
            assertThat(request.header(SESSION_HEADER)).isEqualTo(Program.SESSION);
            assertThat(request.header(sdk == Sdk.OPENAI ? "authorization" : "x-goog-api-key"))
                    .endsWith(Calls.KEY);
            return request;
        }
    }

    /** The service sends each chunk only when the consumer has read the one before. */
    void verifyUnbuffered(Sdk sdk, Mode mode, Origin service) throws Exception {
        // google-genai reads one ahead of what it hands out.
        Semaphore read = new Semaphore(sdk == Sdk.GEMINI ? 2 : 1);
        service.beforeChunk(chunk -> {
            try {
                if (!read.tryAcquire(Calls.PATIENCE_SECONDS / 2, TimeUnit.SECONDS)) {
                    throw new IllegalStateException("chunk " + (chunk - 1) + " did not arrive");
                }
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        try (Program program = new Program(sdk, network, origin)) {
            assertThat(program.call(mode, chunk -> read.release())).isEqualTo(String.join("", Origin.CHUNKS));
            assertThat(number(program.attempt(), "network.peer.port")).isEqualTo(peerPort);
        }
    }

    /** Waits for what the server writes at the end of a connection. */
    static void awaitLog(RealServer server, String line) {
        await().untilAsserted(() -> assertThat(server.accessLog()).anyMatch(written -> written.contains(line)));
    }
}
