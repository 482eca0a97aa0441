package dev.llmpropagation.scenarios.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import io.opentelemetry.exporter.internal.otlp.traces.TraceRequestMarshaler;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** What docs/scale.md counts with: spans and bytes of a model call. */
class ScaleTest {

    private static final int CALLS = 256; // two spans each: a batch of the exporter

    @Test
    void callsOfAnAgent_areAsLargeAsThePageSays() throws Exception {
        try (Services services = new Services(false)) {
            services.server.stubFor(WireMock.any(WireMock.anyUrl())
                    .willReturn(Services.toolCall().withChunkedDribbleDelay(4, 4)));
            for (int i = 0; i < CALLS; i++) {
                services.propagation
                        .agent()
                        .interaction("prompt-" + i)
                        .session(UUID.randomUUID().toString())
                        .run(turn -> stream(services));
            }
            await().until(() -> services.spans().size() == 3 * CALLS);
            List<SpanData> interactions = new ArrayList<>(services.spans());
            List<SpanData> calls = new ArrayList<>(services.spans());
            interactions.removeIf(span -> !span.getName().equals("qwen-code.interaction"));
            calls.removeIf(span -> span.getName().equals("qwen-code.interaction"));

            // The page has 1.3 kB for a call and its attempt, 0.2 kB compressed in a batch, and 0.4 kB for the
            // interaction.
            assertThat(bytes(calls) / CALLS).isBetween(1_200, 1_450);
            assertThat(zipped(calls) / CALLS).isBetween(150, 250);
            assertThat(bytes(interactions) / CALLS).isBetween(380, 480);
            assertThat(headers(services)).isEqualTo(132);
        }
    }

    /** Of ours, with their names and line ends. */
    private static int headers(Services services) {
        LoggedRequest request = services.server
                .findAll(WireMock.postRequestedFor(WireMock.anyUrl()))
                .get(0);
        int bytes = 0;
        for (String name : List.of("traceparent", "X-Qwen-Code-Session-Id")) {
            bytes += (name + ": " + request.getHeader(name) + "\r\n").length();
        }
        return bytes;
    }

    private static void stream(Services services) {
        try (StreamResponse<ChatCompletionChunk> stream =
                services.openAi.chat().completions().createStreaming(Services.chat("What is in this folder?"))) {
            assertThat(stream.stream()).hasSize(3);
        }
    }

    private static int bytes(Collection<SpanData> spans) {
        return TraceRequestMarshaler.create(spans).getBinarySerializedSize();
    }

    private static int zipped(Collection<SpanData> spans) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream zip = new GZIPOutputStream(bytes)) {
            TraceRequestMarshaler.create(spans).writeBinaryTo(zip);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.size();
    }
}
