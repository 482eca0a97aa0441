package dev.llmpropagation.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.util.Map;
import okhttp3.HttpUrl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OtlpEndpointsTest {

    private static final String GRPC = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

    @ParameterizedTest
    @CsvSource({
        "http://c:4318, http://c:4318/v1/traces",
        "http://c:4318/, http://C:4318/v1/metrics/",
        "http://c:4318, http://c:4318/v1/logs?a=b",
        "http://c:4318, http://c:4318/v1/logs#part",
        "http://c:4318, http://user:pw@c:4318/v1/traces/more",
        "http://c:4318, http://c:4318" + GRPC,
        "http://c:4318/v1/traces, http://c:4318/v1/traces",
        "http://c:4318/v1/traces/, http://c:4318/v1/traces",
        "https://c, https://c:443/v1/traces",
        "https://c:443, https://c/v1/traces",
        "http://c/otlp, http://c:80/otlp/v1/traces",
        "http://c/otlp/, http://c/otlp/v1/traces",
        "http://c/otlp//, http://c/otlp//v1/traces",
        "http://c/otlp, http://c" + GRPC,
        "http://[::1]:4318, http://[0:0::1]:4318/v1/traces",
        "http://u:p@c:4318?token=t#part, http://c:4318/v1/traces",
        "'\"http://c:4318\"', http://c:4318/v1/traces",
        "' ''http://c:4318'' ', http://c:4318/v1/traces",
        "http://bücher.example, http://xn--bcher-kva.example/v1/traces"
    })
    void pitfall_87_88_89_base_matches(String endpoint, String url) {
        assertThat(base(endpoint).matches(HttpUrl.get(url))).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "http://c:4318, http://c:4318/",
        "http://c:4318, http://c:4318/v1",
        "http://c:4318, http://c:4318/v1/chat/completions",
        "http://c:4318, http://c:4318/v1/tracesfoo",
        "http://c:4318, http://c:4318/v1/Traces",
        "http://c:4318, http://c:4318/x/v1/traces",
        "http://c:4318, http://c:4318/v1/traces/../chat/completions",
        "http://c:4318, http://c:4318/x?/v1/traces",
        "http://c:4318, http://c:4318/opentelemetry.proto.collectors/Export",
        "http://c:4318, http://c:4318/x" + GRPC,
        "http://c:4318, http://c:43180/v1/traces",
        "http://c:4318, https://c:4318/v1/traces",
        "http://c:4318, http://c/v1/traces",
        "http://c:4318, http://c.evil.net:4318/v1/traces",
        "http://c:4318, http://c:4318@evil.net/v1/traces",
        "http://c:4318, http://localhost:4318/v1/traces",
        "http://c/otlp, http://c/v1/traces",
        "http://c/otlp, http://c/otlpfoo/v1/traces"
    })
    void pitfall_83_86_91_base_doesNotMatch(String endpoint, String url) {
        assertThat(base(endpoint).matches(HttpUrl.get(url))).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "http://c:9/custom, http://c:9/custom, true",
        "http://c:9/custom, http://c:9/custom/?a, true",
        "http://c:9/custom, http://c:9/customs, false",
        "http://c:9/custom, http://c:9/custom2/v1/traces, false",
        "http://c:9/custom, http://c:9/v1/traces, false",
        "http://c:9/custom, http://c:9" + GRPC + ", false",
        "http://c:9, http://c:9/, true",
        "http://c:9, http://c:9/?a, true",
        "http://c:9, http://c:9" + GRPC + ", true",
        "http://c:9, http://c:9/v1/traces, false",
        "http://c:9, http://c:9//v1/chat/completions, false",
        "http://c:9//, http://c:9//, true",
        "http://c:9//, http://c:9/, false",
        "http://c:9//, http://c:9//v1/chat/completions, false",
        "http://c:9/, http://c:9/v1/chat/completions, false"
    })
    void signal_isTakenAsItIs(String endpoint, String url, boolean expected) {
        HttpUrl request = HttpUrl.get(url);

        assertThat(OtlpEndpoints.builder().tracesEndpoint(endpoint).build().matches(request))
                .isEqualTo(expected);
        assertThat(OtlpEndpoints.builder().metricsEndpoint(endpoint).build().matches(request))
                .isEqualTo(expected);
        assertThat(OtlpEndpoints.builder().logsEndpoint(endpoint).build().matches(request))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "http://localhost:4318/v1/traces, true",
        "http://localhost:4318/v1/metrics, true",
        "http://localhost:4318/v1/logs, true",
        "http://localhost:4317" + GRPC + ", true",
        "http://localhost:4318/v1/chat/completions, false",
        "http://localhost:4317/v1/chat/completions, false",
        "http://localhost:11434/v1/traces, false"
    })
    void nothingSet_meansTheExportersDefaults(String url, boolean expected) {
        HttpUrl request = HttpUrl.get(url);

        assertThat(environment(Map.of(), Map.of()).matches(request)).isEqualTo(expected);
        assertThat(OtlpEndpoints.builder().build().matches(request)).isEqualTo(expected);
        assertThat(OtlpEndpoints.none().matches(request)).isFalse();
    }

    @Test
    void defaults_countForUnsetSignalsAlone() {
        HttpUrl byDefault = HttpUrl.get("http://localhost:4318/v1/logs");
        OtlpEndpoints.Builder builder =
                OtlpEndpoints.builder().tracesEndpoint("http://t/a").metricsEndpoint("http://m/b");

        assertThat(builder.build().matches(byDefault)).isTrue();
        assertThat(builder.logsEndpoint("http://l/c").build().matches(byDefault))
                .isFalse();
        assertThat(builder.logsEndpoint(null).build().matches(byDefault)).isTrue();
    }

    @Test
    void pitfall_92_environment_readsAllFourAndPropertiesWin() {
        OtlpEndpoints endpoints = environment(
                Map.of(
                        "otel.exporter.otlp.endpoint", "http://base-property",
                        "otel.exporter.otlp.logs.endpoint", " "),
                Map.of(
                        "OTEL_EXPORTER_OTLP_ENDPOINT", "http://base-variable",
                        "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://traces/t",
                        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "'http://metrics/m'",
                        "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://logs/l?token=secret"));

        assertThat(endpoints)
                .hasToString("OtlpEndpoints[http://base-property/v1/traces, http://base-property/v1/metrics,"
                        + " http://base-property/v1/logs, http://base-property/opentelemetry.proto.collector.*,"
                        + " http://traces/t, http://metrics/m, http://logs/l]");
        assertThat(endpoints.warnings()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http",
                "c:4318",
                "ftp://c:4318",
                "http://c:4318:4318",
                "http://user:secret@c:4318:4318",
                "http://[::1:4318",
                "user:secret@c?token=secret",
                "grpc://c:4317?token=secret"
            })
    void pitfall_84_90_unusableValue_isIgnoredInTheEnvironmentAndRefusedByTheBuilder(String value) {
        OtlpEndpoints endpoints = environment(Map.of(), Map.of("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", value));

        assertThat(endpoints).hasToString(environment(Map.of(), Map.of()).toString());
        assertThat(endpoints.warnings())
                .singleElement()
                .asString()
                .startsWith("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: '")
                .endsWith(" It is ignored.")
                .doesNotContain("secret");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OtlpEndpoints.builder().logsEndpoint(value))
                .withMessageStartingWith("OtlpEndpoints.logsEndpoint: '")
                .withMessageNotContaining("secret");
    }

    @Test
    void builder_refusesBlank() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OtlpEndpoints.builder().endpoint(" "))
                .withMessageStartingWith("OtlpEndpoints.endpoint: ''");
    }

    @Test
    void environment_thatMayNotBeReadCountsAsUnset() {
        OtlpEndpoints endpoints = OtlpEndpoints.resolve(
                name -> {
                    throw new SecurityException("no");
                },
                name -> name.equals("OTEL_EXPORTER_OTLP_ENDPOINT") ? "http://c" : null);

        assertThat(endpoints.matches(HttpUrl.get("http://c/v1/traces"))).isTrue();
    }

    @Test
    void fromEnvironment_neverThrows() {
        assertThat(OtlpEndpoints.fromEnvironment().toString()).startsWith("OtlpEndpoints[");
    }

    @Test
    @SuppressWarnings("NullAway") // what a caller without null checks may do
    void unknownUrl_doesNotMatch() {
        assertThat(OtlpEndpoints.builder().build().matches(null)).isFalse();
    }

    private static OtlpEndpoints base(String endpoint) {
        return OtlpEndpoints.builder().endpoint(endpoint).build();
    }

    private static OtlpEndpoints environment(Map<String, String> properties, Map<String, String> variables) {
        return OtlpEndpoints.resolve(properties::get, variables::get);
    }
}
