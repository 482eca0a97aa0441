package dev.llmpropagation.scenarios.samples;

import com.google.genai.Client;
import com.google.genai.types.File;
import com.google.genai.types.UploadFileConfig;
import com.openai.client.OpenAIClient;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.destination.DestinationPolicy;
import dev.llmpropagation.destination.OtlpEndpoints;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.openai.OpenAiCompatible;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/** The samples of docs/propagation.md. */
final class PropagationSamples {

    static final ContextKey<String> AGENT_ID = ContextKey.named("agent-id");

    private PropagationSamples() {}

    static LlmPropagation correlationHeader(OpenTelemetry openTelemetry) {
        // sample: correlationHeader
        LlmPropagation propagation = LlmPropagation.builder(openTelemetry)
                .correlationHeader("X-Agent-Id", () -> Context.current().get(AGENT_ID))
                .build();
        // end
        return propagation;
    }

    static LlmPropagation destinations(OpenTelemetry openTelemetry) {
        // sample: destinations
        LlmPropagation propagation = LlmPropagation.builder(openTelemetry)
                .destinations(DestinationPolicy.hosts("gw.example.com", "*.corp.example", "10.0.0.0/8"))
                .sessionDestinations(DestinationPolicy.hosts("gw.example.com"))
                .build();
        // end
        return propagation;
    }

    static String explain(LlmPropagation propagation) {
        // sample: explain
        String why = propagation.explain("https://api.corp.example/v1/chat/completions");
        // end
        return why;
    }

    static LlmPropagation otlp(OpenTelemetry openTelemetry, String collector) {
        // sample: otlp
        LlmPropagation propagation = LlmPropagation.builder(openTelemetry)
                .otlpEndpoints(OtlpEndpoints.builder().endpoint(collector).build())
                .build();
        // end
        return propagation;
    }

    static LlmPropagation supplier(OpenTelemetry openTelemetry, Supplier<String> currentId) {
        // sample: supplier
        LlmPropagation propagation =
                LlmPropagation.builder(openTelemetry).sessionId(currentId::get).build();
        // end
        return propagation;
    }

    static int session(OkHttpClient client, Request request) throws Exception {
        // sample: session
        try (Scope ignored = LlmSession.of("session-1").makeCurrent();
                Response response = client.newCall(request).execute()) {
            return response.code();
        }
        // end
    }

    static OkHttpClient okHttp(LlmPropagation propagation, String baseUrl) {
        // sample: okhttp
        OkHttpClient client =
                propagation.instrument(new OkHttpClient.Builder(), baseUrl).build();
        // end
        return client;
    }

    static OpenAIClient service(LlmPropagation propagation, String gateway, String key) {
        // sample: service
        OpenAIClient client = OpenAiClientFactory.builder(propagation)
                .service(OpenAiCompatible.DASHSCOPE)
                .build()
                .client(sdk -> sdk.baseUrl(gateway).apiKey(key));
        // end
        return client;
    }

    static CompletableFuture<File> geminiUpload(
            GeminiClientFactory gemini, Client client, byte[] bytes, UploadFileConfig config) {
        // sample: callersServices
        CompletableFuture<File> file = gemini.async(client).files.upload(bytes, config);
        // end
        return file;
    }

    static CompletableFuture<String> geminiContinuation(Client client, Supplier<String> inContext) {
        // sample: continuation
        CompletableFuture<String> text = client.async
                .models
                .generateContent("gemini-2.5-flash", "Hi", null)
                .thenApply(Context.current().wrapFunction(answer -> answer.text() + inContext.get()));
        // end
        return text;
    }
}
