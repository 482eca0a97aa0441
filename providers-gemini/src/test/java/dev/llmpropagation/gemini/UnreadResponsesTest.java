package dev.llmpropagation.gemini;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.containing;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.genai.Client;
import com.google.genai.types.UploadFileConfig;
import dev.llmpropagation.fixtures.Attributed;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Answers whose bodies the SDK does not need: their attempts end with the call, and their connections are free. */
class UnreadResponsesTest {

    private static final String FILE = "{\"file\":{\"name\":\"files/f\",\"state\":\"ACTIVE\"}}";
    private static final int CHUNK = 8 * 1024 * 1024; // the SDK's

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    @TempDir
    static Path directory;

    @BeforeEach
    void answer() {
        wire.answers(okJson("{\"name\":\"n\"}"));
        wire.server.stubFor(post(urlPathMatching("/upload/.*"))
                .willReturn(okJson("{\"a\":1}").withHeader("x-goog-upload-url", wire.url("") + "/bytes?upload_id=1")));
        wire.server.stubFor(post(urlPathMatching("/bytes"))
                .withHeader("X-Goog-Upload-Command", containing("upload"))
                .willReturn(okJson("{\"received\":true}").withHeader("X-Goog-Upload-Status", "active")));
        wire.server.stubFor(post(urlPathMatching("/bytes"))
                .withHeader("X-Goog-Upload-Command", containing("finalize"))
                .willReturn(okJson(FILE).withHeader("X-Goog-Upload-Status", "final")));
    }

    @Test
    void chunkOfAnUpload_isCompletedBeforeTheNextIsSent() throws Exception {
        OkHttpClient base = new OkHttpClient.Builder().build();
        Client client = wire.client(
                GeminiClientFactory.builder(wire.propagation).httpClient(base).build(), sdk -> {});
        byte[] content = new byte[CHUNK + 10];
        UploadFileConfig config =
                UploadFileConfig.builder().mimeType("text/plain").build();
        assertThat(client.files.upload(content, config).name()).contains("files/f");
        assertAllCompleted(3, base);

        assertThat(client.async
                        .files
                        .upload(content, config)
                        .get(60, TimeUnit.SECONDS)
                        .name())
                .contains("files/f");
        assertAllCompleted(6, base);
    }

    /** The SDK reads it, and waits for it. */
    @Test
    void answerToTheLastPiece_mayTakeItsTime() throws Exception {
        wire.server.stubFor(post(urlPathMatching("/bytes"))
                .withHeader("X-Goog-Upload-Command", containing("finalize"))
                .willReturn(
                        okJson(FILE).withHeader("X-Goog-Upload-Status", "final").withChunkedDribbleDelay(3, 4_000)));
        Client client = wire.client(GeminiClientFactory.create(wire.propagation), sdk -> {});

        assertThat(client.files
                        .upload(
                                new byte[10],
                                UploadFileConfig.builder()
                                        .mimeType("text/plain")
                                        .build())
                        .name())
                .contains("files/f");

        assertThat(wire.telemetry.attempts()).extracting(Attributed::outcome).containsOnly("completed");
    }

    /** The SDK reads it, as most answers to a delete. */
    @Test
    void answerToADelete_mayTakeItsTime() throws Exception {
        wire.server.stubFor(any(urlPathMatching(".*/files/f"))
                .willReturn(okJson("{\"name\":\"n\"}").withChunkedDribbleDelay(3, 4_000)));
        Client client = wire.client(GeminiClientFactory.create(wire.propagation), sdk -> {});

        client.files.delete("files/f", null);

        assertThat(wire.telemetry.attempts()).extracting(Attributed::outcome).containsExactly("completed");
    }

    private void assertAllCompleted(int attempts, OkHttpClient base) {
        assertThat(wire.telemetry.openSpans()).isEmpty();
        List<SpanData> spans = wire.telemetry.attempts();
        assertThat(spans).hasSize(attempts).extracting(Attributed::outcome).containsOnly("completed");
        assertThat(base.connectionPool().connectionCount()).isEqualTo(1);
        assertThat(base.connectionPool().idleConnectionCount()).isEqualTo(1);
    }

    private interface Use {
        void by(Client client) throws Exception;
    }

    static Stream<Arguments> uses() {
        return Stream.of(
                use("files.get", client -> client.files.get("files/f", null)),
                use("files.list", client -> client.files.list(null)),
                use("files.delete", client -> client.files.delete("files/f", null)),
                use(
                        "files.download",
                        client -> client.files.download(
                                "files/f", directory.resolve("copy").toString(), null)),
                use("caches.get", client -> client.caches.get("cachedContents/c", null)),
                use("caches.list", client -> client.caches.list(null)),
                use("caches.create", client -> client.caches.create("m", null)),
                use("caches.update", client -> client.caches.update("cachedContents/c", null)),
                use("caches.delete", client -> client.caches.delete("cachedContents/c", null)),
                use("batches.get", client -> client.batches.get("batches/b", null)),
                use("batches.list", client -> client.batches.list(null)),
                use("batches.cancel", client -> client.batches.cancel("batches/b", null)),
                use("batches.delete", client -> client.batches.delete("batches/b", null)),
                use("models.get", client -> client.models.get("m", null)),
                use("models.list", client -> client.models.list(null)),
                use("models.update", client -> client.models.update("m", null)),
                use("models.delete", client -> client.models.delete("m", null)),
                use("tunings.get", client -> client.tunings.get("tunedModels/t", null)),
                use("fileSearchStores.delete", client -> client.fileSearchStores.delete("fileSearchStores/s", null)),
                use(
                        "documents.delete",
                        client -> client.fileSearchStores.documents.delete("fileSearchStores/s/documents/d", null)),
                use("tunings.cancel", client -> client.tunings.cancel("tunedModels/t", null)));
    }

    private static Arguments use(String name, Use use) {
        return Arguments.of(name, use);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("uses")
    void answer_isCompletedWhenTheCallReturns(String name, Use use) throws Exception {
        OkHttpClient base = new OkHttpClient.Builder().build();
        Client client = wire.client(
                GeminiClientFactory.builder(wire.propagation).httpClient(base).build(), sdk -> {});
        use.by(client);
        assertAllCompleted(1, base);
    }
}
