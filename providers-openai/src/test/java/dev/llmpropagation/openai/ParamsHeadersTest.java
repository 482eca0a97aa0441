package dev.llmpropagation.openai;

import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.openai.client.OpenAIClientAsync;
import com.openai.client.okhttp.OpenAIOkHttpClientAsync;
import com.openai.core.JsonValue;
import com.openai.core.Params;
import com.openai.core.RequestOptions;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import io.opentelemetry.api.trace.Span;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Parameters that carry the caller: the service gets what the bare SDK sends, and the program's object stays as it is. */
class ParamsHeadersTest {

    private static final ChatCompletionCreateParams CHAT = ChatCompletionCreateParams.builder()
            .model("m")
            .temperature(0.2)
            .addSystemMessage("be brief")
            .addUserMessage("hello")
            .topP(0.5)
            .putAdditionalHeader("X-Own", "chat")
            .putAdditionalQueryParam("page", "1")
            .putAdditionalBodyProperty("enable_thinking", JsonValue.from(true))
            .build();
    private static final ResponseCreateParams RESPONSE = ResponseCreateParams.builder()
            .model("m")
            .input("x")
            .instructions("be brief")
            .putAdditionalHeader("X-Own", "response")
            .putAdditionalQueryParam("page", "2")
            .putAdditionalBodyProperty("extra", JsonValue.from(Map.of("a", List.of(1, 2))))
            .build();
    private static final EmbeddingCreateParams EMBEDDING = EmbeddingCreateParams.builder()
            .model("m")
            .inputOfArrayOfStrings(List.of("x", "y"))
            .dimensions(3)
            .putAdditionalHeader("X-Own", "embedding")
            .putAdditionalQueryParam("page", "3")
            .putAdditionalBodyProperty("extra", JsonValue.from("b"))
            .build();

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    @Test
    void service_getsWhatTheBareSdkSends() throws Exception {
        OpenAIClientAsync bare = OpenAIOkHttpClientAsync.builder()
                .baseUrl(wire.url("/v1"))
                .apiKey("sk-test")
                .build();
        call(bare);
        List<String> expected =
                wire.requests().stream().map(ParamsHeadersTest::asSent).toList();
        bare.close();
        wire.server.resetRequests();
        Span caller = wire.startSpan("caller");
        OpenAIClientAsync ours = wire.asyncClient();
        wire.inSpan(caller, () -> {
            call(ours);
            return null;
        });

        assertThat(expected).hasSize(5).allSatisfy(request -> assertThat(request)
                .contains("page="));
        assertThat(wire.requests().stream().map(ParamsHeadersTest::asSent)).containsExactlyElementsOf(expected);
        wire.everyAttemptBelongsTo(caller, 5);
    }

    @Test
    void parametersOfTheProgram_stayAsTheyAre() {
        for (Params params : List.of(CHAT, RESPONSE, EMBEDDING)) {
            Object options = RequestOptions.none();
            Object[] arguments = {params, options};
            Object[] changed = ParamsHeaders.with("Name", "value", arguments);

            assertThat(changed).hasSize(2);
            assertThat(((Params) changed[0])._headers().values("Name")).containsExactly("value");
            assertThat(((Params) changed[0])._headers().values("X-Own")).hasSize(1);
            assertThat(changed[1]).isSameAs(options);
            assertThat(arguments[0]).isSameAs(params);
            assertThat(params._headers().values("Name")).isEmpty();
        }
    }

    @Test
    void headerOfThatNameThatTheProgramGave_isReplaced() {
        Object[] changed = ParamsHeaders.with("Name", "ours", new Object[] {
            CHAT.toBuilder().putAdditionalHeader("name", "forged").build()
        });

        assertThat(((Params) changed[0])._headers().values("Name")).containsExactly("ours");
    }

    @Test
    void callsWithoutSuchParameters_areLeftAlone() {
        assertThat(ParamsHeaders.with("Name", "value", null)).isNull();
        assertThat(ParamsHeaders.with("Name", "value", new Object[0])).isNull();
        assertThat(ParamsHeaders.with("Name", "value", new Object[] {null})).isNull();
        assertThat(ParamsHeaders.with("Name", "value", new Object[] {"file-1"})).isNull();
    }

    private void call(OpenAIClientAsync client) throws Exception {
        wire.answers(SdkWire.completion());
        client.chat().completions().create(CHAT).get(20, TimeUnit.SECONDS);
        wire.answers(SdkWire.chunks(2));
        AsyncStreamResponse<?> chunks = client.chat().completions().createStreaming(CHAT);
        chunks.subscribe(chunk -> {});
        chunks.onCompleteFuture().get(20, TimeUnit.SECONDS);
        wire.answers(okJson("{\"id\":\"r-1\",\"object\":\"response\",\"output\":[]}"));
        client.responses().create(RESPONSE).get(20, TimeUnit.SECONDS);
        client.responses()
                .withRawResponse()
                .create(RESPONSE)
                .get(20, TimeUnit.SECONDS)
                .close();
        wire.answers(
                okJson(
                        "{\"object\":\"list\",\"model\":\"m\",\"data\":[],\"usage\":{\"prompt_tokens\":1,\"total_tokens\":1}}"));
        client.embeddings().create(EMBEDDING).get(20, TimeUnit.SECONDS);
        chunks.close();
    }

    private static String asSent(LoggedRequest request) {
        return String.join(
                " ",
                request.getMethod().getName(),
                request.getUrl(),
                request.getHeader("X-Own"),
                request.getHeader("Authorization"),
                request.getBodyAsString());
    }
}
