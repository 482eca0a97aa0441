package dev.llmpropagation.doctor.daemon;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.containing;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Stands for both model services. A text with {@code slow} in it is answered after a minute. */
public final class Models implements AutoCloseable {

    private static final String CHAT = """
            {"id":"c-1","object":"chat.completion","created":1,"model":"demo","choices":[{"index":0,\
            "message":{"role":"assistant","content":"Hello","refusal":null},"finish_reason":"stop","logprobs":null}],\
            "usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""";
    private static final String GEMINI = """
            {"candidates":[{"content":{"role":"model","parts":[{"text":"Hello"}]},"finishReason":"STOP","index":0}],\
            "usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2}}""";

    private final WireMockServer server = new WireMockServer(WireMockConfiguration.options()
            .bindAddress("127.0.0.1")
            .dynamicPort()
            .asynchronousResponseEnabled(true));

    private Models() {
        server.start();
        server.stubFor(post(urlPathMatching(".*generateContent")).willReturn(okJson(GEMINI)));
        server.stubFor(post(urlPathMatching(".*completions")).willReturn(okJson(CHAT)));
        server.stubFor(any(anyUrl())
                .withRequestBody(containing("slow"))
                .willReturn(okJson(CHAT).withFixedDelay(60_000)));
    }

    public static Models start() {
        return new Models();
    }

    public String openAiUrl() {
        return "http://localhost:" + server.port() + "/v1";
    }

    public String geminiUrl() {
        return "http://localhost:" + server.port();
    }

    /** What a service received. */
    public record Received(
            String body,
            @Nullable String traceparent,
            @Nullable String session) {

        /** Without the body, which is what somebody asked a model. */
        @Override
        public String toString() {
            return "Received{" + traceparent + ", " + session + '}';
        }
    }

    /** All requests so far. */
    public List<Received> received() {
        return server.getAllServeEvents().stream()
                .map(event -> event.getRequest())
                .map(request -> new Received(
                        request.getBodyAsString(),
                        request.getHeader("traceparent"),
                        request.getHeader("X-Qwen-Code-Session-Id")))
                .toList();
    }

    @Override
    public void close() {
        server.stop();
    }
}
