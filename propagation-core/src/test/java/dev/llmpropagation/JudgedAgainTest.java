package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static com.github.tomakehurst.wiremock.client.WireMock.temporaryRedirect;
import static com.github.tomakehurst.wiremock.client.WireMock.unauthorized;
import static com.github.tomakehurst.wiremock.client.WireMock.urlEqualTo;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.tomakehurst.wiremock.http.Fault;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import dev.llmpropagation.destination.DestinationPolicy;
import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.fixtures.WritingPropagator;
import dev.llmpropagation.internal.http.ClientInstrumenter;
import dev.llmpropagation.internal.http.ClientProfile;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.Authenticator;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A request that parts of the program's send elsewhere after it was judged. */
class JudgedAgainTest {

    private static final List<String> OURS =
            List.of("traceparent", "tracestate", "baggage", "X-Qwen-Code-Session-Id", "X-Qwen-Code-Request-Id");

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    private final AtomicReference<Request> first = new AtomicReference<>();

    @BeforeEach
    void answer() {
        wire.answers(ok("hello"));
        wire.answers("/401", unauthorized());
    }

    @Test
    void authenticatorThatNamesAnotherHost_takesNoneOfOursThere() throws IOException {
        send(wire.client(propagation().build(), authenticating(wire.otherOrigin("/"))), "/401");

        LoggedRequest there = wire.requests().get(1);
        assertThat(there.getHeader("Host")).startsWith("127.0.0.1");
        assertThat(there.getHeader("Authorization")).isEqualTo("Bearer fresh");
        OURS.forEach(name -> assertThat(there.getHeader(name)).as(name).isNull());
        assertThat(wire.requests().get(0).getHeader("traceparent")).isNotNull();
        assertThat(wire.requests().get(0).getHeader("baggage")).isEqualTo("k=v");
        wire.told().startsWith("An authenticator answered with a request for");
    }

    @Test
    void authenticatorThatNamesAnAllowedHost_keepsWhatThatHostMayHave() throws IOException {
        LlmPropagation propagation = propagation()
                .destinations(DestinationPolicy.hosts("localhost", "127.0.0.1"))
                .sessionDestinations(DestinationPolicy.hosts("localhost"))
                .baggageDestinations(DestinationPolicy.hosts("localhost"))
                .build();
        send(wire.client(propagation, authenticating(wire.otherOrigin("/"))), "/401");

        LoggedRequest first = wire.requests().get(0);
        LoggedRequest there = wire.requests().get(1);
        assertThat(there.getHeader("traceparent")).isNotNull().isEqualTo(first.getHeader("traceparent"));
        assertThat(there.getHeader("X-Qwen-Code-Request-Id")).isEqualTo(first.getHeader("X-Qwen-Code-Request-Id"));
        assertThat(there.getHeader("X-Qwen-Code-Session-Id")).isNull();
        assertThat(there.getHeader("baggage")).isNull();
        assertThat(wire.diagnostics)
                .anyMatch(line -> line.startsWith("An authenticator answered with a request for another origin"));
    }

    @Test
    void authenticatorThatNamesAHostThatMayHaveAll_keepsAll() throws IOException {
        DestinationPolicy both = DestinationPolicy.hosts("localhost", "127.0.0.1");
        LlmPropagation propagation = propagation()
                .destinations(both)
                .sessionDestinations(both)
                .baggageDestinations(both)
                .build();
        send(wire.client(propagation, authenticating(wire.otherOrigin("/"))), "/401");

        List<String> names = List.of("traceparent", "baggage", "X-Qwen-Code-Session-Id", "X-Qwen-Code-Request-Id");
        assertThat(names).allSatisfy(name -> assertThat(wire.requests().get(1).getHeader(name))
                .isNotNull()
                .isEqualTo(wire.requests().get(0).getHeader(name)));
        assertThat(wire.diagnostics).noneMatch(line -> line.startsWith("An authenticator answered"));
    }

    @Test
    void headerOfAnotherPropagator_isTakenAwayToo() throws IOException {
        OpenTelemetry openTelemetry = OpenTelemetrySdk.builder()
                .setTracerProvider(wire.openTelemetry.getSdkTracerProvider())
                .setPropagators(ContextPropagators.create(WritingPropagator.of("b3", "1-2-1")))
                .build();
        LlmPropagation propagation = LlmPropagation.builder(openTelemetry).build();
        send(wire.client(propagation, authenticating(wire.otherOrigin("/"))), "/401");

        assertThat(wire.sent("b3")).containsExactly("1-2-1", null);
    }

