package dev.llmpropagation.scenarios.agent;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.containing;
import static com.github.tomakehurst.wiremock.client.WireMock.urlMatching;
import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.stubbing.ServeEvent;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.scenarios.agent.CrowdCall.Way;
import dev.llmpropagation.scenarios.agent.CrowdCall.Wish;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.TraceIds;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Fifty sessions with some prompts each in one process, calling through one client of each SDK, with cancels, faults and
 * session resets: nobody's call is taken for another's, and each ends as it must. The model's name says which call it is.
 * What is done is drawn by a seed; {@code -Dcrowd.seed=} repeats a run, {@code -Dcrowd.prompts=} makes it longer.
 */
class CrowdTest {

    private static final int SESSIONS = 50;
    private static final int PROMPTS = Integer.getInteger("crowd.prompts", 3);
    private static final long SEED = Long.getLong("crowd.seed", System.nanoTime());

    private final Map<String, CrowdCall> calls = new ConcurrentHashMap<>();
    private final Map<String, TurnEnd> turns = new ConcurrentHashMap<>();

    /** How a prompt ends, by its last call. */
    private enum TurnEnd {
        COMPLETED("completed", null),
        /** The program lets the exception of a refused call out. */
        FAILED("failed", "com.openai.errors.InternalServerException"),
        CANCELLED("cancelled", null);

        private final String outcome;
        private final String errorType;

        TurnEnd(String outcome, String errorType) {
            this.outcome = outcome;
            this.errorType = errorType;
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void pitfall_26_everySpan_isInItsOwnSessionAndPromptAndEndsAsItsCallDid(boolean derivedIds) throws Exception {
        System.out.println("crowd.seed=" + SEED);
        try (Services services = new Services(derivedIds)) {
            answer(services);
            ExecutorService threads = Executors.newFixedThreadPool(SESSIONS);
            List<Future<?>> sessions = new ArrayList<>();
            for (int i = 0; i < SESSIONS; i++) {
                int session = i;
                sessions.add(threads.submit(() -> session(services, session)));
            }
            for (Future<?> session : sessions) {
                session.get(240, TimeUnit.SECONDS);
            }
            threads.shutdown();
            await().untilAsserted(
                            () -> assertThat(services.telemetry.openSpans()).isEmpty());
            Map<String, SpanData> byId =
                    services.spans().stream().collect(Collectors.toMap(SpanData::getSpanId, Function.identity()));
            everySpanIsWhereItBelongs(byId, derivedIds);
            everyRequestIsOfItsCall(services, byId);
            everyTurnEndedAsItsLastCallDid(byId);
            everyCallEndedAsItHadTo(byId);
        }
    }

    private static void answer(Services services) {
        services.server.stubFor(any(anyUrl()).willReturn(Services.answer()));
        services.server.stubFor(any(urlMatching("/v1/.*"))
                .withRequestBody(containing("\"stream\":true"))
                .willReturn(Services.toolCall()));
        services.server.stubFor(any(urlMatching(".*generateContent.*")).willReturn(Services.candidate()));
        services.server.stubFor(any(urlMatching(".*streamGenerateContent.*")).willReturn(Services.candidates()));
        services.server.stubFor(
                any(anyUrl()).withRequestBody(containing("fail please")).willReturn(Services.unavailable()));
        services.server.stubFor(any(anyUrl())
                .withRequestBody(containing("break please"))
                .willReturn(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER)));
        services.server.stubFor(any(anyUrl())
                .withRequestBody(containing("slowly please"))
                .willReturn(Services.answer().withFixedDelay(20_000)));
    }

