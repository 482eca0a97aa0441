package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.daemon.BridgeOperation;
import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.fixtures.Enqueued;
import dev.llmpropagation.fixtures.FailingStorage;
import dev.llmpropagation.fixtures.FailingStorage.Fault;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.sdk.SessionIdGenerator;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.concurrent.TimeUnit;
import okhttp3.Call;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The storage of the Context is the program's. Whatever fails in it, calls go out and come back. */
class ContextStorageTest {

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    private final Span caller = wire.startSpan("caller");

    @BeforeEach
    void answer() {
        wire.answers(ok("hello"));
    }

    @AfterEach
    void heal() {
        FailingStorage.fail(null);
        caller.end();
    }

    @ParameterizedTest
    @EnumSource
    void call_goesOutAndComesBack(Fault fault) throws Exception {
        callIs(fault, call -> {
            try (Response response = call.execute()) {
                return response.body().string();
            }
        });
        // The first attempt could still be given its caller, except by a storage that cannot say who is current.
        assertThat(wire.attempt().getParentSpanId())
                .isEqualTo(
                        fault == Fault.READ
                                ? "0000000000000000"
                                : caller.getSpanContext().getSpanId());
    }

    @ParameterizedTest
    @EnumSource
    void queuedCall_goesOutAndComesBack(Fault fault) throws Exception {
        callIs(fault, call -> Enqueued.body(call).get(20, TimeUnit.SECONDS));
    }

    private void callIs(Fault fault, Sending sending) throws Exception {
        OkHttpClient client = wire.client(wire.propagation().sessionId(() -> "s-1"));
        Request request = Requests.get(wire.url("/"));
        String body;
        try (Scope ignored = caller.makeCurrent()) {
            FailingStorage.fail(fault);
            body = sending.send(client.newCall(request));
            FailingStorage.fail(null);
        }

        assertThat(body).isEqualTo("hello");
        SpanData attempt = wire.attempt();
        assertThat(wire.request().getHeader("X-Qwen-Code-Session-Id")).isEqualTo("s-1");
        assertThat(wire.request().getHeader("traceparent")).contains(attempt.getSpanId());
        assertThat(wire.diagnostics).anyMatch(line -> line.contains("Context") && line.contains("AssertionError"));
        await().untilAsserted(() ->
                assertThat(client.dispatcher().runningCallsCount()).isZero());
    }

    @ParameterizedTest
    @EnumSource
    void spansOfAgentAndDaemon_goOn(Fault fault) throws Exception {
        LlmPropagation propagation = wire.propagation().build();
        DaemonTelemetry daemon = DaemonTelemetry.builder(wire.openTelemetry)
                .diagnostics(line -> {})
                .build();
        FailingStorage.fail(fault);
        String done = propagation.agent().interaction("p").<String, Exception>call(turn -> turn.tool("t")
                .call(tool -> "done"));
        daemon.request("POST", "/session/s-1/prompt").start().close();
        daemon.queued().dispatch().run(step -> {});
        daemon.bridge(BridgeOperation.SESSION_NEW).run(step -> {});
        FailingStorage.fail(null);

        assertThat(done).isEqualTo("done");
        assertThat(wire.spans()).extracting(SpanData::getName).contains("qwen-code.interaction", "qwen-code.tool");
    }

    @ParameterizedTest
    @EnumSource
    void idOfATrace_isMade(Fault fault) {
        try (Scope ignored = LlmSession.of("s-1").storeInContext(Context.root()).makeCurrent()) {
            FailingStorage.fail(fault);
            assertThat(SessionIdGenerator.create().generateTraceId()).hasSize(32);
            FailingStorage.fail(null);
        }
    }

    private interface Sending {
        String send(Call call) throws Exception;
    }
}