    /** It is the program's own there, as none of ours may go to that host. */
    @Test
    void headerOfTheProgram_staysWhereTheAuthenticatorStays() throws IOException {
        LlmPropagation propagation =
                propagation().destinations(DestinationPolicy.none()).build();
        OkHttpClient client = wire.client(propagation, authenticating(wire.url("/")));
        client.newCall(Requests.get(wire.url("/401"), "traceparent", "the program's own"))
                .execute()
                .close();

        assertThat(wire.sent("traceparent")).containsExactly("the program's own", "the program's own");
        assertThat(wire.diagnostics).isEmpty();
    }

    /** The supplier of the origin is that of an SDK, and may fail at any time. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void originThatCannotBeTold_givesNoneOfOurs(boolean fatally) throws IOException {
        AtomicReference<@Nullable Throwable> fault = new AtomicReference<>();
        Origin here = Origin.parse("baseUrl", wire.url("/"));
        OkHttpClient client = ClientInstrumenter.OF_PROPAGATION
                .behind(propagation().build())
                .instrument(
                        new OkHttpClient.Builder().authenticator((route, response) -> {
                            fault.set(
                                    fatally ? new OutOfMemoryError("of a test") : new IllegalStateException("SECRET"));
                            return response.request()
                                    .newBuilder()
                                    .url(wire.otherOrigin("/"))
                                    .build();
                        }),
                        ClientProfile.ofLater(() -> {
                            if (fault.get() instanceof Error error) {
                                throw error;
                            }
                            if (fault.get() instanceof RuntimeException exception) {
                                throw exception;
                            }
                            return here;
                        }))
                .build();
        if (fatally) {
            assertThatThrownBy(() -> send(client, "/401")).isSameAs(fault.get());
            assertThat(wire.requests()).hasSize(1);
        } else {
            send(client, "/401");
            assertThat(wire.requests()).hasSize(2);
            OURS.forEach(name ->
                    assertThat(wire.requests().get(1).getHeader(name)).as(name).isNull());
        }
        assertThat(wire.diagnostics).anySatisfy(line -> assertThat(line)
                .startsWith("The destination of an authenticator's request could not be judged")
                .doesNotContain("SECRET"));
    }

    @Test
    void authenticatorThatStays_isNotTouched() throws IOException {
        OkHttpClient client = wire.client(propagation().build(), authenticating(wire.url("/")));
        send(client, "/401");

        assertThat(wire.requests().get(1).getHeader("traceparent"))
                .isEqualTo(wire.requests().get(0).getHeader("traceparent"));
        assertThat(wire.requests().get(1).getHeader("X-Qwen-Code-Session-Id")).isEqualTo("s-1");
        assertThat(wire.diagnostics).isEmpty();
        OkHttpClient again = wire.client(propagation().build(), client.newBuilder());
        send(again, "/401");
        assertThat(wire.requests()).hasSize(4);
    }

    /** It keeps the first request, and answers the host of a redirect with its headers. */
    @Test
    void authenticatorOfAnotherHopThatRemembers_takesNoneOfOursThere() throws IOException {
        wire.server.stubFor(any(urlEqualTo("/401"))
                .withHost(equalTo("localhost"))
                .willReturn(temporaryRedirect(wire.otherOrigin("/401"))));
        OkHttpClient client = wire.client(
                propagation().build(), new OkHttpClient.Builder().authenticator((route, response) -> response.request()
                        .newBuilder()
                        .url(wire.otherOrigin("/"))
                        .headers(requireNonNull(first.get()).headers())
                        .build()));
        OkHttpClient remembering = client.newBuilder()
                .addInterceptor(chain -> {
                    first.compareAndSet(null, chain.request());
                    return chain.proceed(chain.request());
                })
                .build();
        send(remembering, "/401");

        assertThat(wire.requests()).hasSize(3);
        assertThat(wire.requests().get(0).getHeader("traceparent")).isNotNull();
        for (LoggedRequest there : wire.requests().subList(1, 3)) {
            OURS.forEach(name -> assertThat(there.getHeader(name)).as(name).isNull());
        }
    }

    @Test
    void interceptorBehindOursThatAsksTwice_isToldOfTheFirstToo() throws IOException {
        send(
                wire.client(propagation())
                        .newBuilder()
                        .addInterceptor(chain -> {
                            chain.proceed(chain.request()
                                            .newBuilder()
                                            .url(wire.otherOrigin("/"))
                                            .build())
                                    .close();
                            return chain.proceed(chain.request());
                        })
                        .build(),
                "/");

        assertThat(wire.requests()).hasSize(2);
        assertThat(wire.diagnostics)
                .hasSize(2)
                .anySatisfy(line -> assertThat(line).startsWith("A request went to another origin with headers"))
                .anySatisfy(line -> assertThat(line).contains("sent a request more than once"));
    }

