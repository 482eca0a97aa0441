package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static dev.llmpropagation.fixtures.Attributed.number;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import dev.llmpropagation.destination.DestinationPolicy;
import dev.llmpropagation.fixtures.Attributed;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.fixtures.WrittenBody;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Redirects: as OkHttp follows them, but for what must not cross an origin. */
class RedirectTest {

    private static final List<String> SECRETS = List.of(
            "Authorization",
            "api-key",
            "x-api-key",
            "x-goog-api-key",
            "Cookie",
            "Ocp-Apim-Subscription-Key",
            "cf-aig-authorization",
            "Helicone-Auth",
            "apikey",
            "x-portkey-api-key",
            "X-Some-Gateways-Token");
    private static final List<String> OURS =
            List.of("traceparent", "tracestate", "X-Qwen-Code-Session-Id", "X-Qwen-Code-Request-Id");

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @Test
    void hopOnTheSameHost_isAnAttemptOfTheSameCall() throws Exception {
        redirect("/from", 307, "/to");
        wire.answers("/to", ok("hello"));
        Span caller =
                wire.inSpan("caller", () -> assertThat(send(client(), "/from")).isEqualTo("hello"));

        List<SpanData> attempts = wire.attempts(2);
        assertThat(attempts)
                .extracting(SpanData::getParentSpanId)
                .containsOnly(caller.getSpanContext().getSpanId());
        assertThat(attempts)
                .extracting(span -> number(span, "http.request.resend_count"))
                .containsExactly(null, 1L);
        assertThat(attempts).extracting(Attributed::outcome).containsOnly("completed");
        List<LoggedRequest> requests = wire.requests();
        assertThat(requests.get(1).getBodyAsString()).isEqualTo("{}");
        for (int i = 0; i < 2; i++) {
            assertThat(requests.get(i).getHeader("traceparent"))
                    .contains(attempts.get(i).getSpanId());
            assertThat(requests.get(i).getHeader("Authorization")).isEqualTo("secret");
        }
    }

    @Test
    void hopToAnotherOrigin_carriesNoCredentialAndNothingOfOurs() throws Exception {
        redirect("/from", 307, wire.otherOrigin("/to"));
        wire.answers("/to", ok("hello"));
        send(client(), "/from");

        LoggedRequest target = wire.requests().get(1);
        assertThat(target.getUrl()).isEqualTo("/to");
        for (String name : SECRETS) {
            assertThat(wire.requests().get(0).containsHeader(name)).as(name).isTrue();
            assertThat(target.containsHeader(name)).as(name).isFalse();
        }
        for (String name : OURS) {
            assertThat(target.containsHeader(name)).as(name).isFalse();
        }
        assertThat(target.containsHeader("X-Upstream"))
                .as("a credential under a name that does not say so")
                .isFalse();
        assertThat(target.getHeader("X-Other")).isEqualTo("kept");
        assertThat(text(wire.attempts(2).get(1), "server.address")).isEqualTo("127.0.0.1");
    }

    @Test
    void callersOwnTraceHeaders_doNotCrossAnOrigin() throws Exception {
        redirect("/from", 302, wire.otherOrigin("/to"));
        wire.answers("/to", ok("hello"));
        OkHttpClient client = wire.propagation()
                .destinations(DestinationPolicy.none())
                .build()
                .instrument(new OkHttpClient.Builder())
                .build();
        client.newCall(Requests.get(
                        wire.url("/from"),
                        "traceparent",
                        "theirs",
                        "baggage",
                        "theirs=1",
                        "X-Qwen-Code-Session-Id",
                        "theirs"))
                .execute()
                .close();

        assertThat(wire.requests().get(0).getHeader("traceparent")).isEqualTo("theirs");
        assertThat(wire.requests().get(1).containsHeader("traceparent")).isFalse();
        assertThat(wire.requests().get(1).containsHeader("baggage")).isFalse();
        assertThat(wire.requests().get(1).containsHeader("X-Qwen-Code-Session-Id"))
                .isFalse();
    }

