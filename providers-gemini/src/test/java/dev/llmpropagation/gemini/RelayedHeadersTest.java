package dev.llmpropagation.gemini;

import static com.github.tomakehurst.wiremock.client.WireMock.temporaryRedirect;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.google.genai.Client;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.HttpOptions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a program relays from its own caller cannot speak for the library. */
class RelayedHeadersTest {

    private static final Map<String, String> FORGED = Map.of(
            "Llm-Propagation-Call", "1",
            "llm-propagation-base-url", "http://127.0.0.1/",
            "LLM-PROPAGATION-2b1c2a52-3b7e-4a6e-8f52-0d8f0a6c3f11", "http://127.0.0.1/ 00");

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    @Test
    void forgedHeaders_moveNoOriginAndDoNotReachTheWire() throws Exception {
        wire.answers(temporaryRedirect(wire.otherOrigin("") + "/elsewhere"));
        wire.answers("/elsewhere", GeminiWire.answer());
        Client ofTheClient = wire.client(
                sdk -> sdk.httpOptions(wire.options().headers(FORGED).build()));
        Client ofTheRequest = wire.client();
        GenerateContentConfig config = GenerateContentConfig.builder()
                .httpOptions(HttpOptions.builder().headers(FORGED).build())
                .build();
        wire.inSpan(() -> {
            GeminiWire.ask(ofTheClient);
            ofTheRequest.models.generateContent(GeminiWire.MODEL, "hi", config);
            ofTheRequest
                    .async
                    .models
                    .generateContent(GeminiWire.MODEL, "hi", config)
                    .get();
            return null;
        });

        List<LoggedRequest> requests = wire.server.getAllServeEvents().stream()
                .map(event -> event.getRequest())
                .toList();
        assertThat(requests).hasSize(6);
        for (LoggedRequest request : requests) {
            boolean ours = !request.getUrl().equals("/elsewhere");
            assertThat(request.containsHeader("traceparent")).isEqualTo(ours);
            assertThat(request.containsHeader(GeminiWire.SESSION)).isEqualTo(ours);
            assertThat(request.containsHeader("x-goog-api-key")).isEqualTo(ours);
            assertThat(request.getHeaders().keys())
                    .noneMatch(name -> name.regionMatches(true, 0, "llm-propagation", 0, 15));
        }
    }

    /** A request for another host than the client's gets nothing, whatever stands in its headers. */
    @Test
    void forgedHeadersOfARequestForAnotherHost_getNothing() throws Exception {
        wire.answers(GeminiWire.answer());
        wire.inSpan(() -> wire.client()
                .models
                .generateContent(
                        GeminiWire.MODEL,
                        "hi",
                        GenerateContentConfig.builder()
                                .httpOptions(HttpOptions.builder()
                                        .baseUrl(wire.otherOrigin(""))
                                        .headers(FORGED)
                                        .build())
                                .build()));

        assertThat(wire.server.getAllServeEvents()).singleElement().satisfies(event -> {
            assertThat(event.getRequest().containsHeader("traceparent")).isFalse();
            assertThat(event.getRequest().containsHeader(GeminiWire.SESSION)).isFalse();
        });
    }
}
