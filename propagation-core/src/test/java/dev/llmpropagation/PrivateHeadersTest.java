package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.internal.http.ClientInstrumenter;
import dev.llmpropagation.internal.http.ClientProfile;
import dev.llmpropagation.internal.http.LogicalCalls;
import dev.llmpropagation.internal.http.PrivateHeaders;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import okhttp3.Headers;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a facade writes for the first step stays there, even if that step fails; a request without it stays as it is. */
class PrivateHeadersTest {

    /** How the first step fares. */
    enum FirstStep implements Supplier<Origin> {
        WORKS,
        FAILS;

        @Override
        public Origin get() {
            if (this == FAILS) {
                throw new IllegalStateException("whatever may fail there");
            }
            return null;
        }
    }

    private final FakeNetwork network = new FakeNetwork();
    private final List<Request> seenByTheProgram = new ArrayList<>();

    @ParameterizedTest
    @EnumSource
    void header_reachesNeitherTheProgramsInterceptorsNorTheWire(FirstStep step) throws IOException {
        for (Headers headers : List.of(
                Headers.of("Llm-Propagation-Call", "c-1"),
                Headers.of("X-Other", "kept", "LLM-PROPAGATION-BASE-URL", "http://localhost"),
                Headers.of("llm-propagation-call", "c-1", "llm-propagation-base-url", "http://localhost"))) {
            send(step, headers);
        }

        assertThat(network.requests).hasSize(3);
        assertThat(List.of(seenByTheProgram, network.requests)).allSatisfy(requests -> assertThat(requests)
                .allSatisfy(request -> assertThat(request.headers().names())
                        .noneMatch(
                                name -> name.toLowerCase(java.util.Locale.ROOT).startsWith("llm-"))));
        assertThat(network.requests.get(1).header("X-Other")).isEqualTo("kept");
    }

    @ParameterizedTest
    @EnumSource
    void requestWithoutThem_isNotCopied(FirstStep step) throws IOException {
        Request request = send(step, Headers.of("X-Other", "kept", "Llm-Propagation", "the program's"));

        assertThat(seenByTheProgram).singleElement().isSameAs(request);
        assertThat(network.requests.get(0).headers().names()).contains("X-Other", "Llm-Propagation");
    }

    @Test
    void headerOfAnInterceptorOfTheProgram_doesNotReachTheWireEither() throws IOException {
        OkHttpClient client = network.client(network.propagation().build());
        OkHttpClient.Builder relaying = client.newBuilder();
        relaying.interceptors()
                .add(
                        1,
                        chain -> chain.proceed(chain.request()
                                .newBuilder()
                                .header("Llm-Propagation-Call", "1")
                                .build()));
        relaying.build().newCall(Requests.get("http://localhost/")).execute().close();

        assertThat(network.requests)
                .singleElement()
                .satisfies(request -> assertThat(request.headers().names()).containsExactly("traceparent"));
    }

    /** A program that relays headers lets its caller write them. */
    @Test
    void forgedBaseUrl_movesNoOrigin() throws IOException {
        Headers forged = Headers.of("Llm-Propagation-Base-Url", "http://localhost/", "Llm-Propagation-Call", "1");
        send(() -> null, forged);
        send(() -> Origin.parse("baseUrl", "https://gw.example.com"), forged);

        assertThat(network.requests)
                .hasSize(2)
                .allSatisfy(request -> assertThat(request.headers().names()).isEmpty());
    }

    /** Only the facade of this client can sign one. */
    @Test
    void signedBaseUrl_isTheOriginOfItsRequest() throws IOException {
        LogicalCalls calls = new LogicalCalls();
        PrivateHeaders ours = calls.headers();
        String signed = ours.signed("http://localhost/");
        for (String value : List.of(
                signed,
                "http://localhost/",
                "http://localhost/ ",
                signed.replace("localhost", "gw.example.com"),
                new LogicalCalls().headers().signed("http://localhost/"))) {
            send(
                    ClientProfile.of(null).withFacade(calls, "X-Retry-Count", request -> {
                        throw new AssertionError("nobody cancels");
                    }),
                    Headers.of(ours.baseUrl(), value));
        }

        assertThat(network.requests)
                .extracting(request -> request.headers().names())
                .containsExactly(
                        Set.of("traceparent", "X-Qwen-Code-Session-Id"), Set.of(), Set.of(), Set.of(), Set.of());
    }

    @Test
    void originOfTheClient_staysWhateverARequestSays() throws IOException {
        send(
                () -> Origin.parse("baseUrl", "http://localhost"),
                Headers.of("Llm-Propagation-Base-Url", "https://gw.example.com/"));

        assertThat(network.requests).singleElement().satisfies(request -> assertThat(
                        request.headers().names())
                .containsExactly("traceparent", "X-Qwen-Code-Session-Id"));
    }

    private Request send(Supplier<Origin> step, Headers headers) throws IOException {
        return send(ClientProfile.ofLater(step), headers);
    }

    private Request send(ClientProfile profile, Headers headers) throws IOException {
        OkHttpClient client = ClientInstrumenter.OF_PROPAGATION
                .behind(network.propagation().sessionId(() -> "s-1").build())
                .instrument(
                        new OkHttpClient.Builder().addInterceptor(chain -> {
                            seenByTheProgram.add(chain.request());
                            return chain.proceed(chain.request());
                        }),
                        profile)
                .addInterceptor(chain -> {
                    network.requests.add(chain.request());
                    return FakeNetwork.answer(chain.request(), 200, Headers.of());
                })
                .build();
        Request request =
                new Request.Builder().url("http://localhost/").headers(headers).build();
        client.newCall(request).execute().close();
        return request;
    }
}
