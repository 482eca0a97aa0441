package dev.llmpropagation.verification.samples;

import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.verification.ClientConformance;
import dev.llmpropagation.verification.ClientUnderTest;
import dev.llmpropagation.verification.Promise;
import io.opentelemetry.api.OpenTelemetry;
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
    protected Set<Promise> without() {
        return Set.of(Promise.RETRY);
    }
}
