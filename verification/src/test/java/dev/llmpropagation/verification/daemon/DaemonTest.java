package dev.llmpropagation.verification.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.daemon.InboundTrace;
import dev.llmpropagation.verification.doctor.daemon.DaemonClient.Answer;
import dev.llmpropagation.verification.doctor.daemon.DaemonDemo;
import dev.llmpropagation.verification.doctor.daemon.PromptTrace;
import dev.llmpropagation.verification.trace.TraceSpan;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.logs.data.LogRecordData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** A daemon, its clients and the process of its agents, over real pipes and sockets. */
class DaemonTest {

    private static final String FORGED_TRACE = "deadbeefdeadbeefdeadbeefdeadbeef";
    private static final String FORGED = "00-" + FORGED_TRACE + "-deadbeefdeadbeef-01";
    private static final String FORGED_META = ",\"sessionId\":\"stolen\",\"_meta\":{\"qwen.telemetry.traceparent\":\""
            + FORGED + "\",\"traceparent\":\"" + FORGED + "\",\"kept\":1}";

    @Test
    void demo_showsEachPromptAsOneTree_3_103() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        boolean well = new DaemonDemo(new PrintStream(bytes, true, StandardCharsets.UTF_8)).run();

        String report = bytes.toString(StandardCharsets.UTF_8);
        assertThat(well).as(report).isTrue();
        assertThat(report.lines().filter(line -> line.contains("✓ one tree"))).hasSize(4);
        assertThat(report).doesNotContain("✗");
    }

    @Test
    void flaws_areFound() throws Exception {
        try (RunningDaemon running = new RunningDaemon(options -> options)) {
            String session = running.client.open("openai");
            String prompt = running.client.prompt(session, "hello").text("promptId");
            running.stop();
            List<TraceSpan> trace = PromptTrace.of(prompt, running.collector.spans());
            assertThat(PromptTrace.flaws(session, prompt, trace, running.models.received()))
                    .isEmpty();
            assertThat(PromptTrace.flaws("other", prompt, trace, running.models.received()))
                    .isNotEmpty();
            assertThat(PromptTrace.flaws(session, prompt, trace, List.of())).hasSize(2);
            for (TraceSpan gone : trace) {
                List<TraceSpan> rest =
                        trace.stream().filter(span -> span != gone).toList();
                if (!gone.attributes().toString().contains("channel.")) {
                    assertThat(PromptTrace.flaws(session, prompt, rest, running.models.received()))
                            .as("without %s", gone.name())
                            .isNotEmpty();
                }
            }
        }
    }

    @Test
    void twentySessions_keepWhatIsTheirs_12_13_14_25_26_65_94_100_101() throws Exception {
        try (RunningDaemon running = new RunningDaemon(options -> options.inboundTrace(InboundTrace.LINK))) {
            Map<String, String> answered = new LinkedHashMap<>();
            List<String> sessions = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                sessions.add(running.client.open(i % 2 == 0 ? "openai" : "gemini"));
            }
            assertThat(running.gauge("qwen-code.daemon.session.active")).isEqualTo(20);
            round(running, sessions, answered);
            List<CompletableFuture<Answer>> cancelled = cancelFour(running, sessions);
            Answer killed = killInTheMiddle(running, sessions.get(0));
            round(running, sessions, answered);
            assertThat(running.gauge("qwen-code.daemon.session.active")).isEqualTo(20);
            for (String session : sessions) {
                assertThat(running.client.close(session).status()).isEqualTo(200);
            }
            assertThat(running.gauge("qwen-code.daemon.session.active")).isZero();
            running.stop();

            assertThat(answered).hasSize(80);
            List<TraceSpan> all = running.collector.spans();
            answered.forEach((prompt, session) -> assertThat(
                            PromptTrace.flaws(session, prompt, PromptTrace.of(prompt, all), running.models.received()))
                    .as("prompt %s of session %s", prompt, session)
                    .isEmpty());
            for (CompletableFuture<Answer> answer : cancelled) {
                assertThat(answer.get().text("stopReason")).isEqualTo("cancelled");
            }
            assertThat(killed.status()).isEqualTo(500);
            assertThat(all).noneMatch(span -> span.traceId().equals(FORGED_TRACE));
            assertThat(all).noneMatch(span -> span.attributes().containsValue("stolen"));
            assertThat(running.models.received())
                    .noneMatch(request -> String.valueOf(request.traceparent()).contains(FORGED_TRACE));
        }
    }

    /** Two prompts for each session, sent at once, with what a hostile client would send. */
    private static void round(RunningDaemon running, List<String> sessions, Map<String, String> answered)
            throws Exception {
        Map<CompletableFuture<Answer>, String> answers = new LinkedHashMap<>();
        for (int turn = 0; turn < 2; turn++) {
            for (int i = 0; i < sessions.size(); i++) {
                String header = i % 3 == 0 ? FORGED : i % 3 == 1 ? "00-junk" : FORGED.replaceFirst("01$", "00");
                answers.put(
                        running.client.promptAsync(
                                sessions.get(i), "hello", FORGED_META, Map.of("traceparent", header)),
                        sessions.get(i));
            }
        }
        for (Map.Entry<CompletableFuture<Answer>, String> answer : answers.entrySet()) {
            assertThat(answer.getKey().get().status()).isEqualTo(200);
            assertThat(answer.getKey().get().text("answer")).isEqualTo("Hello");
            answered.put(answer.getKey().get().text("promptId"), answer.getValue());
        }
    }

    /** The one that runs and the one behind it in the queue. */
    private static List<CompletableFuture<Answer>> cancelFour(RunningDaemon running, List<String> sessions)
            throws Exception {
        List<CompletableFuture<Answer>> cancelled = new ArrayList<>();
        for (int i = 0; i < 8; i += 2) { // those of openai-java, whose cancel reaches the wire
            cancelled.add(running.client.promptAsync(sessions.get(i), "slow " + i, "", Map.of()));
            running.awaitRequest("slow " + i);
            cancelled.add(running.client.promptAsync(sessions.get(i), "behind", "", Map.of()));
            await().atMost(RunningDaemon.PATIENCE).until(() -> running.daemon.queuedPrompts() == 1);
            running.client.cancel(sessions.get(i));
        }
        for (CompletableFuture<Answer> answer : cancelled) {
            assertThat(answer.get().status()).isEqualTo(200);
        }
        return cancelled;
    }

    private static Answer killInTheMiddle(RunningDaemon running, String session) throws Exception {
        CompletableFuture<Answer> lost = running.client.promptAsync(session, "slow and lost", "", Map.of());
        running.awaitRequest("slow and lost");
        running.daemon.killChild();
        return lost.get();
    }

    @Test
    void failures_areFoundFromTheTraceAloneAndFromTheLogAlone_23_78() throws Exception {
        try (RunningDaemon running = new RunningDaemon(options -> options)) {
            String session = running.client.open("openai");
            assertThat(running.client.prompt(session, "explode").status()).isEqualTo(500);
            CompletableFuture<Answer> slow = running.client.promptAsync(session, "slow", "", Map.of());
            running.awaitRequest("slow");
            running.client.cancel(session);
            assertThat(slow.get().text("stopReason")).isEqualTo("cancelled");
            await().atMost(RunningDaemon.PATIENCE) // the process that is killed next takes with it what it has not sent
                    .until(() -> running.collector.spans().stream()
                            .anyMatch(span -> span.name().equals("qwen-code.interaction")
                                    && span.text("llm_propagation.outcome")
                                            .filter("cancelled"::equals)
                                            .isPresent()));
            Answer lost = killInTheMiddle(running, session);
            assertThat(lost.status()).isEqualTo(500);
            running.stop();

            failedRequestAndStep(running, session);
            cancelledPrompt(running, session);
            exitOfTheChild(running, session);
            assertThat(running.spans() + "\n" + running.logs() + "\n" + running.collector.spans())
                    .doesNotContain("MARKER-SECRET", "demo-credential");
        }
    }

    private static void failedRequestAndStep(RunningDaemon running, String session) {
        SpanData request = span(running, "qwen-code.daemon.request", "failed", 0);
        SpanData step = span(running, "qwen-code.daemon.bridge", "failed", 0);
        assertThat(request.getStatus().getStatusCode()).isEqualTo(StatusCode.ERROR);
        assertThat(step.getParentSpanId()).isEqualTo(request.getSpanId());
        assertThat(text(request, "session.id")).isEqualTo(session);
        assertThat(text(step, "error.type")).endsWith("RemoteError");
        List<LogRecordData> logs = logs(running, "qwen-code.daemon.error").stream()
                .filter(log -> log.getSpanContext().getTraceId().equals(request.getTraceId()))
                .toList();
        assertThat(logs)
                .extracting(log -> log.getSpanContext().getSpanId())
                .containsExactly(step.getSpanId(), request.getSpanId());
        assertThat(logs).allSatisfy(log -> {
            assertThat(text(log, "session.id")).isEqualTo(session);
            assertThat(text(log, "qwen-code.prompt_id")).isEqualTo(text(request, "qwen-code.prompt_id"));
            assertThat(text(log, "http.route")).isEqualTo("POST /session/:id/prompt");
        });
    }

    private static void cancelledPrompt(RunningDaemon running, String session) {
        SpanData step = span(running, "qwen-code.daemon.bridge", "cancelled", 0);
        assertThat(step.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        LogRecordData log = logs(running, "qwen-code.daemon.prompt.cancelled").get(0);
        assertThat(log.getSpanContext().getSpanId()).isEqualTo(step.getSpanId());
        assertThat(text(log, "session.id")).isEqualTo(session);
        List<TraceSpan> trace = PromptTrace.of(text(step, "qwen-code.prompt_id"), running.collector.spans());
        assertThat(trace)
                .filteredOn(span -> span.name().equals("qwen-code.interaction"))
                .singleElement()
                .satisfies(
                        span -> assertThat(span.text("llm_propagation.outcome")).contains("cancelled"));
    }

    private static void exitOfTheChild(RunningDaemon running, String session) {
        SpanData step = span(running, "qwen-code.daemon.bridge", "failed", 1);
        assertThat(text(step, "session.id")).isEqualTo(session);
        assertThat(step.getEvents()).anyMatch(event -> event.getName().equals("channel.exited"));
        LogRecordData log = logs(running, "qwen-code.daemon.channel.exited").get(0);
        assertThat(log.getSpanContext().getTraceId()).isEqualTo(step.getTraceId());
        assertThat(text(log, "qwen-code.prompt_id")).isEqualTo(text(step, "qwen-code.prompt_id"));
    }

    private static SpanData span(RunningDaemon running, String name, String outcome, int index) {
        return running.spans().stream()
                .filter(span -> span.getName().equals(name))
                .filter(span ->
                        outcome.equals(span.getAttributes().get(AttributeKey.stringKey("llm_propagation.outcome"))))
                .toList()
                .get(index);
    }

    private static List<LogRecordData> logs(RunningDaemon running, String event) {
        return running.logs().stream()
                .filter(log -> event.equals(log.getEventName()))
                .toList();
    }

    private static String text(SpanData span, String key) {
        return String.valueOf(span.getAttributes().get(AttributeKey.stringKey(key)));
    }

    private static String text(LogRecordData log, String key) {
        return String.valueOf(log.getAttributes().get(AttributeKey.stringKey(key)));
    }
}
