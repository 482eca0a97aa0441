package dev.llmpropagation.scenarios.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.daemon.InboundTrace;
import dev.llmpropagation.doctor.daemon.DaemonDemo;
import dev.llmpropagation.doctor.daemon.PromptTrace;
import dev.llmpropagation.doctor.trace.MetricPoint;
import dev.llmpropagation.doctor.trace.TraceLog;
import dev.llmpropagation.examples.daemon.DaemonClient.Answer;
import dev.llmpropagation.fixtures.Slow;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** A daemon, its clients and the process of its agents, over real pipes and sockets. */
class DaemonTest {

    private static final String PROMPT = "qwen-code.prompt_id";
    private static final String OUTCOME = "llm_propagation.outcome";
    private static final String STATUS = "http.response.status_code";
    private static final String SIGNAL = "qwen-code.daemon.channel.signal";
    private static final String FORGED_TRACE = "deadbeefdeadbeefdeadbeefdeadbeef";
    private static final String FORGED = "00-" + FORGED_TRACE + "-deadbeefdeadbeef-01";
    private static final String FORGED_META = ",\"sessionId\":\"stolen\",\"_meta\":{\"qwen.telemetry.traceparent\":\""
            + FORGED + "\",\"traceparent\":\"" + FORGED + "\",\"kept\":1}";

    @Test
    void pitfall_3_103_demo_showsEachPromptAsOneTree() throws Exception {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        boolean well = new DaemonDemo(new PrintStream(bytes, true, StandardCharsets.UTF_8), null, null).run();

        String report = bytes.toString(StandardCharsets.UTF_8);
        assertThat(well).as(report).isTrue();
        assertThat(report.lines().filter(line -> line.contains("✓ one tree"))).hasSize(5);
        assertThat(report)
                .contains(
                        "daemon.request POST /session/",
                        "daemon.bridge prompt.dispatch",
                        "daemon.bridge session.load",
                        "✓ both processes sent both",
                        "✓ two processes, 2 sessions taken from one to the other; 1 streams evicted; one permission given")
                .containsPattern("daemon +qwen-code.daemon.prompt.duration +8, on average [0-9.]+ ms\n")
                .containsPattern("agents +qwen-code.user_prompt +8\n");
        assertThat(report).doesNotContain("✗");
    }

    @Test
    void exampleServes_loadListPermissionAndCancel() throws Exception {
        try (RunningDaemon running = new RunningDaemon(options -> options)) {
            String session = running.client.open("openai");
            assertThat(running.client.load("s-earlier", "gemini").text("sessionId"))
                    .isEqualTo("s-earlier");
            assertThat(running.client.prompt("s-earlier", "hello").text("stopReason"))
                    .isEqualTo("end_turn");

            CompletableFuture<Answer> allowed = running.client.promptAsync(session, "with permission", "", Map.of());
            String question = running.client.permissionAsked(session);
            assertThat(running.client.list().body().path("sessions").findValuesAsText("sessionId"))
                    .containsExactlyInAnyOrder(session, "s-earlier");
            assertThat(running.client.list().body().toString()).contains(question);
            assertThat(running.client
                            .answer(session, "nobody-asked", "proceed_once")
                            .status())
                    .isEqualTo(404);
            assertThat(running.client.answer(session, question, "proceed_once").status())
                    .isEqualTo(200);
            assertThat(allowed.get().text("stopReason")).isEqualTo("end_turn");
            String forbidden = "s-earlier";
            CompletableFuture<Answer> cancelled =
                    running.client.promptAsync(forbidden, "with permission", "", Map.of());
            running.client.permissionAsked(forbidden);
            assertThat(running.client.cancel(forbidden).status()).isEqualTo(200);
            assertThat(cancelled.get().text("stopReason")).isEqualTo("cancelled");
            running.stop();

            List<TraceSpan> all = running.collector.spans();
            assertThat(operations(all, "session.load")).isEqualTo(1);
            assertThat(operations(all, "permission.cancel")).isEqualTo(1);
            assertThat(all)
                    .filteredOn(span -> span.name().equals("qwen-code.tool.blocked_on_user"))
                    .extracting(span -> span.text("decision").orElse(""))
                    .containsExactlyInAnyOrder("proceed_once", "aborted");
            assertThat(all)
                    .filteredOn(span -> span.text("qwen-code.daemon.permission.request_id")
                            .filter(question::equals)
                            .isPresent())
                    .as("the agent's wait, and the request that brought the answer")
                    .extracting(span -> span.name() + span.text("http.route").orElse(""))
                    .containsExactlyInAnyOrder(
                            "qwen-code.tool.blocked_on_user",
                            "qwen-code.daemon.requestPOST /session/:id/permission/:requestId");
            assertThat(all)
                    .filteredOn(span -> has(span.attributes(), "qwen-code.daemon.bridge.operation", "prompt.dispatch"))
                    .flatExtracting(span -> span.details().events())
                    .filteredOn(event -> event.name().startsWith("permission."))
                    .extracting(event -> event.name() + event.attributes().containsValue(question))
                    .containsExactlyInAnyOrder(
                            "permission.requestedtrue",
                            "permission.answeredtrue",
                            "permission.requestedfalse",
                            "permission.cancelledfalse");
            assertThat(all)
                    .filteredOn(span -> span.text("http.route")
                            .filter("GET /workspace/:id/sessions"::equals)
                            .isPresent())
                    .hasSize(2);
        }
    }

