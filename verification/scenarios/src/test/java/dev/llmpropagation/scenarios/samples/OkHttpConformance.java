package dev.llmpropagation.scenarios.samples;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.testkit.ClientConformance;
import dev.llmpropagation.testkit.ClientUnderTest;
import dev.llmpropagation.testkit.Promise;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import java.util.Set;
import okhttp3.OkHttpClient;

class OkHttpConformance extends ClientConformance {

    @Override
    protected ClientUnderTest client(OpenTelemetry openTelemetry, String baseUrl) {
        LlmPropagation propagation = LlmPropagation.builder(openTelemetry).build();
        OkHttpClient client =
                propagation.instrument(new OkHttpClient.Builder(), baseUrl).build();
        return ClientUnderTest.of(client, baseUrl, () -> {});
    }

    @Override
    protected Context withSession(Context context, String id) {
        return context.with(LlmSession.of(id));
    }

    @Override
    protected Set<Promise> without() {
        return Set.of(Promise.RETRY);
    }
}
