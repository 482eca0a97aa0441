package dev.llmpropagation.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ModelOperationTest {

    @ParameterizedTest
    @CsvSource({
        "/v1/chat/completions, CHAT_COMPLETIONS, chat, openai,",
        "/chat/completions, CHAT_COMPLETIONS, chat, openai,",
        "/compatible-mode/v1/chat/completions, CHAT_COMPLETIONS, chat, openai,",
        "/api/v1/chat/completions/, CHAT_COMPLETIONS, chat, openai,",
        "/openai/v1/chat/completions, CHAT_COMPLETIONS, chat, openai,",
        "/v1beta/openai/chat/completions, CHAT_COMPLETIONS, chat, openai,",
        "/openai/deployments/my-gpt/chat/completions?api-version=1, CHAT_COMPLETIONS, chat, azure.ai.openai, my-gpt",
        "/openai/deployments/my-gpt/embeddings, EMBEDDINGS, embeddings, azure.ai.openai, my-gpt",
        "/v1/completions, COMPLETIONS, text_completion, openai,",
        "/v1/responses, RESPONSES, chat, openai,",
        "/openai/v1/responses, RESPONSES, chat, openai,",
        "/v1/responses/compact, RESPONSES, chat, openai,",
        "/v1/responses?beta=true, RESPONSES, chat, openai,",
        "/v1/decisions, DECISIONS, generate_content, openai,",
        "/v1/embeddings, EMBEDDINGS, embeddings, openai,",
        "/v1beta/models/gemini-2.5-flash:generateContent, GENERATE_CONTENT, generate_content, gcp.gemini, gemini-2.5-flash",
        "/v1/models/m:generateContent, GENERATE_CONTENT, generate_content, gcp.gemini, m",
        "/v1/publishers/google/models/m:generateContent, GENERATE_CONTENT, generate_content, gcp.vertex_ai, m",
        "/v1/models/e:batchEmbedContents, EMBED_CONTENT, embeddings, gcp.gemini, e",
        "/v1/interactions, INTERACTIONS, generate_content, gcp.gemini,",
        "/v1beta/models/m:streamGenerateContent?alt=sse, GENERATE_CONTENT, generate_content, gcp.gemini, m",
        "/v1beta/tunedModels/mine:generateContent, GENERATE_CONTENT, generate_content, gcp.gemini, tunedModels/mine",
        "/v1beta1/projects/p/locations/l/publishers/google/models/m:generateContent, GENERATE_CONTENT, generate_content, gcp.vertex_ai, m",
        "/v1beta1/publishers/google/models/m:generateContent, GENERATE_CONTENT, generate_content, gcp.vertex_ai, m",
        "/v1/projects/p/locations/l/endpoints/42:generateContent, GENERATE_CONTENT, generate_content, gcp.vertex_ai, endpoints/42",
        "/v1beta/models/e:batchEmbedContents, EMBED_CONTENT, embeddings, gcp.gemini, e",
        "/v1beta1/publishers/google/models/e:embedContent, EMBED_CONTENT, embeddings, gcp.vertex_ai, e",
        "/v1beta1/publishers/google/models/text-embedding-005:predict, PREDICT, embeddings, gcp.vertex_ai, text-embedding-005",
        "/v1beta/interactions, INTERACTIONS, generate_content, gcp.gemini,",
    })
    void pathOfAModelCall_isRecognised(
            String path, WireFormat format, String operation, String provider, String model) {
        ModelOperation call = RecognisedCalls.call("POST", url(path));
        assertThat(call).isNotNull();
        assertThat(call.format()).isEqualTo(format);
        assertThat(call.operation()).isEqualTo(operation);
        assertThat(call.provider()).isEqualTo(provider);
        assertThat(call.model()).isEqualTo(model);
        assertThat(call.stream()).isEqualTo(path.contains("stream"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/v1/files",
                "/v1/models",
                "/v1/chat/completions/chatcmpl-1",
                "/v1/chat/completions/chatcmpl-1/messages",
                "/v1/responses/resp_1",
                "/v1/responses/resp_1/cancel",
                "/v1/conversations/conv_1/compact",
                "/v1/responses/input_tokens",
                "/v1/batches",
                "/v1/images/generations",
                "/v1beta/models/m:countTokens",
                "/v1beta/models/m:batchGenerateContent",
                "/v1beta1/publishers/google/models/m:computeTokens",
                "/v1beta1/publishers/google/models/imagen-4.0-generate-001:predict",
                "/v1beta1/publishers/google/models/veo-3:predictLongRunning",
                "/v1beta/interactions/v1_1",
                "/v1beta/interactions/v1_1/cancel",
                "/token",
                "/v1/traces"
            })
    void otherPath_isNoModelCall(String path) {
        assertThat(RecognisedCalls.call("POST", url(path))).isNull();
    }

    @ParameterizedTest
    @CsvSource({
        "GET, /v1/responses/resp_1, true",
        "GET, /v1/responses/resp_1/, true",
        "GET, /responses/resp_1, true",
        "GET, /v1/responses/, false",
        "GET, /responses/, false",
        "GET, /responses, false",
        "GET, /resp_1, false",
        "GET, /, false",
        "GET, /v1/responses/resp_1/input_items, false",
        "DELETE, /v1/responses/resp_1, false",
    })
    void earlierResponse_isFetched(String method, String path, boolean fetched) {
        Request request =
                new Request.Builder().url(url(path)).method(method, null).build();
        ModelOperation fetch = ModelOperation.recogniseFetch(request);
        assertThat(fetch == null ? null : fetch.operation()).isEqualTo(fetched ? "fetch_response" : null);
    }

    @Test
    void otherMethod_isNoModelCall() {
        assertThat(RecognisedCalls.call("PUT", url("/v1/chat/completions"))).isNull();
        assertThat(RecognisedCalls.call("DELETE", url("/v1beta/interactions"))).isNull();
    }

    @Test
    void otherBody_isNoModelCall() {
        Request.Builder request = new Request.Builder().url(url("/v1/chat/completions"));
        RequestBody form = RequestBody.create("a=b", MediaType.get("application/x-www-form-urlencoded"));
        RequestBody json = RequestBody.create("{}", MediaType.get("application/json; charset=utf-8"));
        assertThat(ModelOperation.recognise(request.post(form).build())).isNull();
        assertThat(ModelOperation.recognise(request.post(json).build())).isNotNull();
        assertThat(ModelOperation.recognise(request.get().build())).isNull();
    }

    @Test
    void compressedResponse_hasNoScanner_whateverElseItsLabelsSay() {
        ModelOperation call = RecognisedCalls.call("POST", url("/v1/chat/completions"));
        MediaType html = MediaType.get("text/html");
        for (String compressed : new String[] {"gzip", "identity, br", "ZSTD"}) {
            assertThat(call.responseScanner(html, compressed, null))
                    .as(compressed)
                    .isNull();
        }
        for (String none : new String[] {null, "", "identity", "identity, identity", "none", "utf-8", "UTF-8,none"}) {
            assertThat(call.responseScanner(html, none, null)).as(none).isNotNull();
            assertThat(call.responseScanner(null, none, null)).as(none).isNotNull();
        }
    }

    private static HttpUrl url(String path) {
        return HttpUrl.get("https://host.example" + path);
    }
}
