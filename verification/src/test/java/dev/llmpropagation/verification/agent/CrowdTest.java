package dev.llmpropagation.verification.agent;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.containing;
import static com.github.tomakehurst.wiremock.client.WireMock.urlMatching;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.TraceIds;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Fifty sessions with twenty prompts each in one process, calling through one client of each SDK, with cancels, faults
 * and session resets: nobody's call is taken for another's. The model's name says whose call it is.
 */
class CrowdTest {

    private static final int PROMPTS = 20;

    @ParameterizedTest
    @CsvSource({"50,false", "10,true"})
    void pitfall26_everySpan_isInItsOwnSessionAndPrompt(int sessionCount, boolean derivedIds) throws Exception {
        try (Services services = new Services(derivedIds)) {
            answer(services);
            ExecutorService threads = Executors.newFixedThreadPool(sessionCount);
            List<Future<?>> sessions = new ArrayList<>();
            for (int i = 0; i < sessionCount; i++) {
                int session = i;
                sessions.add(threads.submit(() -> session(services, session)));
            }
            for (Future<?> session : sessions) {
                session.get(240, TimeUnit.SECONDS);
            }
            threads.shutdown();
            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(
                            () -> assertThat(services.spans()).as("spans ended").hasSize(services.started.get()));
            verify(services, sessionCount, derivedIds);
        }
    }

    private static void answer(Services services) {
        services.server.stubFor(any(anyUrl()).willReturn(Services.answer()));
        services.server.stubFor(any(urlMatching(".*generateContent.*")).willReturn(Services.candidate()));
        services.server.stubFor(
                any(anyUrl()).withRequestBody(containing("tool please")).willReturn(Services.toolCall()));
        services.server.stubFor(
                any(anyUrl()).withRequestBody(containing("fail please")).willReturn(Services.unavailable()));
        services.server.stubFor(any(anyUrl())
                .withRequestBody(containing("break please"))
                .willReturn(com.github.tomakehurst.wiremock.client.WireMock.aResponse()
                        .withFault(Fault.CONNECTION_RESET_BY_PEER)));
        services.server.stubFor(any(anyUrl())
                .withRequestBody(containing("slowly please"))
                .willReturn(Services.answer().withFixedDelay(5_000)));
    }

    private static void session(Services services, int number) {
        Random random = new Random(number);
        for (int prompt = 0; prompt < PROMPTS; prompt++) {
            String session = "session-" + number + (prompt < PROMPTS / 2 ? "" : "-reset");
            String promptId = "prompt-" + prompt;
            String owner = session + '/' + promptId;
            // Prompts of other sessions have the same ids. Every other session is named by the Context alone.
            Interaction.Builder builder = services.propagation.agent().interaction(promptId);
            try (Scope ignored = LlmSession.of(session).makeCurrent()) {
                (number % 2 == 0 ? builder.session(session) : builder)
                        .run(turn -> prompt(services, turn, owner, random));
            }
        }
    }

    private static void prompt(Services services, Interaction turn, String owner, Random random) {
        CompletableFuture<?> aside = services.gemini.async.models.generateContent(owner.replace('/', '.'), "hi", null);
        quietly(() -> openAi(services, owner, wish(random)));
        turn.tool("t")
                .run(tool -> quietly(() -> random.nextBoolean()
                        ? services.gemini.models.generateContent(owner.replace('/', '.'), wish(random), null)
                        : openAi(services, owner, wish(random))));
        if (random.nextInt(4) == 0) {
            CompletableFuture<?> slow =
                    services.openAiAsync.chat().completions().create(chat(owner, "slowly please"));
            CompletableFuture<?> other =
                    services.openAiAsync.chat().completions().create(chat(owner, "hi"));
            other.join();
            slow.cancel(true);
        }
        try (StreamResponse<ChatCompletionChunk> stream =
                services.openAi.chat().completions().createStreaming(chat(owner, "tool please"))) {
            if (random.nextBoolean()) {
                assertThat(stream.stream().findFirst()).isPresent();
            } else {
                stream.stream().forEach(chunk -> {});
            }
        }
        aside.join();
    }

    private static Object openAi(Services services, String owner, String text) {
        return services.openAi.chat().completions().create(chat(owner, text));
    }

    private static ChatCompletionCreateParams chat(String owner, String text) {
        return Services.chat(text).toBuilder().model(owner.replace('/', '.')).build();
    }

    private static String wish(Random random) {
        return List.of("hi", "hi", "fail please", "break please").get(random.nextInt(4));
    }

    private interface Call {
        Object make() throws Exception;
    }

    /** What a service does to a call is not the matter here. */
    private static void quietly(Call call) {
        try {
            call.make();
        } catch (Exception e) {
            assertThat(e).isNotInstanceOf(NullPointerException.class);
        }
    }

    private static void verify(Services services, int sessionCount, boolean derivedIds) {
        Map<String, SpanData> byId =
                services.spans().stream().collect(Collectors.toMap(SpanData::getSpanId, Function.identity()));
        Set<String> turns = new HashSet<>();
        for (SpanData span : byId.values()) {
            SpanData root = span;
            SpanData modelCall = null;
            while (root.getParentSpanContext().isValid()) {
                modelCall = root.getName().equals("qwen-code.llm_request") ? root : modelCall;
                root = byId.get(root.getParentSpanId());
                assertThat(root).as("parent of %s", span).isNotNull();
            }
            String session = text(root, "session.id");
            String owner = session + '.' + text(root, "qwen-code.prompt_id");
            turns.add(owner);
            assertThat(root.getName()).isEqualTo("qwen-code.interaction");
            assertThat(span.getTraceId()).isEqualTo(root.getTraceId());
            assertThat(span.getTraceId().equals(TraceIds.ofSession(session))).isEqualTo(derivedIds);
            assertThat(text(span, "session.id")).isEqualTo(session);
            if (modelCall != null) {
                assertThat(text(modelCall, "gen_ai.request.model")).isEqualTo(owner);
            }
            if (span.getName().equals("POST")) {
                assertThat(modelCall).isNotNull();
            }
        }
        assertThat(turns).hasSize(sessionCount * PROMPTS);
        assertThat(services.server.getAllServeEvents()).hasSizeGreaterThan(4 * sessionCount * PROMPTS - 1);
        for (LoggedRequest request : services.server.getAllServeEvents().stream()
                .map(event -> event.getRequest())
                .toList()) {
            SpanData attempt = byId.get(request.getHeader("traceparent").split("-")[2]);
            String owner = text(byId.get(attempt.getParentSpanId()), "gen_ai.request.model");
            assertThat(request.getUrl() + request.getBodyAsString()).contains(owner);
            assertThat(owner).startsWith(request.getHeader("X-Qwen-Code-Session-Id") + '.');
        }
    }

    private static String text(SpanData span, String name) {
        return span.getAttributes().get(AttributeKey.stringKey(name));
    }
}
