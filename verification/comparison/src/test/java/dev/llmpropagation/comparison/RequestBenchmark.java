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
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The cost of a request: made, answered at once, its body read to the end. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
@Fork(2)
@Warmup(iterations = 4, time = 1)
@Measurement(iterations = 5, time = 1)
public class RequestBenchmark {

    @Param
    public Variant variant;

    private final Sink nowhere = Okio.blackhole();
    private OkHttpClient steps;
    private OkHttpClient client;

    @Setup
    public void connect() {
        OkHttpClient.Builder builder = new OkHttpClient.Builder();
        variant.into(builder);
        steps = builder.build();
        client = builder.addInterceptor(chain -> Canned.response(chain.request(), 1))
                .build();
    }

    /** The interceptors by themselves, through a fake chain. */
    @Benchmark
    public long steps() throws IOException {
        return read(Canned.throughSteps(steps, Canned.REQUEST));
    }

    /** The same within a whole call of OkHttp. */
    @Benchmark
    public long call() throws IOException {
        return read(client.newCall(Canned.REQUEST).execute());
    }

    private long read(Response response) throws IOException {
        try (response) {
            return response.body().source().readAll(nowhere);
        }
    }
}
