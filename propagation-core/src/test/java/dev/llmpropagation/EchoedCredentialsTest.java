package dev.llmpropagation;

import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Attributed.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.fixtures.LocalServer;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.network.ProxyException;
import dev.llmpropagation.network.ProxySettings;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A service sends the caller's key back, in whatever it can decide: no span and no metric shows it. */
class EchoedCredentialsTest {

    /** Of no known shape, as those of many gateways. */
    private static final String KEY = "c0ffee0123456789deadbeef42";

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://other.example/v1/KEY/models",
                "https://other.example/v1/x-KEY",
                "https://KEY.other.example/",
                "https://other.example/%63" + "0ffee0123456789deadbeef42",
                "/relative/KEY",
                "//KEY@other.example/a/KEY",
                "https://other.example/;jsessionid=KEY",
            })
    void locationWithTheKeyOfTheCall_isNotShown(String location) throws IOException {
        OkHttpClient client = client(request -> request.url().encodedPath().equals("/first")
                ? FakeService.redirect(request, location.replace("KEY", KEY))
                : FakeService.json(request, "{}"));
        client.newCall(keyed("https://model.example/first").build()).execute().close();

        assertThat(wire.attempts(2)).hasSize(2);
        assertNowhere(KEY);
    }

    /** It is no key of the first call, whose URL is remembered as one that may be shown. */
    @Test
    void placeThatWasShown_isNotWhereItIsMadeOfTheKey() throws IOException {
        OkHttpClient client = client(request -> request.url().encodedPath().equals("/first")
                ? FakeService.redirect(request, "https://model.example/" + KEY)
                : FakeService.json(request, "{}"));
        client.newCall(Requests.get("https://model.example/" + KEY)).execute().close();
        client.newCall(keyed("https://model.example/first?of=another-one").build())
                .execute()
                .close();

        assertThat(wire.attempts(3))
                .extracting(span -> text(span, "url.full"))
                .containsExactly(
                        "https://model.example/" + KEY,
                        "https://model.example/first?of=REDACTED",
                        "https://model.example/REDACTED");
    }

    @Test
    void keyThatAHostLearnt_isKnownOnEachHop() throws IOException {
        LlmPropagation propagation =
                wire.propagation().capturedResponseHeaders(List.of("x-echo")).build();
        OkHttpClient client =
                FakeService.client(propagation, request -> switch (request.url().host()) {
                    case "model.example" -> FakeService.redirect(request, "https://one.example/learn");
                    case "one.example" ->
                        FakeService.redirect(request, "https://two.example/" + KEY)
                                .newBuilder()
                                .header("x-echo", "it is " + KEY)
                                .build();
                    default ->
                        FakeService.json(request, "{}")
                                .newBuilder()
                                .header("x-echo", KEY)
                                .build();
                });
        client.newCall(keyed("https://model.example/first").build()).execute().close();

        assertThat(wire.attempts(3)).hasSize(3);
        assertNowhere(KEY);
    }

    @Test
    void keyThatTheBoundCuts_isNotShownInPart() throws IOException {
        LlmPropagation propagation =
                wire.propagation().capturedResponseHeaders(List.of("x-echo")).build();
        String id = "r".repeat(256 - 20) + KEY;
        String model = "é".repeat(118) + KEY;
        String reason = "sk" + "-".repeat(1) + "r".repeat(220) + KEY;
        OkHttpClient client = FakeService.client(propagation, request -> FakeService.json(
                        request,
                        "{\"id\":\"" + id + "\",\"model\":\"" + model + "\",\"choices\":[{\"index\":0,"
                                + "\"finish_reason\":\"" + reason + "\"}]}")
                .newBuilder()
                .header("x-echo", "e".repeat(1010) + KEY)
                .build());
        FakeService.ask(client, KEY);

        assertNowhere(KEY.substring(0, 10));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ghp_abcdefgh0123456789abcdefgh0123456789",
                "ghr_abcdefgh0123456789abcdefgh0123456789",
                "AKIAIOSFODNN7EXAMPLE",
                "AIzaSyA-0123456789abcdefghijklmnopqrstu",
                "sk-proj-abcdefgh0123456789",
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
                "you sent eyJhbGciOiJIUzI1NiJ9, did you not",
                "Bearer abcdefgh0123456789",
                "BEARER abcdefgh0123456789",
                "bearer\tabcdefgh0123456789",
                "Basic dXNlcjpwYXNzd29yZA==",
                "BASIC dXNlcjpwYXNzd29yZA==",
                "api-key: abcdefgh0123456789",
                "{\"api_key\":\"abcdefgh0123456789\"}",
                "x-api-key=abcdefgh0123456789",
                "TOKEN=abcdefgh0123456789",
                "Secret: abcdefgh0123456789",
                "xoxa-2-abcdefgh0123456789",
                "-----BEGIN PRIVATE KEY----- abcdefgh0123456789",
            })
    void valueOfACredentialsShape_isNotShown(String value) throws IOException {
        LlmPropagation propagation =
                wire.propagation().capturedResponseHeaders(List.of("x-echo")).build();
        OkHttpClient client = FakeService.client(
                propagation, request -> FakeService.json(request, "{\"model\":" + FakeService.quoted(value) + "}")
                        .newBuilder()
                        .header("x-echo", value)
                        .build());
        FakeService.ask(client, KEY);

        assertThat(wire.spans())
                .extracting(span -> texts(span, "http.response.header.x-echo"))
                .contains(List.of("REDACTED"));
        assertThat(text(wire.modelCall(), "gen_ai.response.model")).isEqualTo("REDACTED");
    }

    @Test
    void keyUnderAnyName_followsNoRedirectToAnotherHost() throws IOException {
        List<Request> sent = new ArrayList<>();
        OkHttpClient client = client(request -> {
            sent.add(request);
            return request.url().host().equals("model.example")
                    ? FakeService.redirect(request, "https://other.example/")
                    : FakeService.json(request, "{}");
        });
        client.newCall(keyed("https://model.example/")
                        .header("X-Whatever", "sk-proj-abcdefgh0123456789")
                        .header("X-Other", "plain")
                        .build())
                .execute()
                .close();

        assertThat(sent).hasSize(2);
        assertThat(sent.get(1).headers().names()).contains("X-Other").doesNotContain("X-Whatever", "Authorization");
    }

    @Test
    void hostOfAKeysShape_isShownNowhere() {
        String host = "sk-proj-abcdefgh0123456789.other.example";
        OkHttpClient client = client(request -> {
            if (request.url().host().equals(host)) {
                throw new IllegalStateException(new ConnectException("Connection refused"));
            }
            return FakeService.redirect(request, "https://" + host + "/");
        });
        assertThatThrownBy(
                () -> client.newCall(keyed("https://model.example/").build()).execute());

        SpanData hop = wire.attempts(2).get(1);
        assertThat(text(hop, "server.address")).isEqualTo("REDACTED");
        assertNowhere("abcdefgh0123456789");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "Cookie|sid=KEY; other=1",
                "Cookie|sid=\"KEY\"",
                "Authorization|Digest username=\"somebody\", response=\"KEY\"",
                "Authorization|Token \"KEY\"",
            })
    void credential_isKnownAgainWithoutItsQuotes(String name, String value) throws IOException {
        LlmPropagation propagation =
                wire.propagation().capturedResponseHeaders(List.of("x-echo")).build();
        OkHttpClient client = FakeService.client(propagation, request -> FakeService.json(request, "{}")
                .newBuilder()
                .header("x-echo", KEY)
                .build());
        client.newCall(Requests.get("https://model.example/", name, value.replace("KEY", KEY)))
                .execute()
                .close();

        assertThat(wire.attempts(1)).hasSize(1);
        assertNowhere(KEY);
    }

    @Test
    void hostOfTheCallsKey_isNotInTheWordsOfAProxyThatRefusesIt() throws IOException {
        String key = "k7q2m9x4w8z1"; // of a shape that alone says nothing
        try (LocalServer proxy = LocalServer.start(exchange -> {
            exchange.getResponseHeaders().add("Location", "https://" + key + ".other.example/");
            exchange.sendResponseHeaders(exchange.getRequestMethod().equals("CONNECT") ? 403 : 302, -1);
            exchange.close();
        })) {
            OkHttpClient.Builder builder = new OkHttpClient.Builder();
            ProxySettings.http("localhost", proxy.port()).applyTo(builder);
            OkHttpClient client = wire.propagation()
                    .build()
                    .instrument(builder, "http://model.example")
                    .build();
            assertThatThrownBy(() -> client.newCall(
                                    Requests.get("http://model.example/", "Authorization", "Bearer " + key))
                            .execute())
                    .isInstanceOf(ProxyException.class);
        }
        SpanData hop = wire.attempts(2).get(1);
        assertThat(hop.getEvents()).extracting(EventData::getName).containsExactly("exception");
        assertNowhere(key);
    }

    private void assertNowhere(String key) {
        String all = (wire.spans() + " " + wire.telemetry.metrics() + " " + wire.diagnostics).toLowerCase(Locale.ROOT);
        assertThat(all).doesNotContain(key);
    }

    private OkHttpClient client(Function<Request, Response> service) {
        return FakeService.client(wire.propagation().build(), service);
    }

    private static Request.Builder keyed(String url) {
        return new Request.Builder().url(url).header("Authorization", "Bearer " + KEY);
    }
}