    @Slow
    @Test
    void sessionThatIsClosedWhileItsPromptWaitsForItsUser_leavesNothingOpen() throws Exception {
        try (RunningDaemon running = new RunningDaemon(options -> options)) {
            String session = running.client.open("openai");
            CompletableFuture<Answer> prompt = running.client.promptAsync(session, "with permission", "", Map.of());
            running.client.permissionAsked(session);
            assertThat(running.client.close(session).status()).isEqualTo(200);
            assertThat(prompt.get().status()).isEqualTo(200);
            assertThat(running.gauge("qwen-code.daemon.session.active")).isZero();
            running.stop();

            assertThat(running.collector.spans())
                    .filteredOn(span -> span.name().equals("qwen-code.tool.blocked_on_user"))
                    .extracting(span -> span.text("decision").orElse("")
                            + ' '
                            + span.text("source").orElse(""))
                    .containsExactly("aborted ide");
        }
    }

    /** Its process cannot be asked any more, and still nobody waits for its events. */
    @Test
    void sessionWhoseProcessIsGone_isClosedAllTheSame() throws Exception {
        try (RunningDaemon running = new RunningDaemon(options -> options)) {
            String session = running.client.open("openai");
            CompletableFuture<String> events = running.client.events(session);
            await().atMost(RunningDaemon.PATIENCE).until(() -> running.gauge("qwen-code.daemon.sse.active") == 1);
            running.daemon.killChild();
            assertThat(running.client.close(session).status()).isEqualTo(500);

            assertThat(events).succeedsWithin(RunningDaemon.PATIENCE);
            assertThat(running.gauge("qwen-code.daemon.session.active")).isZero();
            running.stop();
            assertThat(running.collector.spans())
                    .filteredOn(span -> span.text("http.route")
                            .filter("GET /session/:id/events"::equals)
                            .isPresent())
                    .extracting(span ->
                            span.text("qwen-code.daemon.sse.close_reason").orElse(""))
                    .containsExactly("completed");
        }
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

    @Slow
    @Test
    void twentySessions_keepWhatIsTheirs() throws Exception {
        try (RunningDaemon running = new RunningDaemon(options -> options.inboundTrace(InboundTrace.LINK))) {
            Map<String, String> answered = new LinkedHashMap<>();
            List<String> sessions = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                sessions.add(running.client.open(i % 2 == 0 ? "openai" : "gemini"));
            }
            assertThat(running.gauge("qwen-code.daemon.session.active")).isEqualTo(20);
            round(running, sessions, answered);
            List<CompletableFuture<Answer>> cancelled = cancelFour(running, sessions);
            awaitInteractions(running, answered.size() + cancelled.size() / 2); // the half that left the queue
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
            assertThat(spansOpenInTheLastProcess(running))
                    .as("spans started and not ended")
                    .isZero();
            assertEachTraceHasOneOwner(all, sessions);
            assertThat(operations(all, "channel.spawn")).as("processes").isEqualTo(2);
            assertThat(operations(all, "session.new")).isEqualTo(20);
            assertThat(operations(all, "session.load"))
                    .as("in the second process")
                    .isEqualTo(20);
            assertThat(all).noneMatch(span -> span.traceId().equals(FORGED_TRACE));
            assertThat(all).noneMatch(span -> span.attributes().containsValue("stolen"));
            assertThat(running.models.received())
                    .noneMatch(request -> String.valueOf(request.traceparent()).contains(FORGED_TRACE));
        }
    }

