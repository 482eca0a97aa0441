package dev.llmpropagation.scenarios.agent;

import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.client.WireMock;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import dev.llmpropagation.fixtures.ServiceWire;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A stream that stands still ends its model call, with what was known; the stream itself goes on. */
class IdleStreamTest {

    private static final String CHUNK = """
            data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m-1","choices":[{"index":0,\
            "delta":{"content":"hello"},"finish_reason":null}]}

            """;

    @Test
    void pitfall_38_silentService_isToldFromASlowProgram() throws Exception {
        try (Services services = new Services(false, options -> options.streamIdleTimeout(Duration.ofMillis(1)))) {
            services.server.stubFor(WireMock.any(WireMock.anyUrl())
                    .willReturn(ServiceWire.events(CHUNK + CHUNK + "data: [DONE]\n\n")
                            .withChunkedDribbleDelay(2, 6_000)));
            try (StreamResponse<ChatCompletionChunk> stream =
                    services.openAi.chat().completions().createStreaming(Services.chat("hi"))) {
                Iterator<ChatCompletionChunk> chunks = stream.stream().iterator();
                chunks.next();
                CompletableFuture<ChatCompletionChunk> next = CompletableFuture.supplyAsync(chunks::next);
                assertThat(endedBySweep(services, "service")).isEqualTo("timed_out");
                assertThat(next.get(30, TimeUnit.SECONDS).id()).isEqualTo("c-1");
            }
        }
    }

    @Test
    void pitfall_37_38_streamThatIsNeverRead_endsAsAbandoned() {
        try (Services services = new Services(false, options -> options.streamIdleTimeout(Duration.ofMillis(1)))) {
            services.server.stubFor(WireMock.any(WireMock.anyUrl()).willReturn(ServiceWire.events(CHUNK.repeat(4000))));
            try (StreamResponse<ChatCompletionChunk> stream =
                    services.openAi.chat().completions().createStreaming(Services.chat("hi"))) {
                assertThat(endedBySweep(services, "consumer")).isEqualTo("abandoned");
                assertThat(stream.stream().limit(5000)).hasSize(4000);
            }
        }
    }

    private static String endedBySweep(Services services, String idle) {
        await().until(() -> {
            services.propagation.sweep();
            return !calls(services).isEmpty();
        });
        SpanData call = calls(services).get(0);
        assertThat(text(call, "llm_propagation.stream.idle")).isEqualTo(idle);
        return outcome(call);
    }

    private static List<SpanData> calls(Services services) {
        return services.telemetry.spans("qwen-code.llm_request");
    }
}