    private void session(Services services, int number) {
        Random random = new Random(SEED + number);
        for (int prompt = 0; prompt < PROMPTS; prompt++) {
            String session = "session-" + number + (prompt < PROMPTS / 2 ? "" : "-reset");
            String promptId = "prompt-" + prompt;
            String owner = session + '.' + promptId;
            int turnNumber = number * PROMPTS + prompt;
            int dice = random.nextInt(5);
            TurnEnd end = dice == 0 ? TurnEnd.FAILED : dice == 1 ? TurnEnd.CANCELLED : TurnEnd.COMPLETED;
            turns.put(owner, end);
            // Prompts of other sessions have the same ids. Every other session is named by the Context alone.
            Interaction.Builder builder = services.propagation.agent().interaction(promptId);
            try (Scope ignored = LlmSession.of(session).makeCurrent()) {
                (number % 2 == 0 ? builder.session(session) : builder)
                        .run(turn -> prompt(services, turn, owner, end, random, turnNumber));
            } catch (Exception e) {
                assertThat(end).as("%s of %s", e, owner).isNotEqualTo(TurnEnd.COMPLETED);
            }
        }
    }

    private void prompt(Services services, Interaction turn, String owner, TurnEnd end, Random random, int number)
            throws Exception {
        CrowdCall aside = planned(new CrowdCall(owner + ".aside", Way.GEMINI_ASYNC, Wish.ANSWER));
        CompletableFuture<?> answer =
                services.gemini.async.models.generateContent(aside.model(), aside.wish().text, null);
        make(services, CrowdCall.any(random, owner + ".first"));
        turn.tool("t").run(tool -> make(services, CrowdCall.any(random, owner + ".in-tool")));
        make(services, CrowdCall.oneOfAllThenAny(number, random, owner + ".last"));
        answer.get(60, TimeUnit.SECONDS);
        if (end == TurnEnd.FAILED) {
            planned(new CrowdCall(owner + ".fatal", Way.OPENAI, Wish.REFUSAL)).make(services);
        } else if (end == TurnEnd.CANCELLED) {
            throw new CancellationException("the user had enough");
        }
    }

    private CrowdCall planned(CrowdCall call) {
        calls.put(call.model(), call);
        return call;
    }

    /** The program sees an exception if and only if the call fails. */
    private void make(Services services, CrowdCall call) {
        planned(call);
        if (call.wish() == Wish.CANCEL) {
            planned(call.beside());
        }
        Exception thrown = null;
        try {
            call.make(services);
        } catch (Exception e) {
            thrown = e;
        }
        assertThat(thrown != null)
                .as("%s threw %s, seed %d", call, thrown, SEED)
                .isEqualTo(call.wish().outcome.equals("failed"));
    }

    private void everySpanIsWhereItBelongs(Map<String, SpanData> byId, boolean derivedIds) {
        for (SpanData span : byId.values()) {
            SpanData root = span;
            SpanData modelCall = null;
            while (root.getParentSpanContext().isValid()) {
                modelCall = root.getName().equals("qwen-code.llm_request") ? root : modelCall;
                root = byId.get(root.getParentSpanId());
                assertThat(root).as("parent of %s", span).isNotNull();
            }
            String session = text(root, "session.id");
            assertThat(root.getName()).isEqualTo("qwen-code.interaction");
            assertThat(span.getTraceId()).isEqualTo(root.getTraceId());
            assertThat(span.getTraceId().equals(TraceIds.ofSession(session))).isEqualTo(derivedIds);
            assertThat(text(span, "session.id")).isEqualTo(session);
            if (modelCall != null) {
                assertThat(text(modelCall, "gen_ai.request.model"))
                        .startsWith(session + '.' + text(root, "qwen-code.prompt_id") + '.');
            }
            if (span.getName().equals("POST")) {
                assertThat(modelCall).isNotNull();
            }
        }
    }

    private static void everyRequestIsOfItsCall(Services services, Map<String, SpanData> byId) {
        List<LoggedRequest> requests = services.server.getAllServeEvents().stream()
                .map(ServeEvent::getRequest)
                .toList();
        assertThat(requests).hasSizeGreaterThan(4 * SESSIONS * PROMPTS);
        for (LoggedRequest request : requests) {
            SpanData attempt = byId.get(request.getHeader("traceparent").split("-")[2]);
            String model = text(byId.get(attempt.getParentSpanId()), "gen_ai.request.model");
            assertThat(request.getUrl() + request.getBodyAsString()).contains(model);
            assertThat(model).startsWith(request.getHeader("X-Qwen-Code-Session-Id") + '.');
        }
    }

