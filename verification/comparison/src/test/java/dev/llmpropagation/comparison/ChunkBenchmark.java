package dev.llmpropagation.comparison;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
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

/** The cost of a chunk of a streamed answer. What the request itself costs is spread over so many that it vanishes. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Fork(value = 3, jvmArgs = "-XX:+UseSerialGC")
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
public class ChunkBenchmark {

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
