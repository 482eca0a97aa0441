package dev.llmpropagation.doctor.listen;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.ContentEmbedding;
import com.google.genai.types.EmbedContentResponse;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.GenerateContentResponseUsageMetadata;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.UploadFileConfig;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.HttpResponse;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.Embedding;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.files.FileCreateParams;
import com.openai.models.files.FileObject;
import com.openai.models.files.FilePurpose;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Both SDKs understand what {@code doctor listen} answers. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DoctorListenSdksTest {

    private ListenProcess doctor;
    private OpenAIClient openAi;
    private Client gemini;

    @BeforeAll
    void start(@TempDir Path folder) throws IOException {
        doctor = new ListenProcess(folder);
        openAi = OpenAIOkHttpClient.builder()
                .apiKey("k")
                .baseUrl(doctor.url("/v1"))
                .maxRetries(0)
                .build();
        gemini = Client.builder()
                .apiKey("k")
                .httpOptions(HttpOptions.builder().baseUrl(doctor.url("")).build())
                .build();
    }

    @AfterAll
    void stop() {
        openAi.close();
        gemini.close();
        doctor.close();
    }

    @Test
    void embeddings_comeForEachInput() {
        CreateEmbeddingResponse answer = openAi.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model("m")
                        .inputOfArrayOfStrings(List.of("a", "b", "c"))
                        .build());

        assertThat(answer.data()).extracting(Embedding::index).containsExactly(0L, 1L, 2L);
        assertThat(answer.data())
                .extracting(Embedding::embedding)
                .containsExactly(List.of(0.1f, 0.2f), List.of(1.1f, 0.2f), List.of(2.1f, 0.2f));
        assertThat(answer.usage().promptTokens()).isEqualTo(9);
    }

    /** The SDK asks for Base64 by itself; others do not say, and get numbers. */
    @Test
    void embeddings_areNumbersUnlessBase64IsAskedFor() throws Exception {
        assertThat(post("/v1/embeddings", "{\"input\":[[1,2],[3]]}"))
                .contains("\"embedding\":[0.1,0.2]", "\"embedding\":[1.1,0.2]");
        assertThat(post("/v1/embeddings", "{\"input\":[1,2,3],\"encoding_format\":\"float\"}"))
                .contains("\"data\":[{\"object\":\"embedding\",\"index\":0,\"embedding\":[0.1,0.2]}]");
        assertThat(post("/v1/embeddings", "{\"encoding_format\":\"base64\",\"input\":\"a\"}"))
                .contains("\"embedding\":\"zczMPc3MTD4=\"");
    }

    @Test
    void chatStream_endsWithItsUsageIfAskedFor() {
        ChatCompletionCreateParams.Builder question =
                ChatCompletionCreateParams.builder().model("m").addUserMessage("\"include_usage\":true");

        assertThat(usages(question.build())).isEmpty();
        assertThat(usages(question.streamOptions(ChatCompletionStreamOptions.builder()
                                .includeUsage(true)
                                .build())
                        .build()))
                .containsExactly(5L);
    }

    private List<Long> usages(ChatCompletionCreateParams question) {
        try (StreamResponse<ChatCompletionChunk> chunks =
                openAi.chat().completions().createStreaming(question)) {
            return chunks.stream()
                    .flatMap(chunk -> chunk.usage().stream())
                    .map(usage -> usage.totalTokens())
                    .toList();
        }
    }

    @Test
    void openAiFiles_areAnswered() throws Exception {
        FileObject file = openAi.files()
                .create(FileCreateParams.builder()
                        .file("Hello".getBytes(StandardCharsets.UTF_8))
                        .purpose(FilePurpose.USER_DATA)
                        .build());

        assertThat(file.id()).isEqualTo("file-listen");
        assertThat(openAi.files().retrieve(file.id()).bytes()).isEqualTo(5);
        assertThat(openAi.files().list().autoPager().stream().map(FileObject::id))
                .containsExactly("file-listen");
        try (HttpResponse content = openAi.files().content(file.id())) {
            assertThat(content.body()).hasContent("Hello");
        }
        assertThat(openAi.files().delete(file.id()).deleted()).isTrue();
        assertThat(doctor.report())
                .contains("POST /v1/files  (OpenAI file upload)")
                .contains("GET /v1/files/file-listen/content  (content of a file)");
    }

    @Test
    void geminiAnswers_haveTheirUsage() {
        assertUsage(gemini.models.generateContent("m", "hi", null));
        try (ResponseStream<GenerateContentResponse> parts = gemini.models.generateContentStream("m", "hi", null)) {
            List<GenerateContentResponse> all = new ArrayList<>();
            parts.forEach(all::add);
            assertThat(all).hasSize(2).allSatisfy(DoctorListenSdksTest::assertUsage);
        }
    }

    private static void assertUsage(GenerateContentResponse response) {
        GenerateContentResponseUsageMetadata usage = response.usageMetadata().orElseThrow();
        assertThat(usage.promptTokenCount()).contains(3);
        assertThat(usage.candidatesTokenCount()).contains(2);
        assertThat(usage.totalTokenCount()).contains(5);
        assertThat(response.modelVersion()).contains("listen");
    }

    @Test
    void geminiTokensAndEmbeddings_areAnswered() throws Exception {
        assertThat(gemini.models.countTokens("m", "hi", null).totalTokens()).contains(3);

        EmbedContentResponse one = gemini.models.embedContent("m", "a", null);
        EmbedContentResponse two = gemini.models.embedContent("m", List.of("a", "b"), null);

        assertThat(one.embeddings().orElseThrow()).hasSize(1);
        assertThat(two.embeddings().orElseThrow())
                .extracting(ContentEmbedding::values)
                .allSatisfy(values -> assertThat(values.orElseThrow()).containsExactly(0.1f, 0.2f))
                .hasSize(2);
        assertThat(doctor.report())
                .contains("/models/m:countTokens  (Gemini countTokens)")
                .contains("/models/m:batchEmbedContents  (Gemini batchEmbedContents)");
    }

    @Test
    void geminiFiles_areAnswered() throws Exception {
        UploadFileConfig text =
                UploadFileConfig.builder().mimeType("text/plain").build();

        assertThat(gemini.files
                        .upload("Hello".getBytes(StandardCharsets.UTF_8), text)
                        .name())
                .contains("files/listen");

        // More than one part of the protocol.
        assertThat(gemini.files.upload(new byte[20 << 20], text).name()).contains("files/listen");
        assertThat(gemini.files.get("files/listen", null).sizeBytes()).contains(5L);
        assertThat(gemini.files.list(null)).hasSize(1);
        gemini.files.delete("files/listen", null);
        assertThat(doctor.report())
                .contains("(Gemini file upload, start)", "(Gemini file upload, part)", "(Gemini file upload, end)");
    }

    @Test
    void vertexEmbeddingsAndTokens_areAnswered() throws Exception {
        String model = "/v1beta1/projects/p/locations/l/publishers/google/models/m";

        assertThat(post(model + ":predict", "{\"instances\":[{\"content\":\"a\"},{\"content\":\"b\"}]}"))
                .contains("{\"predictions\":[{\"embeddings\":{\"values\":[0.1,0.2]")
                .contains("},{\"embeddings\"");
        assertThat(post(model + ":computeTokens", "{}")).contains("\"tokensInfo\":[{");
        assertThat(post(model + ":embedContent", "{}")).contains("{\"embedding\":{\"values\":[0.1,0.2]}}");
    }

    private String post(String path, String body) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(doctor.url(path)))
                                .POST(BodyPublishers.ofString(body))
                                .build(),
                        BodyHandlers.ofString())
                .body();
    }
}
