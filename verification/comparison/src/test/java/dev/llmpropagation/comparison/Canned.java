package dev.llmpropagation.comparison;

import java.io.IOException;
import java.util.List;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.Connection;
import okhttp3.Headers;
import okhttp3.Interceptor;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.Timeout;

/** A model service that answers at once, without a network. */
final class Canned {

    static final Request REQUEST = new Request.Builder()
            .url(Variant.BASE_URL + "/chat/completions")
            .header("Authorization", "Bearer 0123456789abcdef0123456789abcdef")
            .header("Accept", "application/json")
            .header("User-Agent", "OpenAI/Java 4.100.0")
            .header("X-Stainless-Arch", "x64")
            .header("X-Stainless-Lang", "java")
            .header("X-Stainless-OS", "Linux")
            .header("X-Stainless-Package-Version", "4.100.0")
            .header("X-Stainless-Retry-Count", "0")
            .post(RequestBody.create("{\"model\":\"m\",\"messages\":[]}", MediaType.get("application/json")))
            .build();

    private static final Headers HEADERS = Headers.of(
            "Content-Type", "application/json",
            "Date", "Sat, 21 Nov 2026 00:00:00 GMT",
            "Server", "canned",
            "X-Request-Id", "req_0123456789");
    private static final byte[] CHUNK = new byte[200];
    private static final MediaType JSON = MediaType.get("application/json");

    private Canned() {}

    static Response response(Request request, int chunks) {
        return new Response.Builder()
                .request(request)
                .protocol(Protocol.HTTP_1_1)
                .code(200)
                .message("OK")
                .headers(HEADERS)
                .body(new ChunkedBody(JSON, CHUNK, chunks))
                .build();
    }

    /** The models of a service that has none: the least that an SDK can ask for and parse. */
    static Response models(Request request) {
        return new Response.Builder()
                .request(request)
                .protocol(Protocol.HTTP_1_1)
                .code(200)
                .message("OK")
                .headers(HEADERS)
                .body(ResponseBody.create("{\"object\":\"list\",\"data\":[]}", JSON))
                .build();
    }

    /** The interceptors of this client around {@link #response}, without OkHttp around them. */
    static Response throughInterceptors(OkHttpClient client, Request request) throws IOException {
        FakeCall call = new FakeCall(request);
        return new FakeChain(call, client.interceptors(), 0, request).proceed(request);
    }

    private record FakeChain(FakeCall call, List<Interceptor> interceptors, int index, Request request)
            implements Interceptor.Chain {

        @Override
        public Response proceed(Request request) throws IOException {
            return index == interceptors.size()
                    ? response(request, 1)
                    : interceptors.get(index).intercept(new FakeChain(call, interceptors, index + 1, request));
        }

        @Override
        public Connection connection() {
            return null;
        }

        @Override
        public int connectTimeoutMillis() {
            return 0;
        }

        @Override
        public Interceptor.Chain withConnectTimeout(int timeout, java.util.concurrent.TimeUnit unit) {
            return this;
        }

        @Override
        public int readTimeoutMillis() {
            return 0;
        }

        @Override
        public Interceptor.Chain withReadTimeout(int timeout, java.util.concurrent.TimeUnit unit) {
            return this;
        }

        @Override
        public int writeTimeoutMillis() {
            return 0;
        }

        @Override
        public Interceptor.Chain withWriteTimeout(int timeout, java.util.concurrent.TimeUnit unit) {
            return this;
        }
    }

    private static final class FakeCall implements Call {
        private final Request request;

        FakeCall(Request request) {
            this.request = request;
        }

        @Override
        public Request request() {
            return request;
        }

        @Override
        public Response execute() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void enqueue(Callback callback) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void cancel() {}

        @Override
        public boolean isExecuted() {
            return true;
        }

        @Override
        public boolean isCanceled() {
            return false;
        }

        @Override
        public Timeout timeout() {
            return Timeout.NONE;
        }

        @Override
        @SuppressWarnings("MethodDoesntCallSuperMethod")
        public Call clone() {
            return new FakeCall(request);
        }
    }
}
