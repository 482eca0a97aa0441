package dev.llmpropagation.scenarios.conformance;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.testkit.ClientConformance;
import dev.llmpropagation.testkit.ClientUnderTest;
import dev.llmpropagation.testkit.Promise;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
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

    @Override
    protected Context withSession(Context context, String id) {
        return context.with(LlmSession.of(id));
    }

    /** OkHttp alone does not retry. */
    @Override
    protected Set<Promise> without() {
        return Set.of(Promise.RETRY);
    }
}
