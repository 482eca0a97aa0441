package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.fixtures.Requests;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A body that its program loses sight of without closing it. */
class BodyForgottenTest {

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @RegisterExtension
    final PhasedService phased = new PhasedService();

    @Test
    void bodyThatNobodyCanCloseAnyMore_endsAtTheNextCallAndFreesItsConnection() throws Exception {
        LlmPropagation propagation = wire.propagation().build();
        OkHttpClient client = wire.client(propagation, new OkHttpClient.Builder());
        wire.answers(ok("hello ".repeat(100_000)));
        forget(client, wire.url("/"));
        assertThat(wire.spans()).isEmpty();

        sweepUntilItEnds(propagation);
        assertAbandoned();
        wire.told().contains("or close it");
        assertThat(client.connectionPool().connectionCount()
                        - client.connectionPool().idleConnectionCount())
                .isZero();
        SpanData span = wire.attempt();
        assertThat(span.getEndEpochNanos()).isGreaterThanOrEqualTo(span.getStartEpochNanos());
    }

    @Test
    void abandonedStream_isCancelledSoThatNobodyWaitsForItsRest() throws Exception {
        List<String> events = new CopyOnWriteArrayList<>();
        LlmPropagation propagation = wire.propagation().build();
        OkHttpClient client = wire.client(propagation, new OkHttpClient.Builder().eventListener(new CallEnds(events)));
        forget(client, phased.url("/stream"));

        sweepUntilItEnds(propagation);
        assertThat(events).contains("canceled");
        assertAbandoned();
    }

    private void sweepUntilItEnds(LlmPropagation propagation) {
        await().untilAsserted(() -> {
            System.gc();
            propagation.sweep();
            assertThat(wire.spans()).hasSize(1);
        });
    }

    private void assertAbandoned() {
        SpanData span = wire.attempt();
        assertThat(outcome(span)).isEqualTo("abandoned");
        assertThat(span.getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
        assertThat(text(span, "error.type")).isNull();
    }

    private static void forget(OkHttpClient client, String url) throws IOException {
        Response response = client.newCall(Requests.get(url)).execute();
        response.body().source().readUtf8(3);
    }
}
