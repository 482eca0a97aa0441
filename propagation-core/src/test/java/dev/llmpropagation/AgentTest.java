package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.fixtures.SpanStarts;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The spans of an agent, and the requests made inside, on the wire. */
class AgentTest {

    private static final String SESSION = "X-Qwen-Code-Session-Id";

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @Test
    void blankAgentName_isRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> AgentTracing.builder(wire.openTelemetry).agentName(" "))
                .withMessageStartingWith("agentName: ");
    }

    @Test
    void pitfall_25_requestsOfTwoInteractions_carryTheirOwnSessionAndTrace() throws Exception {
        wire.answers(ok("hello"));
        LlmPropagation propagation =
                wire.propagation().sessionId(() -> "of-the-process").build();
        OkHttpClient client = wire.client(propagation, new OkHttpClient.Builder());
        List<CompletableFuture<Void>> turns = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            String session = "s-" + i;
            turns.add(CompletableFuture.runAsync(
                    () -> propagation.agent().interaction("p").session(session).run(turn -> turn.tool("t")
                            .run(tool -> get(client)))));
        }
        for (CompletableFuture<Void> turn : turns) {
            turn.get(30, TimeUnit.SECONDS);
        }
        for (SpanData attempt : wire.attempts(2)) {
            SpanData tool = wire.spans().stream()
                    .filter(span -> span.getSpanId().equals(attempt.getParentSpanId()))
                    .findFirst()
                    .orElseThrow();
            LoggedRequest request = wire.requests().stream()
                    .filter(sent -> sent.getHeader("traceparent").contains(attempt.getSpanId()))
                    .findFirst()
                    .orElseThrow();
            assertThat(tool.getName()).isEqualTo("qwen-code.tool");
            assertThat(session(attempt)).isEqualTo(session(tool)).isEqualTo(request.getHeader(SESSION));
            assertThat(request.getHeader("traceparent")).contains(tool.getTraceId());
        }
        assertThat(wire.requests())
                .extracting(request -> request.getHeader(SESSION))
                .containsExactlyInAnyOrder("s-0", "s-1");
    }

    @Test
    void supplierThatMovesOn_leavesARunningInteractionAlone() {
        wire.answers(ok("hello"));
        AtomicReference<String> current = new AtomicReference<>("before");
        LlmPropagation propagation = wire.propagation().sessionId(current::get).build();
        OkHttpClient client = wire.client(propagation, new OkHttpClient.Builder());
        propagation.agent().interaction("p").run(turn -> {
            current.set("after");
            get(client);
        });
        assertThat(wire.request().getHeader(SESSION)).isEqualTo("before");
    }

    @Test
    void spanThatCannotStart_changesNoSessionHeader() {
        wire.answers(ok("hello"));
        OpenTelemetrySdk broken = OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(new SpanStarts((parent, span) -> {
                            if (span.getName().startsWith("qwen-code.")) {
                                throw new AssertionError("a processor of the program's");
                            }
                        }))
                        .build())
                .build();
        LlmPropagation propagation = LlmPropagation.builder(broken)
                .diagnostics(wire.diagnostics::add)
                .sessionId(() -> "of-the-process")
                .build();
        OkHttpClient client = wire.client(propagation, new OkHttpClient.Builder());
        propagation.agent().interaction("p").session("named").run(turn -> turn.tool("t")
                .run(tool -> get(client)));
        assertThat(wire.request().getHeader(SESSION)).isEqualTo("named");
    }

    @Test
    void close_endsWhatIsOpenAsCancelled() {
        LlmPropagation propagation = wire.propagation().build();
        Interaction turn = propagation.agent().interaction("p").start();
        propagation.close();
        assertThat(turn.isEnded()).isTrue();
        assertThat(wire.spans()).singleElement().satisfies(span -> assertThat(outcome(span))
                .isEqualTo("cancelled"));
    }

    @Test
    void agent_isOneForAPropagationAndToldOfItsFailures() {
        LlmPropagation propagation = wire.propagation()
                .sessionId(() -> {
                    throw new IllegalStateException("SECRET");
                })
                .build();
        AgentTracing agent = propagation.agent();
        assertThat(propagation.agent()).isSameAs(agent);
        agent.interaction("p").run(turn -> {});
        wire.told().contains("session").doesNotContain("SECRET");
    }

    private void get(OkHttpClient client) {
        try (var response = client.newCall(Requests.get(wire.url("/"))).execute()) {
            response.body().bytes();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static String session(SpanData span) {
        return text(span, "session.id");
    }
}
