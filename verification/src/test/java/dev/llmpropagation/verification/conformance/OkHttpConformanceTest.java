package dev.llmpropagation.verification.conformance;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.verification.ClientConformance;
import dev.llmpropagation.verification.ClientUnderTest;
import dev.llmpropagation.verification.Promise;
import io.opentelemetry.api.OpenTelemetry;
import java.util.Set;
import okhttp3.Dispatcher;
import okhttp3.OkHttpClient;

/** Any OkHttpClient, with fewer slots than calls. */
class OkHttpConformanceTest extends ClientConformance {

    @Override
    protected ClientUnderTest client(OpenTelemetry openTelemetry, String baseUrl) {
        Dispatcher five = new Dispatcher();
        five.setMaxRequestsPerHost(5);
        OkHttpClient client = LlmPropagation.builder(openTelemetry)
                .build()
                .instrument(new OkHttpClient.Builder().dispatcher(five), baseUrl)
                .build();
        return ClientUnderTest.of(client, baseUrl, () -> {
            client.dispatcher().executorService().shutdown();
            client.connectionPool().evictAll();
        });
    }

    /** OkHttp alone does not retry. */
    @Override
    protected Set<Promise> without() {
        return Set.of(Promise.RETRY);
    }
}
