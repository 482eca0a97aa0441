package dev.llmpropagation.frameworks;

import com.anthropic.core.RequestOptions;
import com.anthropic.core.http.Headers;
import com.anthropic.core.http.HttpClient;
import com.anthropic.core.http.HttpRequest;
import com.anthropic.core.http.HttpRequestBody;
import com.anthropic.core.http.HttpResponse;
import com.anthropic.errors.AnthropicIoException;
import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CompletableFuture;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.BufferedSink;

/** Sends what anthropic-java asks for by an OkHttpClient of the program's. */
public final class AnthropicTransport implements HttpClient {

    private final OkHttpClient client;

    /** @param client from {@code propagation.instrument(builder, baseUrl).build()} */
    public AnthropicTransport(OkHttpClient client) {
        this.client = client;
    }

    @Override
    public HttpResponse execute(HttpRequest request, RequestOptions options) {
        try {
            return new Answer(call(request).execute());
        } catch (IOException e) {
            throw new AnthropicIoException("Request failed", e);
        }
    }

    @Override
    public CompletableFuture<HttpResponse> executeAsync(HttpRequest request, RequestOptions options) {
        CompletableFuture<HttpResponse> answer = new CompletableFuture<>();
        Call call = call(request);
        answer.whenComplete((response, failure) -> {
            if (answer.isCancelled()) {
                call.cancel();
            }
        });
        call.enqueue(new Callback() {
            @Override
            public void onResponse(Call done, Response response) {
                if (!answer.complete(new Answer(response))) {
                    response.close();
                }
            }

            @Override
            public void onFailure(Call failed, IOException e) {
                answer.completeExceptionally(new AnthropicIoException("Request failed", e));
            }
        });
        return answer;
    }

    private Call call(HttpRequest request) {
        Request.Builder copy = new Request.Builder().url(request.url());
        for (String name : request.headers().names()) {
            request.headers().values(name).forEach(value -> copy.addHeader(name, value));
        }
        return client.newCall(copy.method(
                        request.method().name(),
                        request.body().map(AnthropicTransport::body).orElse(null))
                .build());
    }

    private static RequestBody body(HttpRequestBody body) {
        return new RequestBody() {
            @Override
            public MediaType contentType() {
                return body.contentType() == null ? null : MediaType.parse(body.contentType());
            }

            @Override
            public long contentLength() {
                return body.contentLength();
            }

            @Override
            public boolean isOneShot() {
                return !body.repeatable();
            }

            @Override
            public void writeTo(BufferedSink sink) {
                body.writeTo(sink.outputStream());
            }
        };
    }

    @Override
    public void close() {
        client.dispatcher().executorService().shutdown();
        client.connectionPool().evictAll();
    }

    private record Answer(Response response) implements HttpResponse {
        @Override
        public int statusCode() {
            return response.code();
        }

        @Override
        public Headers headers() {
            Headers.Builder headers = Headers.builder();
            response.headers().forEach(header -> headers.put(header.getFirst(), header.getSecond()));
            return headers.build();
        }

        @Override
        public InputStream body() {
            return response.body().byteStream();
        }

        @Override
        public void close() {
            response.close();
        }
    }
}
