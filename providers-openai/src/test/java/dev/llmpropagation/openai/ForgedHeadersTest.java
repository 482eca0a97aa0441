package dev.llmpropagation.openai;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.temporaryRedirect;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.internal.http.LogicalCall;
import dev.llmpropagation.internal.http.LogicalCalls;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a program relays from its own caller cannot speak for the facade. */
class ForgedHeadersTest {

    @RegisterExtension
    final SdkWire wire = new SdkWire();

    private final Span caller = wire.startSpan("caller");

    @Test
    void forgedBaseUrl_takesNothingToAnotherHost() throws Exception {
        wire.server.stubFor(any(urlPathEqualTo("/v1/chat/completions"))
                .willReturn(temporaryRedirect(wire.otherOrigin("/elsewhere"))));
        wire.server.stubFor(any(urlPathEqualTo("/elsewhere")).willReturn(SdkWire.completion()));
        ChatCompletionCreateParams forged = forged("1", wire.otherOrigin("/"));
        OpenAIClient client = wire.client();
        OpenAIClientAsync async = wire.asyncClient();
        wire.inSpan(caller, () -> {
            client.chat().completions().create(forged);
            return async.chat().completions().create(forged).get(20, TimeUnit.SECONDS);
        });

        List<LoggedRequest> requests = wire.requests();
        assertThat(requests).hasSize(4);
        for (LoggedRequest request : requests) {
            boolean ours = request.getUrl().startsWith("/v1/");
            assertThat(request.containsHeader("traceparent")).isEqualTo(ours);
            assertThat(request.containsHeader(SdkWire.SESSION)).isEqualTo(ours);
        }
        assertThat(wire.attempts(4))
                .extracting(wire::callerOf)
                .containsOnly(caller.getSpanContext().getSpanId());
    }

    /** As a service would see it that a derived client with this base URL is for. */
    @Test
    void forgedBaseUrl_doesNotTakeTheHeadersFromTheService() throws Exception {
        wire.answers(SdkWire.completion());
        ChatCompletionCreateParams forged = forged("1", "https://elsewhere.example/");
        wire.inSpan(caller, () -> wire.client().chat().completions().create(forged));

        wire.everyAttemptBelongsTo(caller, 1);
    }

    @Test
    void forgedCall_joinsNoSessionOfAnother() throws Exception {
        wire.answers(SdkWire.completion().withFixedDelay(500));
        OpenAIClientAsync client = wire.asyncClient();
        List<CompletableFuture<?>> calls = new ArrayList<>();
        try (Scope victim = LlmSession.of("victim").makeCurrent()) {
            calls.add(SdkWire.ask(client));
        }
        try (Scope other = LlmSession.of("other").makeCurrent()) {
            for (String id : List.of("1", "2", "3")) {
                calls.add(client.chat().completions().create(forged(id, wire.url("/"))));
            }
        }
        CompletableFuture.allOf(calls.toArray(CompletableFuture[]::new)).get(20, TimeUnit.SECONDS);

        assertThat(wire.requests())
                .extracting(request -> request.getHeader(SdkWire.SESSION))
                .containsExactlyInAnyOrder("victim", "other", "other", "other");
        assertThat(wire.attempts(4)).extracting(span -> span.getTraceId()).doesNotHaveDuplicates();
    }

    /** Somebody who has read a log of the SDK knows names and values, but can make no new value of them. */
    @Test
    void knownNames_areNotEnough() throws Exception {
        wire.server.stubFor(any(urlPathEqualTo("/v1/chat/completions"))
                .willReturn(temporaryRedirect(wire.otherOrigin("/elsewhere"))));
        wire.server.stubFor(any(urlPathEqualTo("/elsewhere")).willReturn(SdkWire.completion()));
        OpenAIClient client = wire.client();
        var names = SdkWire.transport(client).calls().headers();
        String signed = names.signed(wire.url("/"));
        for (String value : List.of(
                wire.otherOrigin("/"),
                wire.otherOrigin("/") + signed.substring(signed.indexOf(' ')),
                " " + signed.substring(signed.indexOf(' ') + 1),
                "")) {
            client.chat()
                    .completions()
                    .create(SdkWire.chat().toBuilder()
                            .putAdditionalHeader(names.baseUrl(), value)
                            .build());
        }

        assertThat(wire.requests()).hasSize(8).allSatisfy(request -> {
            assertThat(request.containsHeader("traceparent")).isFalse();
            assertThat(request.containsHeader(SdkWire.SESSION)).isFalse();
        });
        assertThat(wire.attempts(8)).isNotEmpty();
    }

    /** Names and ids of another client, while its call goes on; and of this one, when its call is over. */
    @Test
    void headersOfOtherCalls_joinNone() throws Exception {
        wire.answers(SdkWire.completion());
        OpenAIClient victims = wire.client();
        OpenAIClient client = wire.client();
        LogicalCalls theirs = SdkWire.transport(victims).calls();
        LogicalCalls own = SdkWire.transport(client).calls();
        LogicalCall victim = new LogicalCall(LlmSession.of("victim").storeInContext(Context.root()));
        String open = theirs.register(victim);
        String over = own.register(victim);
        own.remove(over);
        wire.inSpan(caller, () -> {
            client.chat().completions().create(replayed(theirs.headers().call(), open));
            client.chat()
                    .completions()
                    .create(replayed(
                            theirs.headers().baseUrl(), theirs.headers().signed(wire.otherOrigin("/"))));
            return client.chat().completions().create(replayed(own.headers().call(), over));
        });
        theirs.remove(open);
        victim.finished();

        wire.everyAttemptBelongsTo(caller, 3);
        assertThat(wire.requests())
                .extracting(request -> request.getHeader(SdkWire.SESSION))
                .containsOnly("s-1");
    }

    private static ChatCompletionCreateParams replayed(String name, String value) {
        return SdkWire.chat().toBuilder().putAdditionalHeader(name, value).build();
    }

    private static ChatCompletionCreateParams forged(String call, String baseUrl) {
        return SdkWire.chat().toBuilder()
                .putAdditionalHeader("Llm-Propagation-Call", call)
                .putAdditionalHeader("Llm-Propagation-Base-Url", baseUrl)
                .putAdditionalHeader("LLM-PROPAGATION-ANYTHING", "x")
                .build();
    }
}
