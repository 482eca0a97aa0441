package dev.llmpropagation.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import okhttp3.Headers;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the SDKs do not look at, or would repair: status, headers and documents as they come. */
class AnswersOnTheWireTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String GENERATE = "/v1beta/models/gemini-of-the-test:generateContent";

    @RegisterExtension
    static final LlmServer openai = LlmServer.openAi();

    @RegisterExtension
    static final LlmServer gemini = LlmServer.gemini();

    private final OkHttpClient client = new OkHttpClient();

    private record Heard(int status, Headers headers, String body) {
        JsonNode json() throws IOException {
            return JSON.readTree(body);
        }

        /** What the events of the stream hold, without its mark. */
        List<JsonNode> events() {
            return Arrays.stream(body.split("\\R"))
                    .filter(line -> line.startsWith("data: {"))
                    .map(line -> {
                        try {
                            return JSON.readTree(line.substring("data: ".length()));
                        } catch (IOException e) {
                            throw new AssertionError(line, e);
                        }
                    })
                    .toList();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "400, invalid_request_error, null",
        "401, invalid_request_error, invalid_api_key",
        "403, invalid_request_error, null",
        "404, invalid_request_error, model_not_found",
        "422, invalid_request_error, null",
        "429, requests, rate_limit_exceeded",
        "500, server_error, null",
        "503, server_error, null"
    })
    void failureOfOpenAi_hasTheServicesWords(int status, String type, String code) throws IOException {
        openai.willFail(status);

        Heard heard = chat("{}");

        assertThat(heard.status()).isEqualTo(status);
        assertThat(heard.headers().get("Content-Type")).isEqualTo("application/json");
        JsonNode error = heard.json().get("error");
        assertThat(error.get("type").asText()).isEqualTo(type);
        assertThat(error.get("code").asText()).isEqualTo(code);
        assertThat(error.get("message").asText()).isEqualTo("refused as the test wants it");
    }

    @ParameterizedTest
    @CsvSource({
        "400, INVALID_ARGUMENT",
        "401, UNAUTHENTICATED",
        "403, PERMISSION_DENIED",
        "404, NOT_FOUND",
        "429, RESOURCE_EXHAUSTED",
        "500, INTERNAL",
        "503, UNAVAILABLE",
        "504, DEADLINE_EXCEEDED"
    })
    void failureOfGemini_hasTheServicesWords(int status, String name) throws IOException {
        gemini.willFail(status);

        Heard heard = post(gemini, GENERATE, "{}");

        assertThat(heard.status()).isEqualTo(status);
        JsonNode error = heard.json().get("error");
        assertThat(error.get("code").asInt()).isEqualTo(status);
        assertThat(error.get("status").asText()).isEqualTo(name);
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 1", "1000, 1", "1001, 2"})
    void retryAfter_isRoundedUp(long millis, String seconds) throws IOException {
        openai.willFail(429).retryAfter(Duration.ofMillis(millis));
        gemini.willFail(429).retryAfter(Duration.ofMillis(millis));

        Heard heard = chat("{}");
        assertThat(heard.headers().get("Retry-After")).isEqualTo(seconds);
        assertThat(heard.headers().get("Retry-After-Ms")).isEqualTo(Long.toString(millis));
        assertThat(post(gemini, GENERATE, "{}").headers().get("Retry-After")).isEqualTo(seconds);
    }

    @Test
    void failureThatSaysNoMore_hasNoRetryAfter() throws IOException {
        openai.willFail(429);
        gemini.willFail(429);

        assertThat(chat("{}").headers().get("Retry-After")).isNull();
        assertThat(post(gemini, GENERATE, "{}").headers().get("Retry-After")).isNull();
    }

    @Test
    void answers_areNumbered() throws IOException {
        openai.willAnswer("hello");

        Heard first = chat("{}");
        Heard second = chat("{}");

        int number = Integer.parseInt(first.json().get("id").asText().substring("chatcmpl-".length()));
        assertThat(number).isPositive();
        assertThat(first.headers().get("x-request-id")).isEqualTo("req_" + number);
        assertThat(second.headers().get("x-request-id")).isEqualTo("req_" + (number + 1));
    }

    @Test
    void tokens_areNineAndOneForEachPieceUnlessSaidOtherwise() throws IOException {
        openai.willStream("a", "b", "c");
        gemini.willStream("a", "b", "c");

        JsonNode chat = chat("{}").json().get("usage");
        assertThat(chat.get("prompt_tokens").asInt()).isEqualTo(9);
        assertThat(chat.get("completion_tokens").asInt()).isEqualTo(3);
        assertThat(chat.get("total_tokens").asInt()).isEqualTo(12);
        JsonNode response = post(openai, "/responses", "{}").json().get("usage");
        assertThat(response.get("input_tokens").asInt()).isEqualTo(9);
        assertThat(response.get("total_tokens").asInt()).isEqualTo(12);
        JsonNode generated = post(gemini, GENERATE, "{}").json().get("usageMetadata");
        assertThat(generated.get("promptTokenCount").asInt()).isEqualTo(9);
        assertThat(generated.get("totalTokenCount").asInt()).isEqualTo(12);
    }

    @Test
    void usageInAStream_isSentToThoseWhoAskForIt() throws IOException {
        openai.willStream("a", "b");

        List<JsonNode> asked = chat("{\"stream\":true,\"stream_options\":{\"include_usage\":true}}")
                .events();
        assertThat(asked).hasSize(5).allMatch(event -> event.has("usage"));
        assertThat(asked.subList(0, 4)).allMatch(event -> event.get("usage").isNull());
        assertThat(asked.get(4).get("choices")).isEmpty();
        assertThat(asked.get(4).get("usage").get("total_tokens").asInt()).isEqualTo(11);
        assertThat(chat("{\"stream\":true,\"stream_options\":{\"include_usage\":false}}")
                        .events())
                .hasSize(4)
                .noneMatch(event -> event.has("usage"));
        assertThat(chat("{\"stream\":true,\"stream_options\":1}").events()).hasSize(4);
    }

    @Test
    void stream_isOneOnlyForThoseWhoAskForIt() throws IOException {
        openai.willAnswer("hello");

        assertThat(chat("{\"stream\":true}").headers().get("Content-Type")).isEqualTo("text/event-stream");
        assertThat(chat("{\"stream\":false}").headers().get("Content-Type")).isEqualTo("application/json");
        assertThat(chat("not JSON").headers().get("Content-Type")).isEqualTo("application/json");
        assertThat(chat("").status()).isEqualTo(200);
        assertThat(chat("{\"stream\":true}").body()).endsWith("data: [DONE]\n\n");
    }

    @Test
    void model_isTheOneThatWasAskedFor() throws IOException {
        openai.willAnswer("hello");
        gemini.willAnswer("hello");

        assertThat(chat("{\"model\":\"m-1\"}").json().get("model").asText()).isEqualTo("m-1");
        assertThat(chat("{\"model\":7}").json().get("model").asText()).isEqualTo("gpt-4o-mini");
        assertThat(post(gemini, GENERATE, "{}").json().get("modelVersion").asText())
                .isEqualTo("gemini-of-the-test");
    }

    @Test
    void response_endsAsItsStreamDoes() throws IOException {
        openai.willStream("he", "llo").finishReason("max_output_tokens");

        JsonNode document = post(openai, "/responses", "{}").json();
        assertThat(document.get("status").asText()).isEqualTo("incomplete");
        List<JsonNode> events = post(openai, "/responses", "{\"stream\":true}").events();
        JsonNode first = events.get(0);
        JsonNode last = events.get(events.size() - 1);
        assertThat(first.get("type").asText()).isEqualTo("response.created");
        assertThat(first.get("response").get("status").asText()).isEqualTo("in_progress");
        assertThat(first.get("response").get("output")).isEmpty();
        assertThat(first.get("response").get("usage").isNull()).isTrue();
        assertThat(first.get("response").get("incomplete_details").isNull()).isTrue();
        assertThat(last.get("type").asText()).isEqualTo("response.incomplete");
        assertThat(last.get("response").get("incomplete_details").get("reason").asText())
                .isEqualTo("max_output_tokens");
        assertThat(events)
                .extracting(event -> event.get("sequence_number").asInt())
                .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        assertThat(events.get(2).get("item").get("content")).isEmpty();
        assertThat(events.get(4).get("item_id"))
                .isEqualTo(events.get(2).get("item").get("id"));
    }

    @Test
    void toolCallOfAResponse_comesPieceByPiece() throws IOException {
        openai.willCallTool("weather", "{\"city\":\"Köln\"}");

        List<JsonNode> events = post(openai, "/responses", "{\"stream\":true}").events();

        assertThat(events)
                .extracting(event -> event.get("type").asText())
                .containsExactly(
                        "response.created",
                        "response.in_progress",
                        "response.output_item.added",
                        "response.function_call_arguments.delta",
                        "response.function_call_arguments.done",
                        "response.output_item.done",
                        "response.completed");
        JsonNode added = events.get(2).get("item");
        assertThat(added.get("arguments").asText()).isEmpty();
        assertThat(added.get("status").asText()).isEqualTo("in_progress");
        assertThat(events.get(3).get("delta").asText()).isEqualTo("{\"city\":\"Köln\"}");
        assertThat(events.get(3).get("item_id")).isEqualTo(added.get("id"));
        assertThat(events.get(5).get("item").get("arguments").asText()).isEqualTo("{\"city\":\"Köln\"}");
    }

    @Test
    void embeddings_areOneForEachInput() throws IOException {
        openai.willAnswer("").usage(5, 0);

        JsonNode one = post(openai, "/embeddings", "{\"input\":\"one\"}").json();
        JsonNode two = post(openai, "/embeddings", "{\"input\":[\"one\",\"two\"],\"dimensions\":2}")
                .json();

        assertThat(one.get("data")).hasSize(1);
        assertThat(one.get("data").get(0).get("embedding")).hasSize(3);
        assertThat(one.get("usage").get("total_tokens").asInt()).isEqualTo(5);
        assertThat(two.get("data")).hasSize(2);
        assertThat(two.get("data").get(1).get("index").asInt()).isEqualTo(1);
        assertThat(two.get("data").get(1).get("embedding").get(1).asDouble()).isEqualTo(0.5);
    }

    @Test
    void embeddingInBase64_isOfFloatsInLittleEndian() throws IOException {
        openai.willAnswer("");

        byte[] bytes = post(
                        openai, "/embeddings", "{\"input\":\"one\",\"encoding_format\":\"base64\",\"dimensions\":2}")
                .json()
                .get("data")
                .get(0)
                .get("embedding")
                .binaryValue();

        ByteBuffer floats = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(floats.remaining()).isEqualTo(8);
        assertThat(floats.getFloat()).isEqualTo(0.5f);
        assertThat(floats.getFloat()).isEqualTo(0.5f);
    }

    @Test
    void embeddingsOfGemini_areInTheFormOfTheirEndpoint() throws IOException {
        gemini.willAnswer("").usage(5, 0);

        assertThat(post(gemini, "/v1beta/models/e:embedContent", "{}")
                        .json()
                        .get("embedding")
                        .get("values"))
                .hasSize(3);
        assertThat(post(gemini, "/v1beta/models/e:batchEmbedContents", "{\"requests\":[{},{}]}")
                        .json()
                        .get("embeddings"))
                .hasSize(2);
        JsonNode predictions = post(gemini, "/v1/projects/p/models/e:predict", "{\"instances\":[{},{}]}")
                .json()
                .get("predictions");
        assertThat(predictions).hasSize(2);
        JsonNode embeddings = predictions.get(1).get("embeddings");
        assertThat(embeddings.get("values").get(2).asDouble()).isEqualTo(0.5);
        assertThat(embeddings.get("statistics").get("token_count").asInt()).isEqualTo(5);
    }

    @Test
    void streamOfGemini_hasItsReasonInItsLastEvent() throws IOException {
        gemini.willStream("he", "llo");

        Heard heard = post(gemini, "/v1beta/models/gemini-of-the-test:streamGenerateContent?alt=sse", "{}");

        assertThat(heard.body()).endsWith("}\r\n\r\n");
        assertThat(heard.events())
                .extracting(
                        event -> event.at("/candidates/0/content/parts/0/text").asText())
                .containsExactly("he", "llo");
        assertThat(heard.events())
                .extracting(event -> event.at("/candidates/0/finishReason").asText())
                .containsExactly("", "STOP");
    }

    @Test
    void toolCallOfGemini_isWholeInAStreamToo() throws IOException {
        gemini.willCallTool("weather", "{\"city\":\"Köln\"}");

        assertThat(post(gemini, "/v1beta/models/m:streamGenerateContent", "{}").events())
                .singleElement()
                .satisfies(event -> {
                    JsonNode call = event.at("/candidates/0/content/parts/0/functionCall");
                    assertThat(call.get("name").asText()).isEqualTo("weather");
                    assertThat(call.at("/args/city").asText()).isEqualTo("Köln");
                });
    }

    @Test
    void endpointThatIsNotPlayed_isNotFound() throws IOException {
        gemini.willAnswer("hello");

        Heard heard = post(gemini, "/v1beta/models/m:countTokens?key=SECRET", "{}");

        assertThat(heard.status()).isEqualTo(404);
        assertThat(heard.json().at("/error/message").asText())
                .isEqualTo("This LlmServer does not play /v1beta/models/m:countTokens: stub it on wireMock()");
    }

    private Heard chat(String body) throws IOException {
        return post(openai, "/chat/completions", body);
    }

    private Heard post(LlmServer server, String path, String body) throws IOException {
        Request request = new Request.Builder()
                .url(server.baseUrl() + path)
                .post(RequestBody.create(body, MediaType.get("application/json")))
                .build();
        try (Response response = client.newCall(request).execute()) {
            return new Heard(
                    response.code(), response.headers(), response.body().string());
        }
    }
}
