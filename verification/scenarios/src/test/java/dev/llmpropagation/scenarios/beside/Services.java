package dev.llmpropagation.scenarios.beside;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.matchingJsonPath;
import static com.github.tomakehurst.wiremock.client.WireMock.okJson;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.stubbing.Scenario;

/** What the model services answer. The first chat is refused once. */
final class Services {

    static final int RETRIES = 1;

    private static final String CHAT = "/v1/chat/completions";
    private static final String CANDIDATE =
            "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"Hello\"}]},\"index\":0}]}";

    private Services() {}

    static void stub(WireMockServer server) {
        server.stubFor(post(urlPathEqualTo(CHAT)).willReturn(okJson("""
                {"id":"c-1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,\
                "message":{"role":"assistant","content":"Hello","refusal":null},"finish_reason":"stop",\
                "logprobs":null}],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}""")));
        server.stubFor(post(urlPathEqualTo(CHAT))
                .withRequestBody(matchingJsonPath("$[?(@.stream == true)]"))
                .willReturn(events("""
                        data: {"id":"c-1","object":"chat.completion.chunk","created":1,"model":"m","choices":\
                        [{"index":0,"delta":{"content":"Hello"},"finish_reason":"stop"}]}

                        data: [DONE]

                        """)));
        server.stubFor(post(urlPathEqualTo(CHAT))
                .inScenario("retry")
                .whenScenarioStateIs(Scenario.STARTED)
                .willReturn(aResponse().withStatus(503).withHeader("retry-after-ms", "10"))
                .willSetStateTo("served"));
        server.stubFor(post(urlPathEqualTo("/v1/embeddings")).willReturn(okJson("""
                {"object":"list","model":"e","data":[{"object":"embedding","index":0,"embedding":[0.5]}],\
                "usage":{"prompt_tokens":1,"total_tokens":1}}""")));
        server.stubFor(post(urlPathMatching(".*:generateContent")).willReturn(okJson(CANDIDATE)));
        server.stubFor(post(urlPathMatching(".*:streamGenerateContent"))
                .willReturn(events("data: " + CANDIDATE + "\r\n\r\n")));
    }

    private static ResponseDefinitionBuilder events(String events) {
        return aResponse().withHeader("Content-Type", "text/event-stream").withBody(events);
    }
}
