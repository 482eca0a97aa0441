package dev.llmpropagation.scenarios.matrix;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Parents.assertParent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.junit5.WireMockExtension;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.openai.client.OpenAIClientAsync;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.ChatQuestion;
import dev.llmpropagation.fixtures.TrustAnybody;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** 200 async calls of 20 sessions through one client that sends 5 at a time: nobody gets anything of anybody else. */
class CrowdTest {

    private static final int CALLS = 200;
    private static final int SESSIONS = 20;
    private static final Pattern NUMBER = Pattern.compile("call-(\\d+)");

    @RegisterExtension
    final WireMockExtension server = WireMockExtension.newInstance()
            .options(WireMockConfiguration.options().dynamicPort().dynamicHttpsPort())
            .build();

    private final RecordedTelemetry telemetry = RecordedTelemetry.create();
    private final OpenTelemetrySdk openTelemetry = telemetry.openTelemetry();

    @ParameterizedTest
    @CsvSource({"OPENAI,false", "OPENAI,true", "GEMINI,false", "GEMINI,true"})
    void concurrentCalls_areNeverMixedUp(Sdk sdk, boolean http2) throws Exception {
        neverMixedUp(sdk, http2, Runnable::run);
    }

    @ParameterizedTest
    @EnumSource(Sdk.class)
    @EnabledForJreRange(min = JRE.JAVA_21)
    void concurrentCallsFromVirtualThreads_areNeverMixedUp(Sdk sdk) throws Exception {
        // By reflection, because the tests are compiled for 17.
        ExecutorService threads = (ExecutorService)
                Executors.class.getMethod("newVirtualThreadPerTaskExecutor").invoke(null);
        try {
            neverMixedUp(sdk, false, threads);
        } finally {
            threads.shutdown();
        }
    }

    private void neverMixedUp(Sdk sdk, boolean http2, Executor callers) throws Exception {
        server.stubFor(any(anyUrl()).willReturn(okJson(sdk.document()).withFixedDelay(2)));
        Dispatcher five = new Dispatcher();
        five.setMaxRequestsPerHost(5);
        OkHttpClient base =
                TrustAnybody.in(new OkHttpClient.Builder().dispatcher(five)).build();
        String url = http2 ? "https://localhost:" + server.getHttpsPort() : "http://localhost:" + server.getPort();
        LlmPropagation propagation = LlmPropagation.builder(openTelemetry).build();
        List<Span> parents = new ArrayList<>();
        List<CompletableFuture<String>> seen = new ArrayList<>();
        try (Asynchronous client =
                sdk == Sdk.OPENAI ? openAi(propagation, base, url) : gemini(propagation, base, url)) {
            for (int i = 0; i < CALLS; i++) {
                String text = "call-" + i;
                Span parent = openTelemetry
                        .getTracer("program")
                        .spanBuilder(text)
                        .setNoParent()
                        .startSpan();
                parents.add(parent);
                CompletableFuture<String> result = new CompletableFuture<>();
                seen.add(result);
                Context context = LlmSession.of("s-" + i % SESSIONS)
                        .storeInContext(Context.root().with(parent));
                Runnable make = () -> client.call(text)
                        .thenApply(answer -> answer + ' ' + currentContext())
                        .whenComplete((line, e) -> {
                            if (e == null) {
                                result.complete(line);
                            } else {
                                result.completeExceptionally(e);
                            }
                        });
                callers.execute(context.wrap(make));
            }
            for (int i = 0; i < CALLS; i++) {
                String mine = "hello " + parents.get(i).getSpanContext().getSpanId() + " s-" + i % SESSIONS;
                assertThat(seen.get(i).get(90, TimeUnit.SECONDS))
                        .as("context of the continuation")
                        .isIn(sdk.continuationsHaveContext() ? List.of(mine) : List.of(mine, "hello none"));
            }
            parents.forEach(Span::end);
        }
        verify(parents, http2);
    }

    private void verify(List<Span> parents, boolean http2) {
        await().until(() -> telemetry.spans().size() == 3 * CALLS);
        Map<String, SpanData> attempts = spans("dev.llmpropagation");
        Map<String, SpanData> modelCalls = spans("dev.llmpropagation.agent");
        assertThat(attempts).hasSize(CALLS);
        assertThat(attempts.values())
                .extracting(span -> text(span, "network.protocol.version"))
                .containsOnly(http2 ? "2" : "1.1");
        List<LoggedRequest> requests = server.getAllServeEvents().stream()
                .map(event -> event.getRequest())
                .toList();
        assertThat(requests).hasSize(CALLS);
        for (LoggedRequest request : requests) {
            Matcher number = NUMBER.matcher(request.getBodyAsString());
            assertThat(number.find()).isTrue();
            int i = Integer.parseInt(number.group(1));
            SpanData attempt = attempts.get(request.getHeader("traceparent").split("-")[2]);
            SpanData modelCall = modelCalls.remove(attempt.getParentSpanId());
            assertParent(modelCall, parents.get(i));
            assertThat(request.getHeader("X-Qwen-Code-Session-Id")).isEqualTo("s-" + i % SESSIONS);
        }
    }

    private Map<String, SpanData> spans(String scope) {
        return telemetry.spans().stream()
                .filter(span -> span.getInstrumentationScopeInfo().getName().equals(scope))
                .collect(Collectors.toMap(SpanData::getSpanId, Function.identity()));
    }

    private static String currentContext() {
        LlmSession session = LlmSession.fromContext(Context.current());
        return session == null ? "none" : Span.current().getSpanContext().getSpanId() + ' ' + session.id();
    }

    private interface Asynchronous extends AutoCloseable {
        CompletableFuture<String> call(String text);

        @Override
        void close();
    }

    private static Asynchronous openAi(LlmPropagation propagation, OkHttpClient base, String url) {
        OpenAIClientAsync client = OpenAiClientFactory.builder(propagation)
                .httpClient(base)
                .build()
                .asyncClient(sdk -> sdk.apiKey("SECRET").baseUrl(url + "/v1"));
        return new Asynchronous() {
            @Override
            public CompletableFuture<String> call(String text) {
                return client.chat()
                        .completions()
                        .create(ChatQuestion.of(text))
                        .thenApply(answer ->
                                answer.choices().get(0).message().content().orElseThrow());
            }

            @Override
            public void close() {
                client.close();
            }
        };
    }

    private static Asynchronous gemini(LlmPropagation propagation, OkHttpClient base, String url) {
        Client client = GeminiClientFactory.builder(propagation)
                .httpClient(base)
                .build()
                .client(sdk -> sdk.apiKey("SECRET")
                        .httpOptions(HttpOptions.builder().baseUrl(url).build()));
        return new Asynchronous() {
            @Override
            public CompletableFuture<String> call(String text) {
                return client.async.models.generateContent("m", text, null).thenApply(answer -> answer.text());
            }

            @Override
            public void close() {
                client.close();
            }
        };
    }
}
