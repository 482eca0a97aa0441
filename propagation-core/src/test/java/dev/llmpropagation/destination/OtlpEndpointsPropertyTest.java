package dev.llmpropagation.destination;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import okhttp3.HttpUrl;

/** Against an oracle that compares lists of path segments, read with {@link URI}. */
class OtlpEndpointsPropertyTest {

    private static final List<List<String>> SIGNALS =
            List.of(List.of("v1", "traces"), List.of("v1", "metrics"), List.of("v1", "logs"));

    @Property
    void base_matchesItsSignals(
            @ForAll("origin") String origin, @ForAll("path") String path, @ForAll("url") String url) {
        URI endpoint = URI.create(origin + path);
        List<String> request = segments(URI.create(url));
        boolean below = SIGNALS.stream().anyMatch(signal -> {
            List<String> target = new ArrayList<>(segments(endpoint));
            if (!endsWith(target, signal)) {
                target.addAll(signal);
            }
            return startsWith(request, target);
        });
        boolean expected = sameOrigin(endpoint, URI.create(url)) && (below || isGrpc(request));

        assertThat(OtlpEndpoints.builder().endpoint(origin + path).build().matches(HttpUrl.get(url)))
                .isEqualTo(expected);
    }

    @Property
    void signal_matchesItself(@ForAll("origin") String origin, @ForAll("path") String path, @ForAll("url") String url) {
        URI endpoint = URI.create(origin + path);
        List<String> target = segments(endpoint);
        List<String> request = segments(URI.create(url));
        boolean matches = target.isEmpty() ? request.isEmpty() || isGrpc(request) : startsWith(request, target);
        boolean expected = sameOrigin(endpoint, URI.create(url)) && matches;

        OtlpEndpoints endpoints = OtlpEndpoints.builder()
                .tracesEndpoint(origin + path)
                .metricsEndpoint(origin + path)
                .logsEndpoint(origin + path)
                .build();

        assertThat(endpoints.matches(HttpUrl.get(url))).isEqualTo(expected);
    }

    @Property
    void anyEnvironment_isReadWithoutFailureAndShowsNoSecret(
            @ForAll("wildValue") String base, @ForAll("wildValue") String traces, @ForAll("url") String url) {
        OtlpEndpoints endpoints = OtlpEndpoints.resolve(
                Map.of("otel.exporter.otlp.endpoint", base)::get,
                Map.of("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", traces)::get);

        endpoints.matches(HttpUrl.get(url));
        assertThat(endpoints.toString() + endpoints.warnings()).doesNotContain("hunter2");
    }

    @Property
    void anyText_isReadWithoutFailure(@ForAll String text, @ForAll("url") String url) {
        OtlpEndpoints.resolve(name -> text, name -> null).matches(HttpUrl.get(url));
    }

    private static boolean sameOrigin(URI a, URI b) {
        return a.getScheme().equals(b.getScheme()) && a.getHost().equals(b.getHost()) && port(a) == port(b);
    }

    private static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : uri.getScheme().equals("https") ? 443 : 80;
    }

    private static List<String> segments(URI uri) {
        return Arrays.stream(uri.getPath().split("/")).filter(s -> !s.isEmpty()).toList();
    }

    private static boolean startsWith(List<String> path, List<String> start) {
        return path.size() >= start.size() && path.subList(0, start.size()).equals(start);
    }

    private static boolean endsWith(List<String> path, List<String> end) {
        return path.size() >= end.size()
                && path.subList(path.size() - end.size(), path.size()).equals(end);
    }

    private static boolean isGrpc(List<String> path) {
        return !path.isEmpty() && path.get(0).startsWith("opentelemetry.proto.collector.");
    }

    @Provide
    Arbitrary<String> origin() {
        return Combinators.combine(
                        Arbitraries.of("http://", "https://"),
                        Arbitraries.of("c", "c.evil.net", "[::1]"),
                        Arbitraries.of("", ":80", ":443", ":4318", ":43180"))
                .as((scheme, host, port) -> scheme + host + port);
    }

    @Provide
    Arbitrary<String> path() {
        Arbitrary<String> segment = Arbitraries.of(
                "v1",
                "traces",
                "tracesx",
                "metrics",
                "logs",
                "chat",
                "opentelemetry.proto.collector",
                "opentelemetry.proto.collector.trace.v1.TraceService");
        Arbitrary<String> any =
                segment.list().ofMaxSize(4).map(list -> list.isEmpty() ? "" : "/" + String.join("/", list));
        Arbitrary<String> known = Arbitraries.of("/v1/traces", "/otlp/v1/logs", "/v1/metrics", "/v1/chat/completions");
        return Combinators.combine(Arbitraries.oneOf(any, known), Arbitraries.of("", "/"))
                .as(String::concat);
    }

    @Provide
    Arbitrary<String> url() {
        return Combinators.combine(origin(), path(), Arbitraries.of("", "?a=/v1/traces", "#x"))
                .as((origin, path, rest) -> origin + path + rest);
    }

    @Provide
    Arbitrary<String> wildValue() {
        Arbitrary<String> odd =
                Arbitraries.strings().withChars("!$&'()*+,;=~:?#@%. \"\n").ofMaxLength(2);
        return Combinators.combine(
                        Arbitraries.of("", "\"", "'", " "),
                        Arbitraries.of("http://", "https://", "htp://", "", "//", "http:/", "ftp://"),
                        odd,
                        Arbitraries.of("h", "h h", "[::1", "h:99999", "h:1:1", ""),
                        Arbitraries.of("", "/", "/v1/traces"),
                        odd)
                .as((quote, scheme, odd1, host, path, odd2) -> quote + scheme + "user:" + odd1 + "hunter2" + odd1 + "@"
                        + host + path + "?token=" + odd2 + "hunter2" + odd2 + quote);
    }
}