    /** Where a client's own trace may be joined, what it writes into the body is still nobody's parent. */
    @Test
    void pitfall_94_forgedMeta_winsNothing_whereClientsAreTrusted() throws Exception {
        try (RunningDaemon running = new RunningDaemon(options -> options)) {
            String session = running.client.open("openai");
            Map<String, String> malformed = Map.of("traceparent", "00-junk");
            Answer answer = running.client
                    .promptAsync(session, "hello", FORGED_META, malformed)
                    .get();
            running.stop();

            String prompt = answer.text("promptId");
            List<TraceSpan> all = running.collector.spans();
            assertThat(PromptTrace.flaws(session, prompt, PromptTrace.of(prompt, all), running.models.received()))
                    .isEmpty();
            assertThat(all).noneMatch(span -> span.traceId().equals(FORGED_TRACE));
            assertThat(all).noneMatch(span -> span.attributes().containsValue("stolen"));
        }
    }

    /** Those of prompts that were cancelled or lost as well, as far as the process that was killed could send them. */
    private static void assertEachTraceHasOneOwner(List<TraceSpan> all, List<String> sessions) {
        Map<String, Set<String>> owners = new HashMap<>();
        for (TraceSpan span : all) {
            if (!span.text("qwen-code.daemon.operation")
                    .orElse("")
                    .startsWith("event.")) { // the end of an idle process
                assertThat(sessions)
                        .as(span.toString())
                        .contains(span.text("session.id").orElse("none"));
                owners.computeIfAbsent(span.traceId(), trace -> new HashSet<>())
                        .add(span.text("session.id") + " " + span.text(PROMPT));
            }
        }
        assertThat(owners.values()).allSatisfy(owner -> assertThat(owner).hasSize(1));
    }

    /** By the SDK's own count, which that process sent last of all. The one that was killed could not. */
    private static double spansOpenInTheLastProcess(RunningDaemon running) {
        List<MetricPoint> open = running.collector.metrics().stream()
                .filter(point -> point.service().equals("agents"))
                .filter(point -> point.name().equals("otel.sdk.span.live"))
                .toList();
        assertThat(open).isNotEmpty();
        return open.get(open.size() - 1).value();
    }

