package dev.llmpropagation.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.client.WireMock;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.client.okhttp.OkHttpClient;
import com.openai.core.ClientOptions;
import com.openai.services.async.ChatServiceAsync;
import com.openai.services.blocking.ChatService;
import io.opentelemetry.api.trace.Span;
import java.lang.reflect.Proxy;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Clients and services that come from a client: what they share, and which service is theirs. */
class DerivedClientTest {

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    private final Span caller = wire.startSpan("caller");

    @Test
    void withOptions_keepsTheFacadeAtEveryLevel() throws Exception {
        wire.answers(SdkWire.completion());
        OpenAIClient client = wire.client();
        Consumer<ClientOptions.Builder> options = builder -> builder.putHeader("X-Program", "yes");
        wire.inSpan(caller, () -> {
            client.withOptions(options).chat().completions().create(SdkWire.chat());
            client.chat().withOptions(options).completions().create(SdkWire.chat());
            try (var raw = client.withRawResponse()
                    .withOptions(options)
                    .chat()
                    .completions()
                    .create(SdkWire.chat())) {
                assertThat(raw.statusCode()).isEqualTo(200);
            }
            client.async()
                    .withOptions(options)
                    .chat()
                    .completions()
                    .create(SdkWire.chat())
                    .get(20, TimeUnit.SECONDS);
            return client.async()
                    .chat()
                    .completions()
                    .withOptions(options)
                    .create(SdkWire.chat())
                    .get(20, TimeUnit.SECONDS);
        });

        wire.everyAttemptBelongsTo(caller, 5);
        assertThat(wire.requests())
                .extracting(request -> request.getHeader("X-Program"))
                .containsOnly("yes");
    }

    @Test
    void baseUrlOfWithOptions_isTheConfiguredOrigin() throws Exception {
        wire.answers(SdkWire.completion());
        OpenAIClient client = wire.client().withOptions(builder -> builder.baseUrl(wire.otherOrigin("/v2")));
        wire.inSpan(caller, () -> SdkWire.ask(client));

        assertThat(wire.requests().get(0).getHeader("Host")).startsWith("127.0.0.1");
        assertThat(wire.requests().get(0).getUrl()).isEqualTo("/v2/chat/completions");
        wire.everyAttemptBelongsTo(caller, 1);
    }

    @Test
    void originMarkedByOneClient_isNotThatOfAnother() throws Exception {
        wire.answers(WireMock.temporaryRedirect(wire.otherOrigin("/moved")));
        wire.server.stubFor(WireMock.any(WireMock.urlPathEqualTo("/moved")).willReturn(SdkWire.completion()));
        OpenAIClient client = wire.client();
        client.withOptions(builder -> builder.baseUrl(wire.otherOrigin("/v2")));
        wire.inSpan(caller, () -> SdkWire.ask(client));

        wire.attempts(2);
        assertThat(wire.requests().get(0).containsHeader("traceparent")).isTrue();
        assertThat(wire.requests().get(1).containsHeader("traceparent")).isFalse();
        assertThat(wire.requests().get(1).containsHeader(SdkWire.SESSION)).isFalse();
    }

    @Test
    void pitfall_70_headersReplacedByWithOptions_doNotLoseTheOrigin() throws Exception {
        wire.answers(SdkWire.completion());
        OpenAIClient client = wire.client()
                .withOptions(builder ->
                        builder.headers(com.openai.core.http.Headers.builder().build()));
        wire.inSpan(caller, () -> SdkWire.ask(client));

        wire.everyAttemptBelongsTo(caller, 1);
    }

    @Test
    void azureBaseUrl_isTheConfiguredOrigin() throws Exception {
        // Any host counts as Azure in this mode, and the SDK then adds path and api-version itself.
        wire.answers(SdkWire.completion());
        OpenAIClient client = wire.client(OpenAiClientFactory.create(wire.propagation), sdk -> sdk.azureUrlPathMode(
                        com.openai.azure.AzureUrlPathMode.LEGACY)
                .azureServiceVersion(com.openai.azure.AzureOpenAIServiceVersion.fromString("2024-10-21")));
        wire.inSpan(caller, () -> {
            SdkWire.ask(client);
            return SdkWire.ask(client.async()).get(20, TimeUnit.SECONDS);
        });

        wire.everyAttemptBelongsTo(caller, 2);
    }

