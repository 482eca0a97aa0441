package dev.llmpropagation.comparison;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathEqualTo;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.MappingBuilder;
import com.github.tomakehurst.wiremock.http.Fault;
import dev.llmpropagation.fixtures.LocalServer;
import dev.llmpropagation.fixtures.Requests;
import java.io.IOException;
import java.net.ProtocolException;
import java.net.SocketException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;

/** The calls whose telemetry is compared, all to the path {@code /call}. */
enum Traffic {
    OK(any(urlPathEqualTo("/call")).willReturn(aResponse().withBody("fine"))),
    NOT_FOUND(
            any(urlPathEqualTo("/call")).willReturn(aResponse().withStatus(404).withBody("no such thing"))),
    SERVER_ERROR(
            any(urlPathEqualTo("/call")).willReturn(aResponse().withStatus(500).withBody("broken"))),
    EMPTY(any(urlPathEqualTo("/call")).willReturn(aResponse().withStatus(204))),
    REDIRECT(any(urlPathEqualTo("/call")).willReturn(aResponse().withStatus(302).withHeader("Location", "/target"))),
    RESET(any(urlPathEqualTo("/call")).willReturn(aResponse().withFault(Fault.CONNECTION_RESET_BY_PEER))),
    CUT_IN_BODY(any(urlPathEqualTo("/call")).willReturn(aResponse().withFault(Fault.MALFORMED_RESPONSE_CHUNK))) {
        @Override
        void send(Call call, Consumer<Response> headersRead) throws IOException {
            try {
                super.send(call, headersRead);
            } catch (ProtocolException e) {
                // as it must be
            }
        }
    },
    STREAM(any(urlPathEqualTo("/call"))
            .willReturn(aResponse()
                    .withHeader("Content-Type", "text/event-stream")
                    .withBody("data: 1\n\ndata: 2\n\n")
                    .withChunkedDribbleDelay(2, 50))),
    REFUSED(null) {
        @Override
        Request request(String baseUrl) {
            return Requests.get("http://localhost:" + CLOSED_PORT + "/call");
        }
    },
    UNKNOWN_METHOD(OK.stub) {
        @Override
        Request request(String baseUrl) {
            return super.request(baseUrl).newBuilder().method("PURGE", null).build();
        }
    },
    POST(OK.stub) {
        @Override
        Request request(String baseUrl) {
            return super.request(baseUrl)
                    .newBuilder()
                    .post(RequestBody.create("{}", MediaType.get("application/json")))
                    .build();
        }
    },
    SECRET_IN_QUERY(OK.stub) {
        @Override
        Request request(String baseUrl) {
            return Requests.get(baseUrl + "/call?key=s3cret&alt=sse&sig=s3cret");
        }
    },
    ASYNC(OK.stub) {
        @Override
        void send(Call call, Consumer<Response> headersRead) {
            enqueue(call, headersRead).join();
        }
    },
    CLOSED_EARLY(STREAM.stub) {
        @Override
        void send(Call call, Consumer<Response> headersRead) throws IOException {
            try (Response response = call.execute()) {
                headersRead.accept(response);
                response.body().source().readUtf8Line();
            }
        }
    },
    CANCELLED(any(urlPathEqualTo("/call")).willReturn(aResponse().withFixedDelay(60_000))) {
        @Override
        void sent(Call call) {
            call.cancel();
        }

        @Override
        void send(Call call, Consumer<Response> headersRead) {
            enqueue(call, headersRead).exceptionally(canceled -> null).join();
        }
    };

    static final int CLOSED_PORT = LocalServer.closedPort();

    private final MappingBuilder stub;

    Traffic(MappingBuilder stub) {
        this.stub = stub;
    }

    void prepare(WireMockServer server) {
        server.resetAll();
        server.stubFor(any(urlPathEqualTo("/target")).willReturn(aResponse().withBody("here")));
        if (stub != null) {
            server.stubFor(stub);
        }
    }

    Request request(String baseUrl) {
        return Requests.get(baseUrl + "/call");
    }

    /** Called when the request's headers have been written. */
    void sent(Call call) {}

    /**
     * Makes the call to its end.
     *
     * @param headersRead to be told before the body is read
     */
    void send(Call call, Consumer<Response> headersRead) throws IOException {
        try (Response response = call.execute()) {
            headersRead.accept(response);
            response.body().string();
        } catch (SocketException e) {
            // refused and reset, as they must be
        }
    }

    private static CompletableFuture<Void> enqueue(Call call, Consumer<Response> headersRead) {
        CompletableFuture<Void> done = new CompletableFuture<>();
        call.enqueue(new Callback() {
            @Override
            public void onFailure(Call failed, IOException e) {
                done.completeExceptionally(e);
            }

            @Override
            public void onResponse(Call answered, Response response) throws IOException {
                try (response) {
                    headersRead.accept(response);
                    response.body().string();
                }
                done.complete(null);
            }
        });
        return done;
    }
}
