package dev.llmpropagation.scenarios.settings;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.genai.Client;
import com.openai.client.OpenAIClient;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.ChatQuestion;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An executor and a pool of the program's in the client that it gives to a factory. */
class GivenExecutorTest extends BothServices {

    private final ThreadLocal<String> tenant = new ThreadLocal<>();
    private final Queue<String> tenants = new ConcurrentLinkedQueue<>();

    private final ExecutorService executor =
            new ThreadPoolExecutor(4, 4, 1, TimeUnit.MINUTES, new LinkedBlockingQueue<>()) {
                @Override
                public void execute(Runnable task) {
                    String carried = tenant.get();
                    super.execute(() -> {
                        tenant.set(carried);
                        try {
                            task.run();
                        } finally {
                            tenant.remove();
                        }
                    });
                }
            };

    private final OkHttpClient base = new OkHttpClient.Builder()
            .dispatcher(new Dispatcher(executor))
            .addInterceptor(chain -> {
                tenants.add(String.valueOf(tenant.get()));
                return chain.proceed(chain.request());
            })
            .build();

    @BeforeEach
    void answer() {
        openAi.willAnswer("hello").thenAnswer("hello");
        gemini.willAnswer("hello").thenAnswer("hello");
    }

    @AfterEach
    void release() {
        executor.shutdown();
        base.connectionPool().evictAll();
    }

    @Test
    void openAisClient_runsItsCallsOnThemAndLeavesThemToTheProgram() throws Exception {
        OpenAiClientFactory factory = OpenAiClientFactory.builder(
                        LlmPropagation.builder(telemetry.openTelemetry()).build())
                .httpClient(base)
                .build();
        OpenAIClient closed = factory.client(sdk -> sdk.apiKey("k").baseUrl(openAi.baseUrl()));
        OpenAIClient open = factory.client(sdk -> sdk.apiKey("k").baseUrl(openAi.baseUrl()));
        for (OpenAIClient client : List.of(closed, open)) {
            Span caller = asTenant(() -> client.async()
                    .chat()
                    .completions()
                    .create(ChatQuestion.of("hi"))
                    .get(30, TimeUnit.SECONDS));
            assertIsCarried(caller);
            client.close();
            assertIsTheProgramsStill();
        }
        assertThat(base.connectionPool().connectionCount()).isEqualTo(1);
    }

    @Test
    void geminisClient_runsItsCallsOnThemAndLeavesThemToTheProgram() throws Exception {
        GeminiClientFactory factory = GeminiClientFactory.builder(
                        LlmPropagation.builder(telemetry.openTelemetry()).build())
                .httpClient(base)
                .build();
        for (int i = 0; i < 2; i++) {
            try (Client client = factory.client(sdk -> sdk.apiKey("k")
                    .httpOptions(com.google.genai.types.HttpOptions.builder()
                            .baseUrl(gemini.baseUrl())
                            .build()))) {
                Span caller = asTenant(() ->
                        client.async.models.generateContent("m", "hi", null).get(30, TimeUnit.SECONDS));
                assertIsCarried(caller);
                assertThat(tenants).containsOnly("t-1");
                assertThat(base.connectionPool().connectionCount()).isEqualTo(1);
            }
            assertIsTheProgramsStill();
        }
    }

    private Span asTenant(Ask ask) throws Exception {
        tenant.set("t-1");
        try {
            return asked(ask);
        } finally {
            tenant.remove();
        }
    }

    /** By the executor; and by us, also where the SDK itself leaves its caller's thread, and with it the thread local. */
    private void assertIsCarried(Span caller) {
        assertThat(((ThreadPoolExecutor) executor).getTaskCount()).isPositive();
        assertThat(tenants).isNotEmpty();
        assertThat(telemetry.attempts())
                .extracting(SpanData::getTraceId)
                .contains(caller.getSpanContext().getTraceId());
    }

    private void assertIsTheProgramsStill() throws Exception {
        assertThat(executor.isShutdown()).isFalse();
        assertThat(executor.submit(() -> "runs").get(30, TimeUnit.SECONDS)).isEqualTo("runs");
    }
}
