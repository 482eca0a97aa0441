package dev.llmpropagation.scenarios.matrix;

import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Parents.assertParent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.fixtures.Attributed;
import dev.llmpropagation.fixtures.FailingStorage;
import dev.llmpropagation.fixtures.LocalServer;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Each SDK in each mode under each fault: what the program gets is what the bare SDK gives it, and what is seen of it is
 * whole. The exceptions are listed in {@link Difference}, and stand in docs/differences.md.
 */
class MatrixTest {

    private static final String SESSION = "X-Qwen-Code-Session-Id";

    @TestFactory
    Stream<DynamicTest> everyCell() {
        return cells(ContentCapture.off());
    }

    /** To record what is said changes nothing else. */
    @TestFactory
    Stream<DynamicTest> everyCell_withContent() {
        return cells(ContentCapture.on());
    }

    private static Stream<DynamicTest> cells(ContentCapture content) {
        List<DynamicTest> cells = new ArrayList<>();
        for (Sdk sdk : Sdk.values()) {
            for (Mode mode : Mode.values()) {
                for (Fault fault : Fault.values()) {
                    cells.add(DynamicTest.dynamicTest(
                            sdk + " " + mode + " " + fault, () -> new Cell(sdk, mode, fault, content).verify()));
                }
            }
        }
        return cells.stream();
    }

    private static final class Cell {
        private final Sdk sdk;
        private final Mode mode;
        private final Fault fault;
        private final ContentCapture content;
        private final Difference difference;

        private final RecordedTelemetry telemetry = RecordedTelemetry.create();
        private final List<String> diagnostics = new CopyOnWriteArrayList<>();

        Cell(Sdk sdk, Mode mode, Fault fault, ContentCapture content) {
            this.sdk = sdk;
            this.content = content;
            this.mode = mode;
            this.fault = fault;
            this.difference = Difference.of(sdk, mode, fault);
        }

        void verify() throws Exception {
            Run bare = run(null, Span.getInvalid());
            LlmPropagation propagation = LlmPropagation.builder(telemetry.openTelemetry())
                    .agent(agent -> agent.content(content))
                    .diagnostics(diagnostics::add)
                    .build();
            Span caller = telemetry.startSpan("caller");
            Run ours = run(propagation, caller);
            caller.end();
            awaitEnd(propagation);

            if (difference == Difference.NONE) {
                assertThat(ours.result).as("result as of the bare SDK").isEqualTo(bare.result);
                assertThat(ours.received).hasSameSizeAs(bare.received);
                assertThat(ours.receivedByOther).hasSameSizeAs(bare.receivedByOther);
                assertThat(ours.connects).isEqualTo(bare.connects);
            } else {
                difference.verify(bare.result, bare.received.size(), ours.result, ours.received.size());
            }
            assertThat(ours.held).as("connections held").isZero();
            List<SpanData> attempts = attempts();
            List<String> outcomes = difference.outcomes() != null ? difference.outcomes() : fault.outcomes(mode);
            assertThat(attempts).extracting(Attributed::outcome).isEqualTo(outcomes);
            SpanData modelCall = verifyModelCall(caller, attempts);
            for (int i = 0; i < attempts.size(); i++) {
                SpanData attempt = attempts.get(i);
                assertParent(attempt, modelCall);
                assertThat(number(attempt, "http.request.resend_count")).isEqualTo(i == 0 ? null : Long.valueOf(i));
            }
            verifyHeaders(ours, attempts);
            verifyContent(modelCall, ours.result);
            assertThat(attempts.toString()).doesNotContain("-marker", "hello");
        }

        private void verifyContent(SpanData modelCall, String result) {
            String input = text(modelCall, "gen_ai.input.messages");
            String output = text(modelCall, "gen_ai.output.messages");
            assertThat(modelCall.toString()).doesNotContain("ERROR-marker");
            assertThat(telemetry.metrics().toString())
                    .contains("gen_ai.client.operation.duration")
                    .doesNotContain("-marker", "hello");
            assertThat(diagnostics.toString()).doesNotContain("-marker", "hello");
            if (content.toString().contains("spans=false")) {
                assertThat(modelCall.toString()).doesNotContain("-marker", "hello");
                assertThat(telemetry.logs().toString()).doesNotContain("-marker", "hello");
                assertThat(input).isNull();
                assertThat(output).isNull();
                return;
            }
            assertThat(input)
                    .isEqualTo("[{\"role\":\"user\",\"parts\":[{\"type\":\"text\",\"content\":\"" + Session.PROMPT
                            + "\"}]}]");
            assertThat(telemetry.logs().toString()).contains(Session.PROMPT);
            if (result.equals("hello")) {
                assertThat(output)
                        .startsWith("[{\"role\":\"assistant\",\"parts\":[{\"type\":\"text\",\"content\":\"hello\"}]");
            }
        }

