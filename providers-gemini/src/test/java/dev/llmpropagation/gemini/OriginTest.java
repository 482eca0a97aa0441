package dev.llmpropagation.gemini;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static dev.llmpropagation.fixtures.ServiceWire.SESSION;
import static dev.llmpropagation.gemini.GeminiWire.KEY;
import static dev.llmpropagation.gemini.GeminiWire.MODEL;
import static dev.llmpropagation.gemini.GeminiWire.answer;
import static dev.llmpropagation.gemini.GeminiWire.ask;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.google.auth.oauth2.AccessToken;
import com.google.auth.oauth2.GoogleCredentials;
import com.google.genai.Client;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.HttpOptions;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who is the configured origin. */
class OriginTest {

    @RegisterExtension
    final GeminiWire wire = new GeminiWire();

    @Test
    void defaultHost_isThatOfTheGeminiApi() {
        Client client = everywhere(sdk -> sdk.apiKey(KEY));
        assertCarriedTo("generativelanguage.googleapis.com", client);
    }

    @ParameterizedTest
    @CsvSource({
        "us-central1, us-central1-aiplatform.googleapis.com",
        "global, aiplatform.googleapis.com",
        "eu, aiplatform.eu.rep.googleapis.com"
    })
    void vertexHost_isThatOfTheLocation(String location, String host) {
        Client client = everywhere(
                sdk -> sdk.vertexAI(true).project("p").location(location).credentials(token()));
        assertCarriedTo(host, client);
        assertThat(wire.requests().get(0).getUrl()).contains("/projects/p/locations/" + location + "/");
        assertThat(wire.requests().get(0).getHeader("Authorization")).isEqualTo("Bearer token-of-the-test");
    }

    @Test
    void vertexHost_isTheGlobalOne_withAnApiKey() {
        Client client = everywhere(sdk -> sdk.enterprise(true).apiKey(KEY));
        assertCarriedTo("aiplatform.googleapis.com", client);
    }

    @Test
    void defaultBaseUrls_countAtTheTimeOfTheBuild() {
        wire.answers(answer());
        try {
            Client.setDefaultBaseUrls(Optional.of(wire.url("")), Optional.of(wire.otherOrigin("")));
            GeminiClientFactory factory = GeminiClientFactory.create(wire.propagation);
            Client gemini = wire.closeLater(factory.client(sdk -> sdk.apiKey(KEY)));
            Client vertex = wire.closeLater(factory.client(sdk ->
                    sdk.vertexAI(true).project("p").location("us-central1").credentials(token())));
            Client.setDefaultBaseUrls(Optional.of("http://elsewhere.test"), Optional.empty());
            ask(gemini);
            ask(vertex);
        } finally {
            Client.setDefaultBaseUrls(Optional.empty(), Optional.empty());
        }
        assertThat(wire.requests()).extracting(LoggedRequest::getHost).containsExactly("localhost", "127.0.0.1");
        wire.assertCarried(wire.attempts(2));
    }

    @Test
    void perRequestBaseUrl_ofAnotherOriginGetsASpanButNoHeaders() {
        wire.answers(answer());
        Client client = wire.client();
        client.models.generateContent(
                MODEL,
                "hi",
                GenerateContentConfig.builder()
                        .httpOptions(HttpOptions.builder()
                                .baseUrl(wire.otherOrigin(""))
                                .build())
                        .build());
        assertThat(wire.attempts(1)).hasSize(1);
        LoggedRequest request = wire.requests().get(0);
        assertThat(request.getHost()).isEqualTo("127.0.0.1");
        assertThat(request.containsHeader("traceparent")).isFalse();
        assertThat(request.containsHeader(SESSION)).isFalse();
    }

    @Test
    void redirect_toAnotherOriginCarriesNeitherKeyNorHeaders() {
        wire.server.stubFor(any(urlPathMatching("/v1(beta)?/.*"))
                .willReturn(aResponse().withStatus(307).withHeader("Location", wire.otherOrigin("") + "/there")));
        wire.server.stubFor(any(urlPathMatching("/there")).willReturn(answer()));
        assertThat(ask(wire.client())).isEqualTo("hello");
        assertThat(wire.attempts(2)).hasSize(2);
        List<LoggedRequest> requests = wire.requests();
        assertThat(requests.get(0).getHeader("x-goog-api-key")).isEqualTo(KEY);
        assertThat(requests.get(0).containsHeader("traceparent")).isTrue();
        LoggedRequest other = requests.get(1);
        assertThat(other.getHost()).isEqualTo("127.0.0.1");
        assertThat(other.containsHeader("x-goog-api-key")).isFalse();
        assertThat(other.containsHeader("traceparent")).isFalse();
        assertThat(other.containsHeader(SESSION)).isFalse();
        assertThat(other.getBodyAsString()).isEqualTo(requests.get(0).getBodyAsString());
    }

    private void assertCarriedTo(String host, Client client) {
        wire.answers(answer());
        assertThat(ask(client)).isEqualTo("hello");
        assertThat(wire.requests()).extracting(LoggedRequest::getHost).containsExactly(host);
        wire.assertCarried(wire.attempts(1));
    }

    private Client everywhere(Consumer<Client.Builder> sdk) {
        return wire.closeLater(GeminiClientFactory.builder(wire.propagation)
                .httpClient(Everywhere.client(wire.server.httpsPort()))
                .build()
                .client(sdk));
    }

    @SuppressWarnings("JavaUtilDate") // google-auth's type
    static GoogleCredentials token() {
        return GoogleCredentials.create(
                new AccessToken("token-of-the-test", Date.from(Instant.now().plus(Duration.ofHours(1)))));
    }
}
