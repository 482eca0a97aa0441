package dev.llmpropagation.openai;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.openai.auth.SubjectTokenProvider;
import com.openai.auth.SubjectTokenType;
import com.openai.auth.WorkloadIdentity;
import com.openai.client.OpenAIClient;
import com.openai.core.RequestOptions;
import com.openai.core.http.HttpClient;
import com.openai.core.http.HttpMethod;
import com.openai.core.http.HttpRequest;
import com.openai.core.http.HttpResponse;
import io.opentelemetry.api.trace.Span;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Token and metadata endpoints get nothing of ours, even on the very origin that the client is configured for. */
class TokenTest {

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    private final Span caller = wire.startSpan("caller");

    @BeforeEach
    void answer() {
        wire.answers(SdkWire.completion());
        wire.server.stubFor(WireMock.any(WireMock.urlPathEqualTo("/oauth/token"))
                .willReturn(WireMock.okJson("{\"access_token\":\"at\",\"expires_in\":3600,\"token_type\":\"Bearer\","
                        + "\"issued_token_type\":\"urn:ietf:params:oauth:token-type:access_token\"}")));
    }

    @Test
    void syncTokenExchange_carriesNoHeader() throws Exception {
        OpenAIClient client = client();
        wire.inSpan(caller, () -> SdkWire.ask(client));
        onlyTheModelCallCarriesHeaders();
    }

    @Test
    void asyncTokenExchange_carriesNoHeader() throws Exception {
        OpenAIClient client = client();
        wire.inSpan(caller, () -> SdkWire.ask(client.async()).get(20, TimeUnit.SECONDS));
        onlyTheModelCallCarriesHeaders();
    }

    @Test
    void derivedClient_sharesTheToken() throws Exception {
        OpenAIClient client = client();
        SdkWire.ask(client);
        client.withOptions(options -> options.maxRetries(0))
                .chat()
                .completions()
                .create(SdkWire.chat());
        SdkWire.ask(client.async()).get(20, TimeUnit.SECONDS);

        assertThat(wire.requests())
                .filteredOn(request -> request.getUrl().equals("/oauth/token"))
                .hasSize(1);
    }

    private void onlyTheModelCallCarriesHeaders() {
        assertThat(wire.requests())
                .extracting(LoggedRequest::getUrl)
                .containsExactly("/metadata", "/oauth/token", "/v1/chat/completions");
        assertThat(wire.requests())
                .extracting(request -> request.containsHeader("traceparent"))
                .containsExactly(false, false, true);
        assertThat(wire.requests())
                .extracting(request -> request.containsHeader(SdkWire.SESSION))
                .containsExactly(false, false, true);
        assertThat(wire.callerOf(wire.attempts(3).get(2)))
                .isEqualTo(caller.getSpanContext().getSpanId());
    }

    /** The program's proxy-like interceptor leads the fixed token host to the test's server. */
    private OpenAIClient client() {
        OkHttpClient base = new OkHttpClient.Builder()
                .addInterceptor(chain -> {
                    HttpUrl url = chain.request().url();
                    HttpUrl local = HttpUrl.get(wire.url(url.encodedPath()));
                    return chain.proceed(chain.request().newBuilder().url(local).build());
                })
                .build();
        OpenAIClient client = OpenAiClientFactory.builder(wire.propagation)
                .httpClient(base)
                .build()
                .client(sdk -> sdk.baseUrl(wire.url("/v1"))
                        .workloadIdentity(WorkloadIdentity.builder()
                                .identityProviderId("idp")
                                .serviceAccountId("sa")
                                .provider(new Metadata())
                                .build()));
        return wire.managed(client, client::close);
    }

    private final class Metadata implements SubjectTokenProvider {
        @Override
        public SubjectTokenType tokenType() {
            return SubjectTokenType.JWT;
        }

        @Override
        public String getToken(HttpClient httpClient, JsonMapper jsonMapper) {
            try (HttpResponse response = httpClient.execute(request(), RequestOptions.none())) {
                assertThat(response.statusCode()).isEqualTo(200);
            }
            return "jwt";
        }

        @Override
        public CompletableFuture<String> getTokenAsync(HttpClient httpClient, JsonMapper jsonMapper) {
            return httpClient.executeAsync(request(), RequestOptions.none()).thenApply(response -> {
                response.close();
                return "jwt";
            });
        }

        private HttpRequest request() {
            return HttpRequest.builder()
                    .method(HttpMethod.GET)
                    .baseUrl(wire.url("/metadata"))
                    .build();
        }
    }
}
