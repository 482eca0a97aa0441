package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.fixtures.Requests;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ConnectionPhasesTest {

    private static final String DNS = "dns.duration";
    private static final String CONNECT = "connect.duration";
    private static final String TLS = "tls.duration";
    private static final String SENT = "time_to_request_sent";

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @Test
    void phases_areThoseOfTheConnectionThatTheAttemptOpened() throws Exception {
        wire.answers(ok("hello"));
        OkHttpClient client =
                wire.secureClient(wire.propagation().connectionPhases(true).build());
        String url = wire.secureUrl("/");
        send(client, Requests.get(url));
        send(client, Requests.post(url, RequestBody.create(new byte[9], null)));
        send(client, Requests.get(wire.url("/")));

        Map<String, Double> opened = phases(wire.attempts(3).get(0));
        assertThat(opened).containsOnlyKeys(DNS, CONNECT, TLS, SENT);
        assertThat(opened.get(DNS) + opened.get(CONNECT) + opened.get(TLS)).isLessThanOrEqualTo(opened.get(SENT));
        assertThat(opened.values()).allMatch(seconds -> seconds >= 0);
        assertThat(phases(wire.attempts(3).get(1)))
                .as("of a connection that was there")
                .containsOnlyKeys(SENT);
        assertThat(phases(wire.attempts(3).get(2))).as("without TLS").containsOnlyKeys(DNS, CONNECT, SENT);
    }

    @Test
    void phase_thatDidNotEndIsNotShown() {
        OkHttpClient client = wire.client(wire.propagation().connectionPhases(true));
        assertThatThrownBy(() -> send(client, Requests.get("http://127.0.0.1:1/")))
                .isInstanceOf(IOException.class);
        assertThat(phases(wire.attempt())).doesNotContainKeys(CONNECT, TLS, SENT);
    }

    @Test
    void phases_areOffByDefault() throws IOException {
        wire.answers(ok("hello"));
        send(wire.client(wire.propagation()), Requests.get(wire.url("/")));
        assertThat(phases(wire.attempt())).isEmpty();
    }

    private static void send(OkHttpClient client, Request request) throws IOException {
        assertThat(Requests.body(client, request)).isEqualTo("hello");
    }

    private static Map<String, Double> phases(SpanData span) {
        Map<String, Double> phases = new TreeMap<>();
        span.getAttributes().forEach((key, value) -> {
            String name = key.getKey().replace("llm_propagation.", "");
            if (name.endsWith(".duration") || name.equals(SENT)) {
                phases.put(name, (Double) value);
            }
        });
        return phases;
    }
}
