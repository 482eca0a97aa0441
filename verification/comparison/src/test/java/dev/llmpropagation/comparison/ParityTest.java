package dev.llmpropagation.comparison;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import dev.llmpropagation.LlmPropagation;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Scope;
import io.opentelemetry.instrumentation.okhttp.v3_0.OkHttpTelemetry;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import okhttp3.Call;
import okhttp3.EventListener;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same calls through opentelemetry-okhttp-3.0 and through us. What differs stands in {@link Difference}. */
class ParityTest {

    private static final WireMockServer SERVER =
            new WireMockServer(WireMockConfiguration.options().dynamicPort());

    @BeforeAll
    static void start() {
        SERVER.start();
    }

    @AfterAll
    static void stop() {
        SERVER.stop();
    }

    @ParameterizedTest
    @EnumSource
    void telemetry_isThatOfOpenTelemetryOkHttpButForTheListedDifferences(Traffic traffic) throws IOException {
        Map<String, String> theirs =
                telemetry(traffic, (sdk, client) -> OkHttpTelemetry.create(sdk).createCallFactory(client.build()));
        Map<String, String> ours = telemetry(traffic, (sdk, client) -> LlmPropagation.builder(sdk)
                .sessionId(() -> "s-1")
                .build()
                .instrument(client, SERVER.baseUrl())
                .build());

        assertThat(differences(theirs, ours)).containsExactlyInAnyOrderEntriesOf(Difference.listed(traffic));
    }

    private static Map<String, String> telemetry(
            Traffic traffic, BiFunction<OpenTelemetry, OkHttpClient.Builder, Call.Factory> instrument)
            throws IOException {
        traffic.prepare(SERVER);
        OkHttpClient client = new OkHttpClient.Builder()
                .retryOnConnectionFailure(false)
                .eventListener(new EventListener() {
                    @Override
                    public void requestHeadersEnd(Call call, Request request) {
                        traffic.sent(call);
                    }
                })
                .build();
        try (Telemetry telemetry = new Telemetry()) {
            Span caller = telemetry.sdk.getTracer("test").spanBuilder("caller").startSpan();
            try (Scope ignored = caller.makeCurrent()) {
                Call call = instrument
                        .apply(telemetry.sdk, client.newBuilder())
                        .newCall(traffic.request("http://localhost:" + SERVER.port()));
                traffic.send(call, response -> telemetry.headersRead());
            } finally {
                caller.end();
            }
            return telemetry.lines(caller);
        } finally {
            client.dispatcher().executorService().shutdown();
            client.connectionPool().evictAll();
        }
    }

    private static Map<String, String> differences(Map<String, String> theirs, Map<String, String> ours) {
        TreeSet<String> places = new TreeSet<>(theirs.keySet());
        places.addAll(ours.keySet());
        Map<String, String> differences = new TreeMap<>();
        for (String place : places) {
            String their = theirs.get(place);
            String our = ours.get(place);
            if (their == null || !their.equals(our)) {
                differences.put(
                        place,
                        (their + " -> " + our)
                                .replaceAll("\\b(%d|%d)\\b".formatted(SERVER.port(), Traffic.CLOSED_PORT), "PORT"));
            }
        }
        return differences;
    }
}