    private void everyTurnEndedAsItsLastCallDid(Map<String, SpanData> byId) {
        assertThat(turns).hasSize(SESSIONS * PROMPTS);
        List<SpanData> interactions = named(byId, "qwen-code.interaction");
        assertThat(interactions).hasSameSizeAs(turns.values());
        for (SpanData interaction : interactions) {
            TurnEnd end = turns.get(text(interaction, "session.id") + '.' + text(interaction, "qwen-code.prompt_id"));
            ended(interaction, end.outcome, end.errorType, "turn");
        }
        named(byId, "qwen-code.tool").forEach(tool -> ended(tool, "completed", null, "tool"));
    }

    private void everyCallEndedAsItHadTo(Map<String, SpanData> byId) {
        Map<String, SpanData> spans = new HashMap<>();
        for (SpanData span : named(byId, "qwen-code.llm_request")) {
            assertThat(spans.put(text(span, "gen_ai.request.model"), span)).isNull();
        }
        assertThat(calls.keySet()).containsAll(spans.keySet());
        Map<String, List<SpanData>> attempts = named(byId, "POST").stream()
                .sorted(Comparator.comparingLong(SpanData::getStartEpochNanos))
                .collect(Collectors.groupingBy(SpanData::getParentSpanId));
        Map<String, Integer> made = new HashMap<>();
        List<CrowdCall> raced = new ArrayList<>();
        for (CrowdCall call : calls.values()) {
            made.merge(call.way() + " " + call.wish(), 1, Integer::sum);
            SpanData span = spans.get(call.model());
            if (span == null) {
                // Cancelled before it was sent, it leaves nothing; all others must have been.
                assertThat(call.wish())
                        .as("%s without a span, seed %d", call, SEED)
                        .isEqualTo(Wish.CANCEL);
                raced.add(call);
                continue;
            }
            List<SpanData> tries = attempts.getOrDefault(span.getSpanId(), List.of());
            if (tries.isEmpty() && call.wish() == Wish.CANCEL) {
                // Cancelled while its span started, nothing of it is sent.
                ended(span, call.wish().outcome, null, call);
                raced.add(call);
                continue;
            }
            assertThat(tries).as("attempts of %s, seed %d", call, SEED).hasSize(call.wish().attempts);
            for (int i = 0; i < tries.size(); i++) {
                String errorType = errorType(tries.get(i), call);
                ended(tries.get(i), call.wish().outcome, errorType, call);
                assertThat(number(tries.get(i), "http.request.resend_count"))
                        .isEqualTo(i == 0 ? null : Long.valueOf(i));
            }
            String errorType = tries.isEmpty() ? null : text(tries.get(tries.size() - 1), "error.type");
            ended(span, call.wish().outcome, errorType, call);
            if ("java.io.IOException".equals(errorType)) {
                raced.add(call);
            }
        }
        assertThat(raced).as("calls that a race ended, seed %d", SEED).hasSizeLessThan(calls.size() / 50);
        everyWayAndEndWasHit(made);
    }

    private static String errorType(SpanData attempt, CrowdCall call) {
        String errorType = text(attempt, "error.type");
        if (call.wish().errorTypes.isEmpty()) {
            return null;
        }
        assertThat(call.wish().errorTypes).as("%s, seed %d", call, SEED).contains(String.valueOf(errorType));
        return errorType;
    }

    private static void everyWayAndEndWasHit(Map<String, Integer> made) {
        for (Way way : Way.values()) {
            for (Wish wish : Wish.values()) {
                assertThat(made.containsKey(way + " " + wish))
                        .as("%s %s in %s, seed %d", way, wish, made, SEED)
                        .isEqualTo(wish.isPossibleFor(way));
            }
        }
    }

    private static void ended(SpanData span, String outcome, String errorType, Object what) {
        assertThat(outcome(span))
                .as("%s of %s, seed %d", span.getName(), what, SEED)
                .isEqualTo(outcome);
        assertThat(text(span, "error.type"))
                .as("%s of %s, seed %d", span.getName(), what, SEED)
                .isEqualTo(errorType);
    }

    private static List<SpanData> named(Map<String, SpanData> spans, String name) {
        return spans.values().stream()
                .filter(span -> span.getName().equals(name))
                .toList();
    }
}
