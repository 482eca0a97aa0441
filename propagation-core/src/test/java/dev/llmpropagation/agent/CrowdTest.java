package dev.llmpropagation.agent;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.session.TraceIds;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fifty sessions with twenty prompts each, side by side in one process, with cancels and faults. */
class CrowdTest {

    private static final int SESSIONS = 50;
    private static final int PROMPTS = 20;

    @RegisterExtension
    final AgentExtension tracePerPrompt = new AgentExtension();

    @RegisterExtension
    final AgentExtension tracePerSession = AgentExtension.withDerivedIds();

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void pitfall_26_everySpan_isInItsOwnSessionAndPrompt(boolean derivedIds) throws Exception {
        AgentExtension telemetry = derivedIds ? tracePerSession : tracePerPrompt;
        ExecutorService threads = Executors.newFixedThreadPool(8);
        ExecutorService helpers = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> sessions = new ArrayList<>();
            for (int i = 0; i < SESSIONS; i++) {
                int session = i;
                sessions.add(threads.submit(() -> session(telemetry.agent, session, helpers)));
            }
            for (Future<?> session : sessions) {
                session.get(120, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdown();
            helpers.shutdown();
            assertThat(threads.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
            assertThat(helpers.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        }
        Map<String, SpanData> byId =
                telemetry.spans().stream().collect(Collectors.toMap(SpanData::getSpanId, Function.identity()));
        List<SpanData> turns = byId.values().stream()
                .filter(span -> span.getName().equals("qwen-code.interaction"))
                .toList();
        assertThat(turns).hasSize(SESSIONS * PROMPTS);
        for (SpanData span : byId.values()) {
            // a name says whose it was meant to be
            String[] owner = name(span).split("/", -1);
            assertThat(text(span, "session.id")).isEqualTo(owner[0]);
            SpanData root = span;
            while (root.getParentSpanContext().isValid()) {
                root = byId.get(root.getParentSpanId());
            }
            assertThat(text(root, "qwen-code.prompt_id")).isEqualTo(owner[1]);
            assertThat(text(root, "session.id")).isEqualTo(owner[0]);
            assertThat(span.getTraceId()).isEqualTo(root.getTraceId());
            assertThat(span.getTraceId().equals(TraceIds.ofSession(owner[0]))).isEqualTo(derivedIds);
        }
    }

    private static void session(AgentTracing agent, int number, ExecutorService helpers) {
        Random random = new Random(number);
        for (int prompt = 0; prompt < PROMPTS; prompt++) {
            String session = "session-" + number + (prompt < PROMPTS / 2 ? "" : "-reset");
            prompt(agent, session, "prompt-" + prompt, random, helpers);
        }
    }

    private static void prompt(
            AgentTracing agent, String session, String prompt, Random random, ExecutorService helpers) {
        String owner = session + '/' + prompt;
        Interaction turn =
                agent.interaction(prompt).session(session).model(owner).start();
        Future<?> aside = helpers.submit(turn.context()
                .wrap(() -> agent.llmRequest("chat", "openai").model(owner).run(request -> {})));
        try (Scope ignored = turn.makeCurrent()) {
            agent.llmRequest("chat", "openai").model(owner).run(request -> {});
            CompletableFuture<String> async = turn.tool(owner).callAsync(tool -> {
                agent.llmRequest("chat", "openai").model(owner).run(request -> {});
                return new CompletableFuture<>();
            });
            try {
                agent.tool(owner).run(tool -> tool.execution().run(run -> {
                    if (random.nextInt(4) == 0) {
                        throw new CancellationException();
                    }
                }));
            } finally {
                async.cancel(true);
            }
            if (random.nextInt(4) == 0) {
                throw new IllegalStateException();
            }
            if (random.nextBoolean()) { // else it may come late, and is a root then
                aside.get(30, TimeUnit.SECONDS);
            }
            turn.completed();
        } catch (Exception e) {
            turn.failed(e);
            assertThat(e).isInstanceOfAny(CancellationException.class, IllegalStateException.class);
        }
    }

    private static String name(SpanData span) {
        for (String key : List.of("qwen-code.model", "gen_ai.request.model", "gen_ai.tool.name")) {
            String value = text(span, key);
            if (value != null) {
                return value;
            }
        }
        throw new AssertionError(span);
    }
}
