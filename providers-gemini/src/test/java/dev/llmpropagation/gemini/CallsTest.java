package dev.llmpropagation.gemini;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.get;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.gemini.GeminiWire.CHUNK;
import static dev.llmpropagation.gemini.GeminiWire.KEY;
import static dev.llmpropagation.gemini.GeminiWire.MODEL;
import static dev.llmpropagation.gemini.GeminiWire.answer;
import static dev.llmpropagation.gemini.GeminiWire.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.google.genai.AsyncChat;
import com.google.genai.Chat;
import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.UploadFileConfig;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Each kind of call that the SDK makes, as the service and the exporter see it. The ways to ask for content, one by one, are
 * in the matrix of scenarios.
 */
@Timeout(value = 60, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class CallsTest {

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    @Test
    void generateContent_isOneAttemptUnderTheCaller() throws Exception {
        wire.answers(answer());
        Client client = wire.client();
        SpanData attempt = attemptOf(() -> ask(client));
        assertThat(attempt.getKind()).isEqualTo(SpanKind.CLIENT);
        assertThat(outcome(attempt)).isEqualTo("completed");
        assertThat(wire.requests().get(0).getHeader("x-goog-api-key")).isEqualTo(KEY);
        assertThat(attempt.toString()).doesNotContain(KEY);
    }

    @Test
    void streamThatIsClosedEarly_endsAsInterrupted() throws Exception {
        wire.answers(threeChunks().withChunkedDribbleDelay(30, 4000));
        Client client = wire.client();
        SpanData attempt = attemptOf(() -> {
            try (ResponseStream<GenerateContentResponse> stream =
                    client.models.generateContentStream(MODEL, "hi", null)) {
                return stream.hashCode();
            }
        });
        assertThat(outcome(attempt)).isEqualTo("interrupted");
    }

    @Test
    void chats_areAnAttemptForEachMessage() throws Exception {
        wire.answers(answer());
        Client client = wire.client();
        attemptsOf(4, () -> {
            Chat chat = client.chats.create(MODEL);
            chat.sendMessage("one");
            chat.sendMessage("two");
            AsyncChat async = client.async.chats.create(MODEL);
            async.sendMessage("one").get(30, TimeUnit.SECONDS);
            return async.sendMessage("two").get(30, TimeUnit.SECONDS);
        });
    }

    @Test
    void tokensEmbeddingsAndModels_areAttempts() throws Exception {
        wire.answers(okJson("{}"));
        Client client = wire.client();
        attemptsOf(4, () -> {
            client.models.countTokens(MODEL, "hi", null);
            client.models.embedContent("embedding", "hi", null);
            client.models.get(MODEL, null);
            return client.async.models.countTokens(MODEL, "hi", null).get(30, TimeUnit.SECONDS);
        });
        assertThat(wire.requests().get(2).getMethod().getName()).isEqualTo("GET");
    }

    @Test
    void vertex_isAttemptsWithTheTokenOfTheProgram() throws Exception {
        wire.answers(answer());
        Client client =
                wire.closeLater(GeminiClientFactory.create(wire.propagation).client(sdk -> sdk.vertexAI(true)
                        .project("p")
                        .location("us-central1")
                        .credentials(OriginTest.token())
                        .httpOptions(wire.options().build())));
        attemptOf(() -> ask(client));
        LoggedRequest request = wire.requests().get(0);
        assertThat(request.getUrl()).contains("/projects/p/locations/us-central1/");
        assertThat(request.getHeader("Authorization")).isEqualTo("Bearer token-of-the-test");
    }

    @Test
    void upload_goesToTheConfiguredOriginOnly(@TempDir Path directory) throws Exception {
        // The SDK itself puts the base URL before the path of the upload's URL, so what the service returns cannot
        // lead elsewhere.
        wire.server.stubFor(post(urlPathMatching("/upload/.*"))
                .willReturn(okJson("{}").withHeader("x-goog-upload-url", wire.otherOrigin("") + "/bytes?upload_id=1")));
        wire.server.stubFor(post(urlPathMatching("/bytes"))
                .willReturn(okJson("{\"file\":{\"name\":\"files/f\"}}").withHeader("X-Goog-Upload-Status", "final")));
        wire.server.stubFor(
                get(urlPathMatching(".*/files/f.*")).willReturn(aResponse().withBody("content")));
        Client client = wire.client();
        Path copy = directory.resolve("copy");
        attemptsOf(3, () -> {
            client.files.upload(
                    "content".getBytes(StandardCharsets.UTF_8),
                    UploadFileConfig.builder().mimeType("text/plain").build());
            client.files.download("files/f", copy.toString(), null);
            return null;
        });
        assertThat(wire.requests()).extracting(LoggedRequest::getHost).containsOnly("localhost");
        assertThat(wire.requests().get(1).getBodyAsString()).isEqualTo("content");
        assertThat(Files.readString(copy)).isEqualTo("content");
    }

    private static ResponseDefinitionBuilder threeChunks() {
        return aResponse()
                .withHeader("Content-Type", "text/event-stream")
                .withBody(("data: " + CHUNK + "\r\n\r\n").repeat(3));
    }

    private SpanData attemptOf(Callable<?> call) throws Exception {
        return attemptsOf(1, call).get(0);
    }

    /** Makes the calls under a span: so many attempts are its children, and each request carries its attempt. */
    private List<SpanData> attemptsOf(int count, Callable<?> calls) throws Exception {
        String parent = wire.inSpan(calls);
        List<SpanData> attempts = wire.attempts(count);
        assertThat(attempts).extracting(wire::callerOf).containsOnly(parent);
        wire.assertCarried(attempts);
        return attempts;
    }
}
