package dev.llmpropagation.comparison;

import com.openai.client.OpenAIClient;
import com.openai.client.OpenAIClientAsync;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.client.okhttp.OpenAIOkHttpClientAsync;
import com.openai.models.models.ModelListPage;
import com.openai.models.models.ModelListPageAsync;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.openai.OpenAiClientFactory;
import io.opentelemetry.api.OpenTelemetry;
import okhttp3.OkHttpClient;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;

/**
 * A call of the OpenAI SDK, bare and through the facade. A fake service answers it before the step that makes spans and
 * headers, so the difference is the facade and what finds its caller again. Bytes are those of the threads that live on; a
 * future of the SDK goes through several.
 */
public class FacadeBenchmark extends NanosBenchmark {

    @Param({"BARE", "FACADE"})
    public String variant;

    private OpenAIClient sync;
    private OpenAIClientAsync async;

    @Setup
    public void connect() {
        OkHttpClient service = new OkHttpClient.Builder()
                .addInterceptor(chain -> Canned.models(chain.request()))
                .build();
        if (variant.equals("BARE")) {
            sync = OpenAIOkHttpClient.builder()
                    .apiKey("k")
                    .okHttpClient(service)
                    .build();
            async = OpenAIOkHttpClientAsync.builder()
                    .apiKey("k")
                    .okHttpClient(service)
                    .build();
        } else {
            OpenAiClientFactory factory = OpenAiClientFactory.builder(
                            LlmPropagation.builder(OpenTelemetry.noop()).build())
                    .httpClient(service)
                    .build();
            sync = factory.client(sdk -> sdk.apiKey("k"));
            async = factory.asyncClient(sdk -> sdk.apiKey("k"));
        }
    }

    @Benchmark
    public ModelListPage sync() {
        return sync.models().list();
    }

    @Benchmark
    public ModelListPageAsync async() {
        return async.models().list().join();
    }
}
