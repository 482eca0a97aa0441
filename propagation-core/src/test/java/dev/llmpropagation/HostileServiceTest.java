package dev.llmpropagation;

import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Attributed.texts;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.fixtures.MetricPoints;
import dev.llmpropagation.fixtures.Requests;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.sdk.metrics.data.PointData;
import io.opentelemetry.sdk.trace.data.EventData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import okhttp3.Headers;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Text, length and number of values that a service or an interceptor decides: spans and metrics stay readable. */
class HostileServiceTest {

    private static final String KEY = "c0ffee-0123456789-of-this-very-call";
    private static final String INVISIBLE = "\u0000\u001b[31m\r\n\u202e\u2066\u200b\ufeff\u0007";

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @Test
    void urlOfARedirect_isBoundedOnTheSpan() throws IOException {
        String start = "https://other.example/";
        assertThat(shownAfterARedirectTo(start + "a".repeat(200_000) + "?key=marker"))
                .isEqualTo(start + "a".repeat(2047 - start.length()) + "…");
    }

    @Test
    void queryOfARedirect_isBoundedOnTheSpan() throws IOException {
        assertThat(shownAfterARedirectTo("https://other.example/?page=1&key=marker" + "&b=c".repeat(50_000)))
                .startsWith("https://other.example/?page=1&key=REDACTED&b=REDACTED&b=")
                .hasSize(2048)
                .endsWith("…");
    }

    @Test
    void keyInTheUrlOfARedirect_isNotShown() throws IOException {
        assertThat(shownAfterARedirectTo("https://other.example/v1/sk-marker-marker-marker/models"))
                .isEqualTo("https://other.example/v1/REDACTED/models");
    }

    private String shownAfterARedirectTo(String url) throws IOException {
        OkHttpClient client = client(request -> request.url().host().equals("model.example")
                ? FakeService.redirect(request, url)
                : FakeService.json(request, "{}"));
        client.newCall(Requests.get("https://model.example/")).execute().close();
        return text(wire.attempts(2).get(1), "url.full");
    }

    @Test
    void capturedHeaders_areVisibleBoundedAndNoCredentials() throws IOException {
        LlmPropagation propagation = wire.propagation()
                .capturedResponseHeaders(List.of("x-text", "x-many", "x-echo", "location"))
                .build();
        Headers.Builder headers = new Headers.Builder()
                .addUnsafeNonAscii("x-text", "a\u0000\u202eb" + "c".repeat(200_000))
                .add("x-echo", "you sent " + KEY)
                .add("location", "https://h/?to=" + KEY);
        for (int i = 0; i < 1000; i++) {
            headers.add("x-many", "v" + i);
        }
        OkHttpClient client = FakeService.client(propagation, request -> FakeService.json(request, "{}")
                .newBuilder()
                .headers(headers.build())
                .build());
        client.newCall(Requests.get("https://model.example/", "Authorization", "Bearer " + KEY))
                .execute()
                .close();

        SpanData span = wire.attempt();
        assertThat(texts(span, "http.response.header.x-text"))
                .containsExactly("a\ufffd\ufffdb" + "c".repeat(1019) + "…");
        assertThat(texts(span, "http.response.header.x-many")).hasSize(16).startsWith("v0", "v1");
        assertThat(texts(span, "http.response.header.x-echo")).containsExactly("REDACTED");
        assertThat(texts(span, "http.response.header.location")).containsExactly("REDACTED");
    }

    @Test
    void wordsOfAnAnswer_areVisibleAndBounded() throws IOException {
        String name = "gpt" + INVISIBLE + "-é😀";
        String shown = "gpt\ufffd\ufffd[31m" + "\ufffd".repeat(7) + "-é😀";
        String body = "{\"id\":" + FakeService.quoted(name) + ",\"model\":" + FakeService.quoted(name)
                + ",\"service_tier\":" + FakeService.quoted(name)
                + ",\"system_fingerprint\":" + FakeService.quoted(name)
                + ",\"choices\":[{\"index\":0,\"finish_reason\":"
                + FakeService.quoted(name) + "}]}";
        FakeService.ask(client(request -> FakeService.json(request, body)), KEY);

        SpanData span = wire.modelCall();
        assertThat(text(span, "gen_ai.response.id")).isEqualTo(shown);
        assertThat(text(span, "gen_ai.response.model")).isEqualTo(shown);
        assertThat(text(span, "openai.response.service_tier")).isEqualTo(shown);
        assertThat(text(span, "openai.response.system_fingerprint")).isEqualTo(shown);
        assertThat(texts(span, "gen_ai.response.finish_reasons")).containsExactly(shown);
    }