    @Test
    void allowedTarget_getsHeadersOfItsOwnHop() throws Exception {
        redirect("/from", 307, wire.otherOrigin("/to"));
        wire.answers("/to", ok("hello"));
        send(
                wire.client(wire.propagation()
                        .sessionId(() -> "s-1")
                        .destinations(DestinationPolicy.hosts("localhost", "127.0.0.1"))),
                "/from");

        assertThat(wire.requests().get(1).getHeader("traceparent"))
                .contains(wire.attempts(2).get(1).getSpanId());
        assertThat(wire.requests().get(1).getHeader("X-Qwen-Code-Session-Id")).isEqualTo("s-1");
        assertThat(wire.requests().get(1).containsHeader("Authorization")).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "300,GET,GET",
        "301,POST,GET",
        "302,POST,GET",
        "303,POST,GET",
        "303,PUT,GET",
        "307,POST,POST",
        "308,POST,POST",
        "302,HEAD,HEAD",
        "302,DELETE,GET",
        "301,PROPFIND,PROPFIND"
    })
    void methodAndBody_areThoseOfOkHttp(int code, String method, String expected) throws Exception {
        redirect("/from", code, "/to");
        wire.answers("/to", ok("hello"));
        Request request = new Request.Builder()
                .url(wire.url("/from"))
                .method(
                        method,
                        method.equals("GET") || method.equals("HEAD")
                                ? null
                                : RequestBody.create("{}", MediaType.get("application/json")))
                .build();
        new OkHttpClient().newCall(request).execute().close();
        LoggedRequest bare = wire.requests().get(1);
        Response response = client().newCall(request).execute();
        response.close();

        LoggedRequest ours = wire.requests().get(3);
        assertThat(ours.getMethod().getName()).isEqualTo(expected);
        assertThat(ours.getMethod()).isEqualTo(bare.getMethod());
        assertThat(ours.getBodyAsString()).isEqualTo(bare.getBodyAsString());
        assertThat(ours.getHeader("Content-Type")).isEqualTo(bare.getHeader("Content-Type"));
        assertThat(response.priorResponse()).isNotNull();
        assertThat(response.priorResponse().code()).isEqualTo(code);
        wire.attempts(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "ftp://example.com/", "http://", "::::", "mailto:x@example.com"})
    void locationThatLeadsNowhere_isTheResponse(String location) throws Exception {
        redirect("/from", 302, location);
        Request request = Requests.get(wire.url("/from"));
        assertThat(statusOrFailure(client(), request)).isEqualTo(statusOrFailure(new OkHttpClient(), request));
    }

    /** The empty location leads to itself. */
    private static int statusOrFailure(OkHttpClient client, Request request) {
        try {
            return Requests.status(client, request);
        } catch (IOException e) {
            return -1;
        }
    }

    @Test
    void endlessRedirect_endsAsInOkHttp() {
        redirect("/from", 302, "/from");
        Request request = Requests.get(wire.url("/from"));
        for (OkHttpClient client : List.of(new OkHttpClient(), client())) {
            assertThatThrownBy(() -> client.newCall(request).execute())
                    .isInstanceOf(java.net.ProtocolException.class)
                    .hasMessage("Too many follow-up requests: 21");
        }

        wire.attempts(wire.requests().size() / 2);
    }

    @Test
    void clientThatFollowsNoRedirects_stillDoesNot() throws Exception {
        redirect("/from", 302, "/to");
        OkHttpClient client = wire.client(new OkHttpClient.Builder().followRedirects(false));
        assertThat(Requests.status(client, Requests.get(wire.url("/from")))).isEqualTo(302);
        wire.attempt();
    }

    @ParameterizedTest
    @CsvSource({"true, 200", "false, 302"})
    void clientThatIsInstrumentedAgain_followsAsBefore(boolean follow, int code) throws Exception {
        redirect("/from", 302, "/to");
        wire.answers("/to", ok("hello"));
        LlmPropagation propagation = wire.propagation().build();
        OkHttpClient once = propagation
                .instrument(new OkHttpClient.Builder().followRedirects(follow), wire.url("/"))
                .build();
        OkHttpClient twice = wire.client(propagation, once.newBuilder());

        assertThat(Requests.status(twice, Requests.get(wire.url("/from")))).isEqualTo(code);
        wire.attempts(follow ? 2 : 1);
    }

    @Test
    void clientThatIsToldToFollowAfterwards_isReported() throws Exception {
        redirect("/from", 302, "/to");
        wire.answers("/to", ok("hello"));
        OkHttpClient client = wire.propagation()
                .build()
                .instrument(new OkHttpClient.Builder(), wire.url("/"))
                .followRedirects(true)
                .build();
        Requests.body(client, Requests.get(wire.url("/to")));
        assertThat(wire.diagnostics).isEmpty();
        Requests.body(client, Requests.get(wire.url("/from")));

        wire.told().contains("set followRedirects before instrument(...)");
        wire.attempts(2);
    }

    @Test
    void oneShotBody_isNotSentAgain() throws Exception {
        redirect("/from", 307, "/to");
        AtomicInteger writes = new AtomicInteger();
        RequestBody oneShot = WrittenBody.onceBy(sink -> {
            writes.incrementAndGet();
            sink.writeUtf8("{}");
        });
        assertThat(Requests.status(client(), Requests.post(wire.url("/from"), oneShot)))
                .isEqualTo(307);
        assertThat(writes).hasValue(1);
    }

    private void redirect(String from, int code, String to) {
        wire.server.stubFor(any(anyUrl()).atPriority(9).willReturn(aResponse().withStatus(404)));
        wire.answers(from, aResponse().withStatus(code).withHeader("Location", to));
    }

    private OkHttpClient client() {
        return wire.client(wire.propagation().sessionId(() -> "s-1").requestId(true));
    }

    private String send(OkHttpClient client, String path) throws IOException {
        Request.Builder request = new Request.Builder()
                .url(wire.url(path))
                .header("X-Other", "kept")
                .header("X-Upstream", "Bearer secret")
                .post(RequestBody.create("{}", MediaType.get("application/json")));
        SECRETS.forEach(name -> request.header(name, "secret"));
        return Requests.body(client, request.build());
    }
}
