package dev.llmpropagation.comparison;

import java.io.IOException;
import okhttp3.Call;
import okhttp3.OkHttpClient;
import okhttp3.Response;
import okio.Okio;
import okio.Sink;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** The cost of a request: made, answered at once, its body read to the end. */
public class RequestBenchmark extends NanosBenchmark {

    private final Sink nowhere = Okio.blackhole();

    /** A whole call of OkHttp, as a program makes it. */
    @Benchmark
    public long call(Calls calls) throws IOException {
        return read(calls.factory.newCall(Canned.REQUEST).execute());
    }

    /** The interceptors by themselves. */
    @Benchmark
    public long interceptors(Interceptors interceptors) throws IOException {
        return read(Canned.throughInterceptors(interceptors.client, Canned.REQUEST));
    }

    private long read(Response response) throws IOException {
        try (response) {
            return response.body().source().readAll(nowhere);
        }
    }

    @State(Scope.Benchmark)
    public static class Calls {

        @Param({
            "PLAIN",
            "NOTHING_TO_SEND",
            "SESSION_HEADER_ALONE",
            "UNSAMPLED",
            "RECORDING",
            "RECORDING_TRACE_ALONE",
            "OPENTELEMETRY",
            "FLOOR",
            "BRAVE"
        })
        public Variant variant;

        private Call.Factory factory;

        @Setup
        public void connect() {
            OkHttpClient.Builder builder = new OkHttpClient.Builder();
            variant.into(builder);
            builder.addInterceptor(chain -> Canned.response(chain.request(), 1));
            factory = variant.factory(builder.build());
        }
    }

    @State(Scope.Benchmark)
    public static class Interceptors {

        @Param({
            "PLAIN",
            "NOTHING_TO_SEND",
            "SESSION_HEADER_ALONE",
            "UNSAMPLED",
            "RECORDING",
            "RECORDING_TRACE_ALONE",
            "OPENTELEMETRY_INTERCEPTORS",
            "FLOOR",
            "BRAVE"
        })
        public Variant variant;

        private OkHttpClient client;

        @Setup
        public void connect() {
            OkHttpClient.Builder builder = new OkHttpClient.Builder();
            variant.into(builder);
            client = builder.build();
        }
    }
}