    @Test
    void idThatIsLong_isCutWhereOneSeesIt() throws IOException {
        String body = "{\"id\":\"" + "r".repeat(300) + "\",\"model\":\"" + "é".repeat(200) + "\",\"choices\":[]}";
        FakeService.ask(client(request -> FakeService.json(request, body)), KEY);

        assertThat(text(wire.modelCall(), "gen_ai.response.id")).isEqualTo("r".repeat(255) + "…");
        assertThat(text(wire.modelCall(), "gen_ai.response.model")).isEqualTo("é".repeat(128) + "…");
    }

    @Test
    void credentialsThatAreEchoed_areNotShown() throws IOException {
        String body = "{\"id\":\"sk-proj-marker-marker\",\"model\":\"AIzaSyMarkerMarker\",\"service_tier\":\"Bearer "
                + "marker-marker\",\"system_fingerprint\":\"hf_MarkerMarker\",\"choices\":[{\"index\":0,"
                + "\"finish_reason\":\"key=marker-marker\"}]}";
        FakeService.ask(client(request -> FakeService.json(request, body)), KEY);

        SpanData span = wire.modelCall();
        for (String name : List.of(
                "gen_ai.response.id",
                "gen_ai.response.model",
                "openai.response.service_tier",
                "openai.response.system_fingerprint")) {
            assertThat(text(span, name)).as(name).isEqualTo("REDACTED");
        }
        assertThat(texts(span, "gen_ai.response.finish_reasons")).containsExactly("REDACTED");
    }

    @Test
    void keyOfTheVeryCall_isNotShownWhateverItLooksLike() throws IOException {
        String body = "{\"id\":\"" + KEY + "\",\"model\":\"for " + KEY + "\",\"service_tier\":\"fine\",\"choices\":"
                + "[{\"index\":0,\"finish_reason\":\"" + KEY + "\"},{\"index\":1,\"finish_reason\":\"stop\"}]}";
        FakeService.ask(client(request -> FakeService.json(request, body)), KEY);

        SpanData span = wire.modelCall();
        assertThat(text(span, "gen_ai.response.id")).isEqualTo("REDACTED");
        assertThat(text(span, "gen_ai.response.model")).isEqualTo("REDACTED");
        assertThat(text(span, "openai.response.service_tier")).isEqualTo("fine");
        assertThat(texts(span, "gen_ai.response.finish_reasons")).containsExactly("REDACTED", "stop");
        assertThat(wire.spans() + " " + wire.telemetry.metrics()).doesNotContain(KEY);
    }

    @Test
    void keyThatIsAPlainWord_isNoErrorType() throws IOException {
        OkHttpClient client = client(request -> FakeService.json(request, "{\"error\":{\"code\":\"open_sesame\"}}"));
        Requests.body(client, Requests.post("https://model.example/v1/chat/completions?key=open_sesame", "{}"));

        assertThat(text(wire.modelCall(), "error.type")).isEqualTo("_OTHER");
    }

    @Test
    void codesThatAServiceMakesUp_makeNoSeriesWithoutEnd() throws IOException {
        int[] call = {0};
        OkHttpClient client =
                client(request -> FakeService.json(request, "{\"error\":{\"code\":\"made_up_" + call[0]++ + "\"}}"));
        for (int i = 0; i < 100; i++) {
            FakeService.ask(client, KEY);
        }
        assertThat(labels("error.type"))
                .hasSize(31)
                .contains("made_up_0", "made_up_29", "_OTHER")
                .doesNotContain("made_up_30");
    }

    @ParameterizedTest
    @CsvSource({
        "sk-proj-abcdefgh, _OTHER",
        "3f8a1b2c4d5e6f708192a3b4c5d6e7f8, _OTHER",
        "aBcDeFgHiJkLmNoPqRsT, _OTHER",
        "qwertzuiopasdfghjklyxcvbnmqwertzuiop, _OTHER",
        "rate limit, _OTHER",
        "context_length_exceeded, context_length_exceeded",
        "RESOURCE_EXHAUSTED, RESOURCE_EXHAUSTED",
        "DataInspectionFailed, DataInspectionFailed",
        "Throttling.RateQuota, Throttling.RateQuota",
        "1301, 1301",
        "InvalidApiKey, InvalidApiKey",
        "responsibleaipolicyviolation, responsibleaipolicyviolation",
    })
    void codeOfAnError_isAWordOrOther(String code, String errorType) throws IOException {
        FakeService.ask(client(request -> FakeService.json(request, "{\"error\":{\"code\":\"" + code + "\"}}")), KEY);

        assertThat(text(wire.modelCall(), "error.type")).isEqualTo(errorType);
        assertThat(labels("error.type")).containsOnly(errorType);
    }

