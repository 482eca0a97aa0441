package dev.llmpropagation.gemini;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static dev.llmpropagation.gemini.GeminiWire.KEY;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.genai.Client;
import com.google.genai.types.LiveConnectConfig;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The Live API's WebSocket, which the oldest SDK that we support opens without OkHttp. */
class LiveTest {

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    @Test
    void handshake_isAnAttemptUnderTheCaller() throws Exception {
        wire.answers(aResponse().withStatus(404));
        Client client = wire.closeLater(GeminiClientFactory.builder(wire.propagation)
                .httpClient(Everywhere.client(wire.server.httpsPort()))
                .build()
                .client(sdk -> sdk.apiKey(KEY)));
        String parent = wire.inSpan(() -> client.async.live.connect(
                "gemini-live", LiveConnectConfig.builder().build()));
        List<SpanData> attempts = wire.attempts(1);
        assertThat(attempts.get(0).getParentSpanId()).isEqualTo(parent);
        wire.assertCarried(attempts);
        assertThat(wire.requests().get(0).getUrl()).startsWith("/ws/google.ai.generativelanguage.");
        assertThat(wire.requests().get(0).getHeader("Upgrade")).isEqualTo("websocket");
    }
}
