package dev.llmpropagation.frameworks;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.openai.client.OpenAIClient;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.chat.response.StreamingChatResponseHandler;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.context.Scope;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class LangChain4jTest {

    private final Program program = new Program();
    private final OpenAIClient client = OpenAiClientFactory.create(program.propagation)
            .client(sdk -> sdk.baseUrl(program.server.baseUrl() + "/v1").apiKey("key"));

    @AfterEach
    void stop() {
        client.close();
        program.close();
    }

    @Test
    void chat_carriesTraceAndSession() {
        program.server.stubFor(post(urlPathEqualTo("/v1/chat/completions")).willReturn(okJson("""
                {"id":"c-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,\
                "message":{"role":"assistant","content":"Hello","refusal":null},"finish_reason":"stop",\
                "logprobs":null}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""")));

        try (Scope ignored = LlmSession.of(Program.SESSION).makeCurrent()) {
            assertThat(FrameworkSamples.chat(client, "key").chat("Hi")).isEqualTo("Hello");
        }

        program.assertRequests(1, "chat");
    }

    @Test
    void streamingChat_carriesTraceAndSession() throws Exception {
        program.server.stubFor(post(urlPathEqualTo("/v1/chat/completions")).willReturn(events("""
                data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m","choices":\
                [{"index":0,"delta":{"role":"assistant","content":"Hello"},"finish_reason":null}]}

                data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m","choices":\
                [{"index":0,"delta":{},"finish_reason":"stop"}]}

                data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[],\
                "usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}

                data: [DONE]

                """)));

        assertThat(streamed(FrameworkSamples.streamingChat(client, "key"))).isEqualTo("Hello");

        program.assertRequests(1, "chat");
    }

    @Test
    void responses_carryTraceAndSessionOverTheExecutor() throws Exception {
        program.server.stubFor(post(urlPathEqualTo("/v1/responses")).willReturn(events("""
                event: response.output_text.delta
                data: {"type":"response.output_text.delta","sequence_number":1,"item_id":"m-1","output_index":0,\
                "content_index":0,"delta":"Hello","logprobs":[]}

                event: response.completed
                data: {"type":"response.completed","sequence_number":2,"response":{"id":"r-1","object":"response",\
                "created_at":1,"model":"gpt-4o-mini","status":"completed","parallel_tool_calls":true,\
                "tool_choice":"auto","tools":[],"output":[{"type":"message","id":"m-1","status":"completed",\
                "role":"assistant","content":[{"type":"output_text","text":"Hello","annotations":[]}]}],\
                "usage":{"input_tokens":3,"input_tokens_details":{"cached_tokens":0},"output_tokens":2,\
                "output_tokens_details":{"reasoning_tokens":0},"total_tokens":5}}}

                """)));
        ExecutorService executor = Executors.newCachedThreadPool();
        try {
            assertThat(streamed(FrameworkSamples.responses(client, executor))).isEqualTo("Hello");
        } finally {
            executor.shutdown();
        }

        program.assertRequests(1, "chat");
    }

    @Test
    void embeddings_carryTraceAndSession() {
        program.server.stubFor(post(urlPathEqualTo("/v1/embeddings")).willReturn(okJson("""
                {"object":"list","model":"e","data":[{"object":"embedding","index":0,"embedding":[0.5]}],\
                "usage":{"prompt_tokens":1,"total_tokens":1}}""")));

        try (Scope ignored = LlmSession.of(Program.SESSION).makeCurrent()) {
            assertThat(FrameworkSamples.embeddings(client).embed("Hi").content().vector())
                    .hasSize(1);
        }

        program.assertRequests(1, "embeddings");
    }

    private static String streamed(StreamingChatModel model) throws Exception {
        CompletableFuture<ChatResponse> answer = new CompletableFuture<>();
        try (Scope ignored = LlmSession.of(Program.SESSION).makeCurrent()) {
            model.chat("Hi", new StreamingChatResponseHandler() {
                @Override
                public void onCompleteResponse(ChatResponse response) {
                    answer.complete(response);
                }

                @Override
                public void onError(Throwable error) {
                    answer.completeExceptionally(error);
                }
            });
        }
        return answer.get(20, TimeUnit.SECONDS).aiMessage().text();
    }

    /** Late, because LangChain4j loses a stream that ends before its subscription has returned. */
    private static ResponseDefinitionBuilder events(String events) {
        return aResponse()
                .withHeader("Content-Type", "text/event-stream")
                .withFixedDelay(500)
                .withBody(events);
    }
}