    @Test
    void authenticatorThatIsAddedLater_isTold() throws IOException {
        String other = wire.otherOrigin("/");
        send(
                wire.client(propagation())
                        .newBuilder()
                        .authenticator((route, response) ->
                                response.request().newBuilder().url(other).build())
                        .build(),
                "/401");

        assertThat(wire.requests()).hasSize(2);
        wire.told().startsWith("A request went to another origin with headers");
    }

    /** As one that finds the new host by a redirect of its own. */
    @Test
    void authenticatorThatComesBack_isToldOfTheHostBetween() throws IOException {
        wire.answers("/between", unauthorized());
        List<String> ways = new ArrayList<>(List.of(wire.otherOrigin("/between"), wire.url("/")));
        send(
                wire.client(propagation())
                        .newBuilder()
                        .authenticator((route, response) -> response.request()
                                .newBuilder()
                                .url(ways.remove(0))
                                .build())
                        .build(),
                "/401");

        assertThat(wire.requests()).hasSize(3);
        wire.told().startsWith("A request went to another origin with headers");
    }

    @Test
    void clientWithoutAuthenticator_getsNone() {
        OkHttpClient client = wire.client();
        assertThat(client.authenticator()).isSameAs(Authenticator.NONE);
        assertThat(client.proxyAuthenticator()).isSameAs(Authenticator.NONE);
    }

    @Test
    void interceptorBehindOursThatNamesAnotherHost_isTold() throws IOException {
        OkHttpClient client = wire.client(propagation());
        send(moving(client), "/");

        wire.told().startsWith("A request went to another origin with headers");
    }

    /** There is no span, but a session header. */
    @Test
    void interceptorBehindOursThatNamesAnotherHost_isToldWithoutTelemetryToo() throws IOException {
        OkHttpClient client = wire.client(LlmPropagation.builder(OpenTelemetry.noop())
                .diagnostics(wire.diagnostics::add)
                .sessionId(() -> "s-1"));
        send(moving(client), "/");

        assertThat(wire.sent("X-Qwen-Code-Session-Id")).containsExactly("s-1");
        wire.told().startsWith("A request went to another origin with headers");
    }

    @Test
    void interceptorBehindOursThatNamesAnotherHost_isToldAlsoIfNoAnswerComes() {
        wire.answers(
                com.github.tomakehurst.wiremock.client.WireMock.aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER));
        OkHttpClient client =
                wire.client(propagation().build(), new OkHttpClient.Builder().retryOnConnectionFailure(false));
        assertThatThrownBy(() -> send(moving(client), "/")).isInstanceOf(IOException.class);

        wire.told().startsWith("A request went to another origin with headers");
    }

    @Test
    void interceptorBehindOursThatStaysOrTakesOursAway_isNotTold() throws IOException {
        send(
                wire.client(propagation())
                        .newBuilder()
                        .addInterceptor(chain -> {
                            Request.Builder moved = chain.request().newBuilder().url(wire.otherOrigin("/"));
                            OURS.forEach(moved::removeHeader);
                            return chain.proceed(moved.build());
                        })
                        .build(),
                "/");
        send(
                wire.client(propagation())
                        .newBuilder()
                        .addInterceptor(chain -> chain.proceed(chain.request()
                                .newBuilder()
                                .url(wire.url("/elsewhere"))
                                .build()))
                        .build(),
                "/");

        assertThat(wire.diagnostics).isEmpty();
    }

    private OkHttpClient moving(OkHttpClient client) {
        return client.newBuilder()
                .addInterceptor(chain -> chain.proceed(
                        chain.request().newBuilder().url(wire.otherOrigin("/")).build()))
                .build();
    }

    private LlmPropagationBuilder propagation() {
        return wire.propagation()
                .sessionId(() -> "s-1")
                .requestId(true)
                .baggageDestinations(DestinationPolicy.configuredOrigin());
    }

    private static OkHttpClient.Builder authenticating(String url) {
        return new OkHttpClient.Builder().authenticator((route, response) -> response.request()
                .newBuilder()
                .url(HttpUrl.get(url))
                .header("Authorization", "Bearer fresh")
                .build());
    }

    private void send(OkHttpClient client, String path) throws IOException {
        try (Scope ignored = Baggage.builder().put("k", "v").build().makeCurrent()) {
            client.newCall(Requests.get(wire.url(path))).execute().close();
        }
    }
}
