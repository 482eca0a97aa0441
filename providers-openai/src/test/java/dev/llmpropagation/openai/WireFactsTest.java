package dev.llmpropagation.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.models.ReasoningEffort;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionCreateParams.ServiceTier;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.completions.CompletionUsage;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.ResponseUsage;
import com.sun.net.httpserver.HttpServer;
import dev.llmpropagation.internal.model.ModelOperation;
import dev.llmpropagation.internal.model.RequestFacts;
import dev.llmpropagation.internal.model.RequestScanner;
import dev.llmpropagation.internal.model.ResponseFacts;
import dev.llmpropagation.internal.model.ResponseScanner;
import dev.llmpropagation.internal.model.Usage;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What we read on the wire is what the SDK's own types say. */
class WireFactsTest {

    private static final Path BODIES = Path.of("../propagation-core/src/test/resources/wire");

    private HttpServer server;
    private OpenAIClient client;
    private volatile String name;
    private volatile byte[] request;
    private volatile ModelOperation call;

    @BeforeEach
    void start() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String url = "http://localhost" + exchange.getRequestURI();
            call = ModelOperation.recognise(exchange.getRequestMethod(), HttpUrl.get(url));
            request = exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("Content-Type", contentType());
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream body = exchange.getResponseBody()) {
                body.write(Files.readAllBytes(BODIES.resolve(name)));
            }
        });
        server.start();
        client = OpenAIOkHttpClient.builder()
                .apiKey("key")
                .baseUrl("http://localhost:" + server.getAddress().getPort() + "/v1")
                .build();
    }

    @AfterEach
    void stop() {
        client.close();
        server.stop(0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "chat-text.json",
                "chat-tools.json",
                "chat-choices.json",
                "chat-refusal.json",
                "chat-reasoning.json",
                "chat-unknown-fields.json",
                "chat-escaped-names.json"
            })
    void chatCompletion_isReadAsTheSdkReadsIt(String body) throws IOException {
        name = body;
        ChatCompletion typed = client.chat().completions().create(chat().build());
        Map<Long, String> reasons = new TreeMap<>();
        typed.choices()
                .forEach(choice ->
                        reasons.put(choice.index(), choice.finishReason().asString()));
        assertFacts(typed.id(), typed.model(), reasons, typed.usage().map(WireFactsTest::usage));
        assertThat(facts().serviceTier())
                .isEqualTo(typed.serviceTier().map(tier -> tier.asString()).orElse(null));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "chat-text.sse",
                "chat-tools.sse",
                "chat-choices.sse",
                "chat-refusal.sse",
                "chat-reasoning-crlf.sse",
                "chat-returns.sse",
                "chat-lines.sse"
            })
    void streamedChatCompletion_isReadAsTheSdkReadsIt(String body) throws IOException {
        name = body;
        List<ChatCompletionChunk> chunks;
        try (StreamResponse<ChatCompletionChunk> stream =
                client.chat().completions().createStreaming(chat().build())) {
            chunks = stream.stream().toList();
        }
        Map<Long, String> reasons = new TreeMap<>();
        chunks.forEach(chunk -> chunk.choices().forEach(choice -> choice.finishReason()
                .ifPresent(reason -> reasons.put(choice.index(), reason.asString()))));
        Optional<Usage> usage = chunks.stream()
                .flatMap(chunk -> chunk.usage().stream())
                .reduce((earlier, later) -> later)
                .map(WireFactsTest::usage);
        assertFacts(chunks.get(0).id(), chunks.get(0).model(), reasons, usage);
    }

    @ParameterizedTest
    @ValueSource(strings = {"completions-text.json", "completions-text.sse"})
    void completion_isReadAsTheSdkReadsIt(String body) throws IOException {
        name = body;
        CompletionCreateParams params = CompletionCreateParams.builder()
                .model(CompletionCreateParams.Model.GPT_3_5_TURBO_INSTRUCT)
                .prompt("x")
                .build();
        List<Completion> parts;
        if (body.endsWith(".sse")) {
            try (StreamResponse<Completion> stream = client.completions().createStreaming(params)) {
                parts = stream.stream().toList();
            }
        } else {
            parts = List.of(client.completions().create(params));
        }
        Map<Long, String> reasons = new TreeMap<>();
        for (Completion part : parts) {
            part.choices().forEach(choice -> choice._finishReason()
                    .asKnown()
                    .ifPresent(reason -> reasons.put(choice.index(), reason.asString())));
        }
        Optional<Usage> usage = parts.get(parts.size() - 1).usage().map(WireFactsTest::usage);
        assertFacts(parts.get(0).id(), parts.get(0).model(), reasons, usage);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "responses-text.json",
                "responses-tools.json",
                "responses-incomplete.json",
                "responses-failed.json",
                "responses-text.sse",
                "responses-tools.sse",
                "responses-incomplete.sse",
                "responses-failed.sse"
            })
    void response_isReadAsTheSdkReadsIt(String body) throws IOException {
        name = body;
        ResponseCreateParams params =
                ResponseCreateParams.builder().model("gpt-4.1").input("x").build();
        Response typed = body.endsWith(".sse")
                ? lastResponse(params)
                : client.responses().create(params);
        String status = typed.status().get().asString();
        String reason = typed.incompleteDetails()
                .flatMap(details -> details.reason())
                .map(why -> why.asString())
                .orElse(status);
        assertFacts(typed.id(), model(typed), Map.of(0L, reason), typed.usage().map(WireFactsTest::usage));
        assertThat(facts().errorType())
                .isEqualTo(typed.error().map(error -> error.code().asString()).orElse(null));
    }

    @ParameterizedTest
    @ValueSource(strings = {"embeddings.json", "embeddings-base64.json"})
    void embeddings_areReadAsTheSdkReadsThem(String body) throws IOException {
        name = body;
        CreateEmbeddingResponse typed = client.embeddings()
                .create(EmbeddingCreateParams.builder()
                        .model("text-embedding-3-small")
                        .input("x")
                        .dimensions(64)
                        .build());
        Usage usage = new Usage(typed.usage().promptTokens(), null, null, null, null, Map.of());
        assertFacts(null, typed.model(), Map.of(), Optional.of(usage));
        assertThat(requestFacts().dimensions()).isEqualTo(64);
        assertThat(requestFacts().model()).isEqualTo("text-embedding-3-small");
    }

    @Test
    void chatRequest_isReadAsTheSdkWritesIt() {
        name = "chat-text.json";
        client.chat()
                .completions()
                .create(chat().temperature(0.3)
                        .topP(0.9)
                        .n(2)
                        .putAdditionalBodyProperty("seed", JsonValue.from(42))
                        .maxCompletionTokens(77)
                        .frequencyPenalty(0.1)
                        .presencePenalty(-0.1)
                        .stopOfStrings(List.of("a\"b", "\n"))
                        .reasoningEffort(ReasoningEffort.LOW)
                        .serviceTier(ServiceTier.FLEX)
                        .build());
        assertThat(requestFacts())
                .isEqualTo(new RequestFacts(
                        "gpt-4o",
                        false,
                        0.3,
                        0.9,
                        null,
                        77L,
                        0.1,
                        -0.1,
                        42L,
                        2L,
                        List.of("a\"b", "\n"),
                        null,
                        null,
                        null,
                        "low",
                        null,
                        "flex",
                        false));
    }

    private static ChatCompletionCreateParams.Builder chat() {
        return ChatCompletionCreateParams.builder()
                .model("gpt-4o")
                .addUserMessage("{\"model\":\"fake\",\"stream\":true}");
    }

    private Response lastResponse(ResponseCreateParams params) {
        try (StreamResponse<ResponseStreamEvent> stream = client.responses().createStreaming(params)) {
            return stream.stream()
                    .flatMap(event -> Stream.of(
                                    event.completed().map(end -> end.response()),
                                    event.incomplete().map(end -> end.response()),
                                    event.failed().map(end -> end.response()))
                            .flatMap(Optional::stream))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private static String model(Response response) {
        return Stream.of(
                        response.model().string(),
                        response.model().chat().map(model -> model.asString()),
                        response.model().only().map(model -> model.asString()))
                .flatMap(Optional::stream)
                .findFirst()
                .orElseThrow();
    }

    private static Usage usage(CompletionUsage usage) {
        return new Usage(
                usage.promptTokens(),
                usage.completionTokens(),
                usage.promptTokensDetails()
                        .flatMap(CompletionUsage.PromptTokensDetails::cachedTokens)
                        .orElse(null),
                null,
                usage.completionTokensDetails()
                        .flatMap(CompletionUsage.CompletionTokensDetails::reasoningTokens)
                        .orElse(null),
                Map.of());
    }

    /** The oldest SDK that we support does not know of tokens that are written to the cache; here they are 0. */
    private static Usage usage(ResponseUsage usage) {
        return new Usage(
                usage.inputTokens(),
                usage.outputTokens(),
                usage.inputTokensDetails().cachedTokens(),
                0L,
                usage.outputTokensDetails().reasoningTokens(),
                Map.of());
    }

    private void assertFacts(String id, String model, Map<Long, String> reasons, Optional<Usage> usage)
            throws IOException {
        ResponseFacts facts = facts();
        assertThat(facts.id()).isEqualTo(id);
        assertThat(facts.model()).isEqualTo(model);
        assertThat(facts.finishReasons()).containsExactlyElementsOf(reasons.values());
        assertThat(Optional.ofNullable(facts.usage())).isEqualTo(usage);
        assertThat(requestFacts().stream()).isEqualTo(name.endsWith(".sse"));
    }

    private ResponseFacts facts() throws IOException {
        byte[] bytes = Files.readAllBytes(BODIES.resolve(name));
        ResponseScanner scanner = call.responseScanner(MediaType.get(contentType()), null);
        scanner.accept(bytes, 0, bytes.length, 1);
        return scanner.finish();
    }

    private RequestFacts requestFacts() {
        RequestScanner scanner = call.requestScanner();
        scanner.accept(request, 0, request.length);
        return scanner.finish();
    }

    private String contentType() {
        return name.endsWith(".sse") ? "text/event-stream" : "application/json";
    }
}
