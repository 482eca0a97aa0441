package dev.llmpropagation.comparison;

import java.io.IOException;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import okio.Okio;
import okio.Sink;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/** The cost of a chunk of a streamed answer. What the request itself costs is spread over so many that it vanishes. */
public class ChunkBenchmark extends NanosBenchmark {

    private static final int CHUNKS = 100_000;

    @Param({"PLAIN", "RECORDING"})
    public Variant variant;

    private final Sink nowhere = Okio.blackhole();
    private OkHttpClient client;

    @Setup
    public void connect() {
        OkHttpClient.Builder builder = new OkHttpClient.Builder();
        variant.into(builder);
        client = builder.addInterceptor(chain -> Canned.response(chain.request(), CHUNKS))
                .build();
    }

    @Benchmark
    @OperationsPerInvocation(CHUNKS)
    public long chunk() throws IOException {
        try (Response response = client.newCall(Canned.REQUEST).execute()) {
            return response.body().source().readAll(nowhere);
        }
    }
}