    @Test
    void httpClientOfTheProgram_getsNothingPrivate() throws Exception {
        wire.answers(SdkWire.completion());
        OpenAIClient client = wire.client();
        Consumer<ClientOptions.Builder> replaced =
                builder -> builder.httpClient(OkHttpClient.builder().build());
        OpenAIClient derived = client.withOptions(replaced);
        ChatService service = client.chat().withOptions(replaced);
        ChatServiceAsync async = client.async().chat().withOptions(replaced);
        wire.inSpan(caller, () -> {
            derived.chat().completions().create(SdkWire.chat());
            derived.withOptions(builder -> builder.maxRetries(1))
                    .chat()
                    .completions()
                    .create(SdkWire.chat());
            derived.async().chat().completions().create(SdkWire.chat()).get(20, TimeUnit.SECONDS);
            service.completions().create(SdkWire.chat());
            return async.completions().create(SdkWire.chat()).get(20, TimeUnit.SECONDS);
        });

        assertThat(wire.requests()).hasSize(5).noneMatch(request -> request.containsHeader("traceparent"));
        wire.requests().forEach(SdkWire::carriesNothingPrivate);
        assertThat(derived).isNotInstanceOf(Proxy.class);
        derived.close();
        service.completions();
        SdkWire.ask(client);
    }

    @Test
    void sameOptions_giveTheUserAgentOfTheSdk() throws Exception {
        wire.answers(SdkWire.completion());
        OpenAIClient bare = com.openai.client.okhttp.OpenAIOkHttpClient.builder()
                .baseUrl(wire.url("/v1"))
                .apiKey("sk-test")
                .build();
        bare.chat().completions().create(SdkWire.chat());
        bare.async().chat().completions().create(SdkWire.chat()).get(20, TimeUnit.SECONDS);
        bare.close();
        OpenAIClient client = wire.client();
        SdkWire.ask(client);
        SdkWire.ask(client.async()).get(20, TimeUnit.SECONDS);

        for (int i = 0; i < 2; i++) {
            LoggedRequest without = wire.requests().get(i);
            LoggedRequest with = wire.requests().get(i + 2);
            for (String name : without.getAllHeaderKeys()) {
                assertThat(with.getHeader(name)).as(name).isEqualTo(without.getHeader(name));
            }
            assertThat(with.getAllHeaderKeys())
                    .containsAll(without.getAllHeaderKeys())
                    .hasSize(without.getAllHeaderKeys().size() + 2);
            assertThat(with.getBodyAsString()).isEqualTo(without.getBodyAsString());
        }
    }

    @Test
    void close_releasesThisClientAndNoOther() throws Exception {
        wire.answers(SdkWire.completion());
        OpenAIClient closed = wire.client();
        OpenAIClientAsync derived = closed.async().withOptions(builder -> builder.maxRetries(0));
        OpenAIClient other = wire.client();
        closed.chat().completions().create(SdkWire.chat());
        okhttp3.OkHttpClient transport = SdkWire.transport(closed).client();
        derived.close();

        assertThat(transport.dispatcher().executorService().isShutdown()).isTrue();
        assertThat(transport.connectionPool().connectionCount()).isZero();
        assertThatThrownBy(() -> closed.chat().completions().create(SdkWire.chat()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Client is closed");
        assertThat(other.chat().completions().create(SdkWire.chat()).id()).isEqualTo("c-1");
        assertThat(other.async().chat().completions().create(SdkWire.chat()))
                .succeedsWithin(java.time.Duration.ofSeconds(20));
    }

    @Test
    void facade_isAnOrdinaryObject() {
        OpenAIClient client = wire.client();

        assertThat(client.chat()).isSameAs(client.chat());
        assertThat(client).isNotEqualTo(wire.client()).isNotEqualTo("client");
        assertThat(java.util.Set.of(client, client.chat())).contains(client);
        assertThat(client.toString()).isEqualTo("OpenAIClient with trace context");
        assertThat(client.webhooks().toString()).doesNotContain("sk-test");
        assertThatThrownBy(() -> client.withOptions(builder -> {
                    throw new IllegalStateException("the program's");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the program's");
    }
}