    @Test
    void modelsThatAServiceMakesUp_makeNoSeriesWithoutEnd() throws IOException {
        int[] call = {0};
        OkHttpClient client = client(request -> FakeService.json(
                request,
                "{\"id\":\"r\",\"model\":\"m-" + call[0]++ + "\",\"usage\":{\"prompt_tokens\":1},\"choices\":[]}"));
        for (int i = 0; i < 100; i++) {
            FakeService.ask(client, KEY);
        }

        assertThat(labels("gen_ai.response.model"))
                .hasSize(31)
                .contains("m-0", "m-29", "_OTHER")
                .doesNotContain("m-30");
        assertThat(wire.spans().stream().map(span -> text(span, "gen_ai.response.model")))
                .as("the span of each call")
                .contains("m-99");
    }

    @Test
    void hostsAndStatusesThatAServiceMakesUp_makeNoSeriesWithoutEnd() throws IOException {
        int[] hop = {0};
        OkHttpClient client = client(request -> request.url().host().equals("model.example")
                ? FakeService.redirect(request, "https://h" + hop[0]++ + ".example:" + (1000 + hop[0]) + "/")
                : FakeService.json(request, "{}")
                        .newBuilder()
                        .code(400 + hop[0])
                        .build());
        for (int i = 0; i < 100; i++) {
            client.newCall(Requests.get("https://model.example/")).execute().close();
        }
        List<Attributes> points = wire.points()
                .of("http.client.request.duration")
                .map(PointData::getAttributes)
                .toList();

        assertThat(points.stream().map(point -> text(point, "server.address")))
                .contains("model.example", "h0.example", "h29.example", "_OTHER")
                .doesNotContain("h30.example");
        assertThat(points.size()).isLessThanOrEqualTo(33);
        assertThat(points)
                .filteredOn(point -> "_OTHER".equals(text(point, "server.address")))
                .allSatisfy(point -> assertThat(number(point, "server.port")).isNull())
                .anySatisfy(point -> {
                    assertThat(text(point, "error.type")).isEqualTo("_OTHER");
                    assertThat(number(point, "http.response.status_code")).isNull();
                });
    }

    static Stream<IOException> exceptions() {
        String message = KEY + "\u001b[31m" + "x".repeat(100_000);
        IOException handshake = new SSLHandshakeException("PKIX path building failed: " + message);
        IOException connect = new ConnectException(message);
        connect.initCause(new ConnectException("Connection refused"));
        return Stream.of(
                connect,
                new EOFException(message),
                new SocketException(message),
                new SocketTimeoutException(message),
                new UnknownHostException(message),
                handshake);
    }

    @ParameterizedTest
    @MethodSource("exceptions")
    void messageOfAnException_isTheLibrarysOwn(IOException failure) {
        failingWith(failure);

        EventData event = wire.attempt().getEvents().get(0);
        assertThat(text(event, "exception.message")).isEqualTo(expected(failure));
        assertThat(event.getAttributes().toString()).doesNotContain(KEY, "xxxx", "\u001b");
    }

    /** Of the program's own classes, and of those that anybody throws. */
    static Stream<IOException> otherExceptions() {
        String message = "Connection refused: " + KEY;
        return Stream.of(
                new IOException(message),
                new IOException(message, new ConnectException(message)),
                new ConnectException(message) {});
    }

    @ParameterizedTest
    @MethodSource("otherExceptions")
    void messageOfAnotherException_isNotShown(IOException failure) {
        failingWith(failure);

        Attributes event = wire.attempt().getEvents().get(0).getAttributes();
        assertThat(text(event, "exception.type")).isEqualTo(failure.getClass().getName());
        assertThat(text(event, "exception.message")).isNull();
        assertThat(event.toString()).doesNotContain(KEY);
    }

    private void failingWith(IOException failure) {
        OkHttpClient client = wire.client(wire.propagation());
        OkHttpClient failing = client.newBuilder()
                .addInterceptor(chain -> {
                    throw failure;
                })
                .build();
        assertThatThrownBy(() -> failing.newCall(Requests.get("https://model.example:8443/"))
                        .execute())
                .isSameAs(failure);
    }

    private static String expected(IOException failure) {
        String service = "model.example:8443";
        return switch (failure.getClass().getSimpleName()) {
            case "ConnectException" -> "Could not connect to " + service + ": Connection refused";
            case "EOFException" -> "The connection was closed too early by " + service;
            case "SocketException" -> "The connection broke off to " + service;
            case "SocketTimeoutException" -> "There was no response in time from " + service;
            case "UnknownHostException" -> "A host name could not be resolved on the way to " + service;
            default -> "The TLS handshake failed with " + service + ": PKIX path building failed";
        };
    }

    /** On either metric of model calls. */
    private Set<String> labels(String label) {
        MetricPoints points = wire.points();
        Set<String> labels = new HashSet<>(points.values("gen_ai.client.operation.duration", label));
        labels.addAll(points.values("gen_ai.client.token.usage", label));
        return labels;
    }

    private OkHttpClient client(Function<Request, Response> service) {
        return FakeService.client(wire.propagation().build(), service);
    }
}