        /** One for the program's call, whatever came of it, and it says what came of its last attempt. */
        private SpanData verifyModelCall(Span caller, List<SpanData> attempts) {
            List<SpanData> modelCalls = spans("dev.llmpropagation.agent");
            assertThat(modelCalls).hasSize(1);
            SpanData modelCall = modelCalls.get(0);
            assertParent(modelCall, caller);
            AttributeKey<String> outcome = AttributeKey.stringKey("llm_propagation.outcome");
            assertThat(modelCall.getAttributes().get(outcome))
                    .isEqualTo(attempts.get(attempts.size() - 1).getAttributes().get(outcome));
            assertThat(number(modelCall, "llm_propagation.attempts"))
                    .isEqualTo(attempts.size() == 1 ? null : Long.valueOf(attempts.size()));
            assertThat(modelCall.toString()).doesNotContain("SECRET");
            return modelCall;
        }

        private void verifyHeaders(Run ours, List<SpanData> attempts) {
            for (int i = 0; i < ours.received.size(); i++) {
                FaultServer.Received request = ours.received.get(i);
                assertThat(request.header("traceparent"))
                        .contains(attempts.get(i).getTraceId())
                        .contains(attempts.get(i).getSpanId());
                assertThat(request.header(SESSION)).isEqualTo("s-1");
                assertThat(request.headers().keySet()).noneMatch(name -> name.startsWith("llm-propagation"));
            }
            for (FaultServer.Received request : ours.receivedByOther) {
                assertThat(request.headers())
                        .doesNotContainKeys(
                                "traceparent",
                                "tracestate",
                                "x-qwen-code-session-id",
                                "authorization",
                                "x-goog-api-key");
                assertThat(request.headers().toString()).doesNotContain("SECRET");
            }
            assertThat(attempts.toString()).doesNotContain("SECRET");
        }

        private void awaitEnd(LlmPropagation propagation) {
            await().untilAsserted(() -> {
                if (!openSpans().isEmpty()) {
                    System.gc(); // a response that an SDK dropped is found when it is unreachable
                    propagation.sweep();
                }
                assertThat(openSpans()).isEmpty();
                assertThat(FailingStorage.openScopes()).as("scopes open").isZero();
            });
        }

        private Run run(LlmPropagation propagation, Span caller) throws Exception {
            Traffic traffic = new Traffic();
            try (FaultServer server = new FaultServer(fault, sdk, mode)) {
                String baseUrl = fault == Fault.CONNECTION_REFUSED
                        ? "http://127.0.0.1:" + LocalServer.closedPort()
                        : server.baseUrl();
                Session session = sdk == Sdk.OPENAI
                        ? new OpenAiSession(fault, server, baseUrl, traffic, propagation)
                        : new GeminiSession(fault, server, baseUrl, traffic, propagation);
                try (session) {
                    String result;
                    try (Scope ignored = LlmSession.of("s-1")
                            .storeInContext(Context.root().with(caller))
                            .makeCurrent()) {
                        result = session.result(mode);
                    }
                    server.release();
                    if (propagation != null) {
                        awaitEnd(propagation);
                        await().until(() -> traffic.held() == 0);
                    }
                    return new Run(
                            result,
                            List.copyOf(server.received()),
                            List.copyOf(server.receivedByOther()),
                            traffic.connects(),
                            traffic.held());
                }
            }
        }

        private List<SpanData> attempts() {
            return spans("dev.llmpropagation");
        }

        private List<SpanData> openSpans() {
            return telemetry.openSpans().stream()
                    .filter(span -> !span.getName().equals("caller"))
                    .toList();
        }

        private List<SpanData> spans(String scope) {
            return telemetry.spans().stream()
                    .filter(span -> span.getInstrumentationScopeInfo().getName().equals(scope))
                    .toList();
        }

        private record Run(
                String result,
                List<FaultServer.Received> received,
                List<FaultServer.Received> receivedByOther,
                int connects,
                int held) {}
    }
}
