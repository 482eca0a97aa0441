package dev.llmpropagation.frameworks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.agentclientprotocol.sdk.client.AcpClient;
import com.agentclientprotocol.sdk.client.AcpSyncClient;
import com.agentclientprotocol.sdk.client.transport.AgentParameters;
import com.agentclientprotocol.sdk.client.transport.StdioAcpClientTransport;
import com.agentclientprotocol.sdk.spec.AcpSchema.NewSessionRequest;
import com.agentclientprotocol.sdk.spec.AcpSchema.PermissionSelected;
import com.agentclientprotocol.sdk.spec.AcpSchema.PromptResponse;
import com.agentclientprotocol.sdk.spec.AcpSchema.RequestPermissionResponse;
import dev.llmpropagation.daemon.DaemonRequest;
import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.fixtures.JavaProgram;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A prompt to an agent in another process: its interaction stands in the span that the prompt was sent in. */
class AcpTest {

    private final Program program = new Program();
    private final ExecutorService executor = Executors.newSingleThreadExecutor();
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch allowed = new CountDownLatch(1);
    private final AcpSyncClient client = AcpClient.sync(
                    new StdioAcpClientTransport(AgentParameters.builder(JavaProgram.JAVA)
                            .args(JavaProgram.arguments(List.of(), AcpChild.class))
                            .build()))
            .requestTimeout(Duration.ofSeconds(60))
            .requestPermissionHandler(request -> {
                asked.countDown();
                await(allowed);
                return new RequestPermissionResponse(
                        new PermissionSelected(request.options().get(0).optionId()));
            })
            .build();

    @AfterEach
    void close() {
        allowed.countDown();
        executor.shutdownNow();
        client.close();
        program.close();
    }

    @Test
    void prompt_isOneTraceOverBothProcesses() {
        client.initialize();
        String session = newSession();
        for (int i = 0; i < 2; i++) {
            Span step = span("prompt.dispatch");
            PromptResponse response;
            try (Scope ignored = step.makeCurrent()) {
                response = AcpSamples.prompt(client, session, "p-" + i, "Hi");
            }

            assertThat(response.meta())
                    .isEqualTo(Map.of(
                            "place",
                            step.getSpanContext().getTraceId()
                                    + ' '
                                    + step.getSpanContext().getSpanId(),
                            "prompt",
                            "p-" + i,
                            "session",
                            session));
        }
    }

    @Test
    void secondPromptOnAConnection_isRefusedWhileTheFirstRuns() throws Exception {
        client.initialize();
        String session = newSession();
        Future<PromptResponse> first = executor.submit(() -> AcpSamples.prompt(client, session, "p-1", AcpChild.ASK));
        assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();

        assertThatThrownBy(() -> AcpSamples.prompt(client, "session-2", "p-2", "Hi"))
                .hasMessageContaining("already an active prompt");
        allowed.countDown();
        assertThat(first.get(60, TimeUnit.SECONDS).meta()).containsEntry("prompt", "p-1");
    }

    @Test
    void promptsThatWaitForTheConnection_standEachInItsRequest() throws Exception {
        client.initialize();
        String session = newSession();
        allowed.countDown();
        try (DaemonTelemetry daemon =
                DaemonTelemetry.builder(program.openTelemetry).build()) {
            DaemonRequest one = daemon.request("POST", "/session/1/prompt").start();
            DaemonRequest two = daemon.request("POST", "/session/2/prompt").start();
            one.session(session);
            two.session(session);
            Future<PromptResponse> first = AcpSamples.queue(one, executor, client, AcpChild.ASK);
            Future<PromptResponse> second = AcpSamples.queue(two, executor, client, "Hi");

            assertThat(first.get(60, TimeUnit.SECONDS).meta().get("place").toString())
                    .startsWith(one.spanContext().getTraceId());
            assertThat(second.get(60, TimeUnit.SECONDS).meta().get("place").toString())
                    .startsWith(two.spanContext().getTraceId());
        }
    }

    private String newSession() {
        return client.newSession(new NewSessionRequest("/", List.of())).sessionId();
    }

    private Span span(String name) {
        return program.openTelemetry.getTracer("daemon").spanBuilder(name).startSpan();
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(60, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
