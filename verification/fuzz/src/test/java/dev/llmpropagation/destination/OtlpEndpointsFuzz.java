package dev.llmpropagation.destination;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.llmpropagation.fuzz.Hosts;
import dev.llmpropagation.fuzz.Parts;
import java.net.URI;
import java.util.List;
import java.util.Map;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/** Only what an exporter sends counts as an export, and no setting shows its secrets. */
class OtlpEndpointsFuzz {

    private static final String MARKER = "Zq7Hidden9xW";
    private static final List<String> SIGNALS = List.of("/v1/traces", "/v1/metrics", "/v1/logs");

    @FuzzTest
    void request_isAnExport_ifHostAndPathAreThoseOfAnEndpoint(byte[] input) {
        Parts parts = Parts.of(input);
        HttpUrl request = Hosts.url(parts.get(2));
        OtlpEndpoints endpoints = OtlpEndpoints.resolve(
                Map.of("otel.exporter.otlp.endpoint", parts.get(0))::get,
                Map.of("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", parts.get(1))::get);
        if (request == null) {
            return;
        }
        URI base = endpoint(parts.get(0));
        URI traces = endpoint(parts.get(1));
        URI url = Hosts.strict(request.toString());
        // What the strict parser does not read, no statement is made about.
        if (url == null || isDoubtful(parts.get(0), base) || isDoubtful(parts.get(1), traces)) {
            return;
        }
        String path = url.getRawPath();
        if (traces != null && traces.getRawPath().matches("//+") && !path.equals(traces.getRawPath())) {
            return; // what is below a path of slashes alone, nobody can say
        }
        boolean grpc = path.startsWith("/opentelemetry.proto.collector.");
        boolean ofBase = base == null
                ? isAt(URI.create("http://localhost:4318"), url)
                                && SIGNALS.stream().anyMatch(at -> isBelow(at, path))
                        || isAt(URI.create("http://localhost:4317"), url) && grpc
                : isAt(base, url) && (grpc || SIGNALS.stream().anyMatch(at -> isBelow(target(base, at), path)));
        boolean ofTraces = traces != null && isAt(traces, url) && isOfSignal(traces.getRawPath(), path, grpc);
        assertThat(endpoints.matches(request)).as(endpoints + " and " + request).isEqualTo(ofBase || ofTraces);
    }

    @FuzzTest
    void setting_showsNoSecret(byte[] input) {
        Parts parts = Parts.of(input);
        if (parts.all().stream().anyMatch(part -> part.contains(MARKER) || part.contains("@"))) {
            return;
        }
        String odd = parts.get(1).replaceAll("[/\\\\]", "");
        String scheme = parts.get(0).replaceAll("[^A-Za-z+]", "");
        String value = (scheme.isEmpty() ? "//user:" : scheme + "://user:") + odd + MARKER + odd + "@" + parts.get(2)
                + "?token=" + parts.get(3) + MARKER;
        OtlpEndpoints endpoints =
                OtlpEndpoints.resolve(Map.of("otel.exporter.otlp.endpoint", value)::get, name -> null);
        assertThat(endpoints.toString() + endpoints.warnings()).as(value).doesNotContain(MARKER);
    }

    private static boolean isAt(URI endpoint, URI url) {
        return endpoint.getScheme().equalsIgnoreCase(url.getScheme())
                && Hosts.isSame(Hosts.host(endpoint), Hosts.host(url))
                && Hosts.port(endpoint) == Hosts.port(url);
    }

    private static boolean isBelow(String target, String path) {
        return path.equals(target) || path.startsWith(target + '/');
    }

    /** Below the root is anything. */
    private static boolean isOfSignal(String signal, String path, boolean grpc) {
        return cut(signal).length() > 1
                ? isBelow(cut(signal), path)
                : path.equals(signal) || (signal.equals("/") && grpc);
    }

    private static String target(URI base, String signal) {
        String path = cut(base.getRawPath());
        return path.endsWith(signal) ? path : path + signal;
    }

    private static String cut(String path) {
        return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    }

    /** As OkHttp spells it. Null if it is none. */
    private static @Nullable URI endpoint(String setting) {
        HttpUrl url = Hosts.url(bare(setting));
        return url == null ? null : Hosts.strict(url.toString());
    }

    private static boolean isDoubtful(String setting, @Nullable URI read) {
        return read == null && Hosts.url(bare(setting)) != null;
    }

    private static String bare(String setting) {
        return setting.strip()
                .replaceFirst("^[\"']", "")
                .replaceFirst("[\"']$", "")
                .strip();
    }
}
