package dev.llmpropagation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.destination.DestinationPolicy;
import dev.llmpropagation.fixtures.Requests;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.Call;
import okhttp3.Headers;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Which hops are made, and what each of them carries, told hop by hop; {@link LocationTest} has all other places. */
class RedirectRulesTest {

    private final FakeNetwork network = new FakeNetwork();
    private Runnable uponRedirect = () -> {};

    @ParameterizedTest
    @CsvSource({
        "https://gw.example.com/to, true",
        "https://gw.example.com:443/to, true",
        "/to, true",
        "https://gw.example.com:8443/to, false",
        "https://api.example.com/to, false"
    })
    void pitfall_75_credentialsAndOurs_stayAtTheirOrigin(String location, boolean kept) throws IOException {
        send(new OkHttpClient.Builder(), 307, "https://gw.example.com/from", location);

        Request hop = network.requests.get(1);
        assertThat(hop.header("Authorization")).isEqualTo(kept ? "secret" : null);
        assertThat(hop.header("Proxy-Authorization")).isEqualTo(kept ? "secret" : null);
        assertThat(hop.header("Cookie2")).isEqualTo(kept ? "secret" : null);
        assertThat(hop.header("traceparent") != null).isEqualTo(kept);
        assertThat(hop.header("X-Other")).isEqualTo("kept");
    }

    @Test
    void hopToHttps_isMadeWithoutCredentials() throws IOException {
        assertThat(send(new OkHttpClient.Builder(), 307, "http://gw.example.com/from", "https://gw.example.com:80/to"))
                .isEqualTo(200);

        assertThat(network.requests.get(1).header("Authorization")).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            nullValues = "none",
            value = {
                "http://gw.example.com/from, https://gw.example.com/to, false, 307",
                "https://gw.example.com/from, https://gw.example.com/to, false, 200",
                "https://gw.example.com/from, http://gw.example.com/to, true, 307",
                "https://gw.example.com/from, none, true, 307"
            })
    void hop_isMadeOnTheSchemesThatTheClientAllows(String from, String location, boolean toHttps, int status)
            throws IOException {
        assertThat(send(new OkHttpClient.Builder().followSslRedirects(toHttps), 307, from, location))
                .isEqualTo(status);
        assertThat(network.requests).hasSize(status == 200 ? 2 : 1);
    }

    @ParameterizedTest
    @CsvSource({"true, 200", "false, 307"})
    void clientThatIsInstrumentedTwice_keepsItsRule(boolean followsToHttps, int status) throws IOException {
        OkHttpClient.Builder builder = new OkHttpClient.Builder().followSslRedirects(followsToHttps);
        network.propagation().build().instrument(builder, "https://gw.example.com");

        assertThat(send(builder, 307, "http://gw.example.com/from", "https://gw.example.com/to"))
                .isEqualTo(status);
    }

    @ParameterizedTest
    @ValueSource(ints = {200, 299, 304, 305, 306, 309, 400})
    void statusThatIsNoRedirect_isTheResponse(int code) throws IOException {
        assertThat(send(new OkHttpClient.Builder(), code, "https://gw.example.com/from", "/to"))
                .isEqualTo(code);
        assertThat(network.requests).hasSize(1);
    }

    /** OkHttp throws an ArrayIndexOutOfBoundsException at this one, also without us. */
    @Test
    void redirectToAnAddressOfNineGroups_isTheResponse() throws IOException {
        assertThat(send(new OkHttpClient.Builder(), 307, "https://gw.example.com/from", "https://[0:0:0:0:0:0:0::1]/"))
                .isEqualTo(307);
        assertThat(network.requests).hasSize(1);
        assertThat(network.spans()).hasSize(1);
    }

    @Test
    void upgradeToAWebSocket_isNotFollowed() throws IOException {
        OkHttpClient client = client(new OkHttpClient.Builder(), 307, "/to");
        Request request = Requests.get("https://gw.example.com/from", "Upgrade", "websocket");

        assertThat(Requests.status(client, request)).isEqualTo(307);
        assertThat(network.requests).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource({"302, GET, ,", "308, POST, text/plain, 2"})
    void headersOfTheBody_goWhereItGoes(int code, String method, String type, String length) throws IOException {
        send(new OkHttpClient.Builder(), code, "https://gw.example.com/from", "/to");

        Request hop = network.requests.get(1);
        assertThat(hop.method()).isEqualTo(method);
        assertThat(hop.body() != null).isEqualTo(method.equals("POST"));
        assertThat(hop.header("Content-Type")).isEqualTo(type);
        assertThat(hop.header("Content-Length")).isEqualTo(length);
        assertThat(hop.header("Transfer-Encoding")).isEqualTo(method.equals("POST") ? "identity" : null);
    }

    @Test
    void bodyOfAHop_isNoConcernOfAnybodys() throws IOException {
        send(new OkHttpClient.Builder(), 307, "https://gw.example.com/from", "/to");

        assertThat(network.outcomes()).containsExactly("completed", "completed");
    }

    @Test
    void callThatIsCancelledBetweenHops_makesNoOther() {
        OkHttpClient client = client(new OkHttpClient.Builder(), 307, "/to");
        AtomicReference<Call> call = new AtomicReference<>();
        call.set(client.newCall(Requests.get("https://gw.example.com/from")));
        uponRedirect = () -> call.get().cancel();

        assertThatThrownBy(() -> call.get().execute())
                .isInstanceOf(IOException.class)
                .hasMessage("Canceled");
        assertThat(network.requests).hasSize(1);
    }

    private int send(OkHttpClient.Builder builder, int code, String from, String location) throws IOException {
        Request request = new Request.Builder()
                .url(from)
                .post(RequestBody.create("{}", MediaType.get("text/plain")))
                .header("Content-Type", "text/plain")
                .header("Content-Length", "2")
                .header("Transfer-Encoding", "identity")
                .header("Authorization", "secret")
                .header("Proxy-Authorization", "secret")
                .header("Cookie2", "secret")
                .header("X-Other", "kept")
                .build();
        try (Response response =
                client(builder, code, location).newCall(request).execute()) {
            response.body().string();
            return response.code();
        }
    }

    private OkHttpClient client(OkHttpClient.Builder builder, int code, String location) {
        Headers headers = location == null ? Headers.of() : Headers.of("Location", location);
        return network.propagation()
                .destinations(DestinationPolicy.configuredOrigin())
                .build()
                .instrument(builder, "https://gw.example.com")
                .addInterceptor(chain -> {
                    network.requests.add(chain.request());
                    if (network.requests.size() > 1) {
                        return FakeNetwork.answer(chain.request(), 200, Headers.of());
                    }
                    uponRedirect.run();
                    return FakeNetwork.answer(chain.request(), code, headers);
                })
                .build();
    }
}