    private static long operations(List<TraceSpan> spans, String operation) {
        return spans.stream()
                .filter(span -> has(span.attributes(), "qwen-code.daemon.bridge.operation", operation))
                .count();
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

    /** A process that is killed takes with it what it has not sent. An interaction is the last span of its prompt. */
    private static void awaitInteractions(RunningDaemon running, int count) {
        await().atMost(RunningDaemon.PATIENCE)
                .until(
                        () -> running.collector.spans().stream()
                                .filter(span -> span.name().equals("qwen-code.interaction"))
                                .count(),
                        sent -> sent == count);
    }

    private static Answer killInTheMiddle(RunningDaemon running, String session) throws Exception {
        CompletableFuture<Answer> lost = running.client.promptAsync(session, "slow and lost", "", Map.of());
        running.awaitRequest("slow and lost");
        running.daemon.killChild();
        return lost.get();
    }

    @Test
    void pitfall_23_78_failures_areFoundFromTheTraceAloneAndFromTheLogAlone() throws Exception {
        try (RunningDaemon running = new RunningDaemon(options -> options)) {
            String session = running.client.open("openai");
            assertThat(running.client.prompt(session, "explode").status()).isEqualTo(500);
            CompletableFuture<Answer> slow = running.client.promptAsync(session, "slow", "", Map.of());
            running.awaitRequest("slow");
            running.client.cancel(session);
            assertThat(slow.get().text("stopReason")).isEqualTo("cancelled");
            awaitInteractions(running, 2);
            Answer lost = killInTheMiddle(running, session);
            assertThat(lost.status()).isEqualTo(500);
            running.stop();

            List<TraceSpan> spans = running.collector.spans();
            List<TraceLog> logs = running.collector.logs();
            for (Incident incident : INCIDENTS) {
                Set<String> fromTheTrace = incident.inTheTrace(spans);
                assertThat(fromTheTrace)
                        .as(incident.name)
                        .hasSize(incident.times)
                        .allMatch(found -> found.contains("session " + session))
                        .isEqualTo(incident.inTheLog(logs));
            }
            assertThat(spans + "\n" + logs).doesNotContain("MARKER-SECRET", "demo-credential", "explode");
            agentsSideOfTheCancelledPrompt(spans);
        }
    }

    /** What somebody looks for, who has the spans alone, or the log records alone. */
    private record Incident(String name, int times, Predicate<TraceSpan> span, Predicate<TraceLog> log) {

        Set<String> inTheTrace(List<TraceSpan> spans) {
            return spans.stream()
                    .filter(span)
                    .map(found -> ids(found.traceId(), found.attributes()))
                    .collect(Collectors.toSet());
        }

        Set<String> inTheLog(List<TraceLog> logs) {
            return logs.stream()
                    .filter(log)
                    .map(found -> ids(found.traceId(), found.attributes()))
                    .collect(Collectors.toSet());
        }

        private static String ids(String trace, Map<String, Object> attributes) {
            assertThat(attributes).containsKeys("session.id", PROMPT);
            // Without the span: a failed prompt leaves one record, which has that of the step and the status of the
            // request.
            return "trace " + trace + " session " + attributes.get("session.id") + " prompt " + attributes.get(PROMPT);
        }
    }

    private static final List<Incident> INCIDENTS = List.of(
            new Incident(
                    "the daemon answered 500",
                    2,
                    span -> span.name().equals("qwen-code.daemon.request")
                            && span.error()
                            && has(span.attributes(), STATUS, 500L)
                            && has(span.attributes(), "http.route", "POST /session/:id/prompt"),
                    log -> log.name().equals("qwen-code.daemon.error")
                            && log.severity().equals("ERROR")
                            && has(log.attributes(), STATUS, 500L)
                            && has(log.attributes(), "http.route", "POST /session/:id/prompt")),
            new Incident(
                    "the agent failed",
                    1,
                    span -> isDispatch(span.attributes())
                            && span.error()
                            && span.text("error.type").orElse("").equals("RemoteError"),
                    log -> log.name().equals("qwen-code.daemon.error")
                            && isDispatch(log.attributes())
                            && log.text("error.type").orElse("").equals("RemoteError")),
            new Incident(
                    "the bridge lost its process",
                    1,
                    span -> isDispatch(span.attributes())
                            && span.error()
                            && span.text("error.type").orElse("").equals("BridgeChannelClosedError"),
                    log -> log.name().equals("qwen-code.daemon.error")
                            && isDispatch(log.attributes())
                            && log.text("error.type").orElse("").equals("BridgeChannelClosedError")),
            new Incident(
                    "the process ended",
                    1,
                    span -> span.details().events().stream()
                            .anyMatch(event -> event.name().equals("channel.exited")
                                    && has(event.attributes(), SIGNAL, "SIGKILL")),
                    log -> log.name().equals("qwen-code.daemon.channel.exited")
                            && has(log.attributes(), SIGNAL, "SIGKILL")),
            new Incident(
                    "a prompt was cancelled",
                    1,
                    span -> isDispatch(span.attributes())
                            && !span.error()
                            && has(span.attributes(), OUTCOME, "cancelled"),
                    log -> log.name().equals("qwen-code.daemon.prompt.cancelled")));

    private static boolean isDispatch(Map<String, Object> attributes) {
        return has(attributes, "qwen-code.daemon.bridge.operation", "prompt.dispatch");
    }

    private static boolean has(Map<String, Object> attributes, String key, Object value) {
        return value.equals(attributes.get(key));
    }

    private static void agentsSideOfTheCancelledPrompt(List<TraceSpan> spans) {
        TraceSpan step = spans.stream()
                .filter(INCIDENTS.get(INCIDENTS.size() - 1).span())
                .findFirst()
                .orElseThrow();
        assertThat(PromptTrace.of(step.text(PROMPT).orElseThrow(), spans))
                .filteredOn(span -> span.name().equals("qwen-code.interaction"))
                .singleElement()
                .satisfies(span -> assertThat(span.text(OUTCOME)).contains("cancelled"));
    }
}
