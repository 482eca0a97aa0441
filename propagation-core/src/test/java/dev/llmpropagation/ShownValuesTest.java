package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Attributed.texts;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.fixtures.Requests;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.util.List;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a span shows of a request's URL and headers. */
class ShownValuesTest {

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    @Test
    void query_showsTheHarmlessAndWhatTheProgramNames() throws IOException {
        SpanData span = attempt(
                wire.propagation().shownQueryParameters(List.of("Tenant")),
                "/v1/chat?alt=sse&subscription-key=hunter2&tenant=t%201&session=hunter2&api-version=v1&hunter2");

        assertThat(text(span, "url.full"))
                .isEqualTo(
                        wire.url(
                                "/v1/chat?alt=sse&subscription-key=REDACTED&tenant=t%201&session=REDACTED&api-version=v1&REDACTED"));
        assertThat(span.toString()).doesNotContain("hunter2");
    }

    @Test
    void query_ofAUrlInAHeader_isShownAlike() throws IOException {
        SpanData span = attempt(
                wire.propagation()
                        .shownQueryParameters(List.of("tenant"))
                        .capturedResponseHeaders(List.of("X-Goog-Upload-URL", "Link", "X-Plain")),
                "/");

        assertThat(texts(span, "http.response.header.x-goog-upload-url"))
                .containsExactly("https://up.example/u?upload_id=REDACTED&tenant=t-1");
        assertThat(texts(span, "http.response.header.link")).containsExactly("REDACTED");
        assertThat(texts(span, "http.response.header.x-plain")).containsExactly("a?b=c");
    }

    private SpanData attempt(LlmPropagationBuilder propagation, String path) throws IOException {
        wire.answers(ok("hello")
                .withHeader("X-Goog-Upload-URL", "https://up.example/u?upload_id=hunter2&tenant=t-1")
                .withHeader("Link", "<https://up.example/u?cursor=hunter2>; rel=\"next\"")
                .withHeader("X-Plain", "a?b=c"));
        OkHttpClient client = wire.client(propagation.build(), new OkHttpClient.Builder());
        Requests.body(client, Requests.get(wire.url(path)));
        return wire.attempt();
    }
}
