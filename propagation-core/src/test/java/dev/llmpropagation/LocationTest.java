package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.destination.DestinationPolicy;
import java.io.IOException;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/** Wherever a Location header leads: no credential and nothing of ours gets to another origin, and https stays https. */
class LocationTest {

    private static final List<String> BOUND_TO_THE_ORIGIN = List.of(
            "Authorization",
            "api-key",
            "x-api-key",
            "x-goog-api-key",
            "Cookie",
            "traceparent",
            "X-Qwen-Code-Session-Id");

    private final FakeNetwork network = new FakeNetwork();

    @Property
    void anyLocation_leaksNothing(
            @ForAll("bases") String base, @ForAll("locations") String location, @ForAll boolean trusting)
            throws IOException {
        network.clear();
        HttpUrl from = HttpUrl.get(base);
        LlmPropagationBuilder builder = network.propagation().sessionId(() -> "s-1");
        if (trusting) {
            builder.destinations(DestinationPolicy.all());
        }
        Headers redirect =
                new Headers.Builder().addUnsafeNonAscii("Location", location).build();
        OkHttpClient client = network.client(
                builder.build(),
                base,
                request -> network.requests.size() == 1
                        ? FakeNetwork.answer(request, 307, redirect)
                        : FakeNetwork.answer(request, 200, Headers.of()));
        Request.Builder request = new Request.Builder().url(from);
        BOUND_TO_THE_ORIGIN.forEach(name -> request.header(name, "SECRET"));
        int code;
        try (Response response = client.newCall(request.build()).execute()) {
            code = response.code();
            response.body().string();
        }

        HttpUrl to = from.resolve(redirect.get("Location")); // which OkHttp has trimmed
        boolean follows = to != null && (to.isHttps() || !from.isHttps());
        assertThat(code).isEqualTo(follows ? 200 : 307);
        assertThat(network.requests).hasSize(follows ? 2 : 1);
        assertThat(network.spans()).hasSize(network.requests.size());
        if (!follows) {
            return;
        }
        Request second = network.requests.get(1);
        assertThat(second.url()).isEqualTo(to);
        boolean sameOrigin =
                to.scheme().equals(from.scheme()) && to.host().equals(from.host()) && to.port() == from.port();
        for (String name : BOUND_TO_THE_ORIGIN) {
            boolean ours = name.equals("traceparent") || name.startsWith("X-Qwen");
            if (sameOrigin) {
                assertThat(second.header(name)).as(name).isNotNull();
            } else if (ours && trusting) {
                assertThat(second.header(name)).as(name).isNotNull().isNotEqualTo("SECRET");
            } else {
                assertThat(second.header(name)).as(name).isNull();
            }
        }
    }

    @Example
    void userInfoTrick_isAnotherOrigin() throws IOException {
        anyLocation_leaksNothing("https://api.example.com/v1", "https://api.example.com@attacker.tld/", false);
    }

    @Example
    void schemeRelativeLocation_isAnotherOrigin() throws IOException {
        anyLocation_leaksNothing("https://api.example.com/v1", "//attacker.tld/v1", false);
    }

    @Provide
    Arbitrary<String> bases() {
        return Arbitraries.of(
                "https://api.example.com/v1/chat",
                "http://localhost:8080/v1",
                "http://[::1]:9000/",
                "https://user:pw@api.example.com/");
    }

    @Provide
    Arbitrary<String> locations() {
        Arbitrary<String> scheme = Arbitraries.of("https://", "http://", "//", "HTTPS://", "ftp://", "https:\\\\", "");
        Arbitrary<String> userInfo = Arbitraries.of("", "", "api.example.com@", "user:pw@", "a%40b@");
        Arbitrary<String> host = Arbitraries.of(
                "api.example.com",
                "API.EXAMPLE.COM",
                "api.example.com.",
                "evil-api.example.com",
                "api.example.com.attacker.tld",
                "attacker.tld",
                "localhost",
                "[::1]",
                "127.0.0.1",
                "xn--bcher-kva.example",
                "bücher.example",
                "");
        Arbitrary<String> port = Arbitraries.of("", ":443", ":80", ":8080", ":9000", ":99999", ":x");
        Arbitrary<String> path = Arbitraries.of("", "/", "/v2?key=k", "#f", "/../..", "?", "/%2e%2e/");
        Arbitrary<String> built =
                Combinators.combine(scheme, userInfo, host, port, path).as((s, u, h, p, q) -> s + u + h + p + q);
        Arbitrary<String> noise = Arbitraries.strings()
                .excludeChars('\r', '\n', '\u0000')
                .ofMaxLength(30)
                .filter(text -> text.chars().noneMatch(c -> c == '\n' || c == '\r'));
        return Arbitraries.frequencyOf(net.jqwik.api.Tuple.of(5, built), net.jqwik.api.Tuple.of(1, noise));
    }
}
