package dev.llmpropagation.comparison;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.internal.http.ClientInstrumenter;
import dev.llmpropagation.internal.http.ClientProfile;
import dev.llmpropagation.internal.model.ModelOperation;
import dev.llmpropagation.internal.model.RequestFacts;
import dev.llmpropagation.internal.model.RequestScanner;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import okhttp3.MediaType;
import okhttp3.OkHttpClient;
import okhttp3.Protocol;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okio.Okio;
import okio.Sink;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** What the span of a model call adds to its attempt: for a call, for a chunk of a stream, for a large request. */
public class ModelCallBenchmark extends NanosBenchmark {

    private static final int CHUNKS = 100_000;
    private static final MediaType JSON = MediaType.get("application/json");
    private static final MediaType EVENTS = MediaType.get("text/event-stream");
    private static final byte[] ANSWER = ("{\"id\":\"chatcmpl-BxQ1\",\"object\":\"chat.completion\",\"created\":1,"
                    + "\"model\":\"gpt-4.1-2026-01-01\",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\","
                    + "\"content\":\"" + "words and words ".repeat(20) + "\",\"refusal\":null},\"logprobs\":null,"
                    + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":412,\"completion_tokens\":80,"
                    + "\"total_tokens\":492,\"prompt_tokens_details\":{\"cached_tokens\":128},"
                    + "\"completion_tokens_details\":{\"reasoning_tokens\":0}},\"service_tier\":\"default\"}")
            .getBytes(StandardCharsets.UTF_8);
    private static final byte[] EVENT = ("data: {\"id\":\"chatcmpl-BxQ1\",\"object\":\"chat.completion.chunk\","
                    + "\"created\":1700000000,\"model\":\"gpt-4.1\",\"choices\":[{\"index\":0,\"delta\":"
                    + "{\"content\":\" word\"},\"logprobs\":null,\"finish_reason\":null}]}\n\n")
            .getBytes(StandardCharsets.UTF_8);

    /** Who makes a span for the model call. */
    @Param
    public Maker span;

    /** Who makes a span for the model call. */
    public enum Maker {
        /** Nobody. */
        NONE,
        /** An interceptor, of constants, by the API of OpenTelemetry alone: what no reader of a body can go below. */
        FLOOR,
        /** The client. */
        CLIENT
    }

    private final Sink nowhere = Okio.blackhole();
    private OkHttpClient client;
    private OkHttpClient streaming;
    private Request request;

    @Setup
    public void connect() {
        OpenTelemetry sdk = Variant.sdk(Sampler.alwaysOn());
        LlmPropagation propagation = LlmPropagation.builder(sdk)
                .sessionId(() -> "5e0c5b1e-6f3c-4d0e-9a53-0d2b7c1f9e11")
                .modelCalls(span == Maker.CLIENT)
                .build();
        ClientProfile profile =
                ClientProfile.of(Origin.parse("baseUrl", Variant.BASE_URL)).withModelCalls(url -> null);
        OkHttpClient.Builder builder = new OkHttpClient.Builder();
        if (span == Maker.FLOOR) {
            builder.addInterceptor(new ModelCallFloor(sdk));
        }
        client = ClientInstrumenter.OF_PROPAGATION
                .behind(propagation)
                .instrument(builder, profile)
                .addInterceptor(chain -> response(chain.request(), JSON, ANSWER, 1))
                .build();
        streaming = ClientInstrumenter.OF_PROPAGATION
                .behind(propagation)
                .instrument(new OkHttpClient.Builder(), profile)
                .addInterceptor(chain -> response(chain.request(), EVENTS, EVENT, CHUNKS))
                .build();
        request = Canned.REQUEST
                .newBuilder()
                .post(RequestBody.create(body(2_000), JSON))
                .build();
    }

    /** A request of 2 kB and its answer. */
    @Benchmark
    public long call() throws IOException {
        try (Response response = client.newCall(request).execute()) {
            return response.body().source().readAll(nowhere);
        }
    }

    /** A chunk of a streamed answer, without usage. */
    @Benchmark
    @OperationsPerInvocation(CHUNKS)
    public long chunk() throws IOException {
        try (Response response = streaming.newCall(request).execute()) {
            return response.body().source().readAll(nowhere);
        }
    }

    private static Response response(Request request, MediaType type, byte[] chunk, int chunks) {
        return new Response.Builder()
                .request(request)
                .protocol(Protocol.HTTP_1_1)
                .code(200)
                .message("OK")
                .body(new ChunkedBody(type, chunk, chunks))
                .build();
    }

    /** A chat request of about so many bytes. */
    static byte[] body(int bytes) {
        StringBuilder text = new StringBuilder(
                "{\"model\":\"gpt-4.1\",\"temperature\":0.2,\"max_completion_tokens\":1024,\"messages\":[");
        for (int i = 0; text.length() < bytes - 220; i++) {
            text.append(i == 0 ? "" : ",")
                    .append("{\"role\":\"user\",\"content\":\"")
                    .append("What is in this folder, and \\\"why\\\"? ".repeat(5))
                    .append("\"}");
        }
        return text.append("]}").toString().getBytes(StandardCharsets.UTF_8);
    }

    /** A request of 1 MB, read. */
    @BenchmarkMode(Mode.AverageTime)
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    @State(Scope.Benchmark)
    @Fork(value = 3, jvmArgs = "-XX:+UseSerialGC")
    @Warmup(iterations = 5, time = 1)
    @Measurement(iterations = 5, time = 1)
    public static class Large {

        private final RequestBody body = RequestBody.create(body(1 << 20), JSON);
        private ModelOperation call;

        @Setup
        public void recognise() {
            call = ModelOperation.recognise(Canned.REQUEST);
        }

        @Benchmark
        public RequestFacts scan() {
            return RequestScanner.read(call, body);
        }
    }
}
