package dev.llmpropagation.scenarios.beside;

import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import com.openai.client.OpenAIClient;
import com.openai.core.http.AsyncStreamResponse;
import com.openai.core.http.StreamResponse;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.fixtures.ChatQuestion;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.scenarios.samples.Telemetry;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import java.util.concurrent.TimeUnit;

/** The program that the agent is attached to: one call of each kind with both SDKs, each under a span of its own. */
public final class ModelCalls {

    static final String SESSION = "session-1";

    /** Marks the spans of this program, by an attribute. */
    static final String PROGRAM = "program";

    /** The call that a span of another instrumentation tells of already. */
    static final String TOLD = "told";

    static final String OPERATION = "gen_ai.operation.name";

    /** Number of calls. */
    static final int COUNT = 11;

    /** How many of them reach no server. */
    static final int REFUSED = 1;

    private static final long PATIENCE_SECONDS = 60;
    private static final ChatCompletionCreateParams CHAT = ChatQuestion.of("hi");

    private final Tracer tracer;
    private final OpenAIClient openai;
    private final Client gemini;
    private final OpenAIClient nowhere;

    private ModelCalls(OpenTelemetry openTelemetry, String server) {
        LlmPropagation propagation = LlmPropagation.builder(openTelemetry).build();
        tracer = openTelemetry.getTracer(PROGRAM);
        OpenAiClientFactory factory = OpenAiClientFactory.create(propagation);
        openai = factory.client(sdk -> sdk.baseUrl(server + "/v1").apiKey("key"));
        nowhere = factory.client(
                sdk -> sdk.baseUrl("http://localhost:1/v1").apiKey("key").maxRetries(0));
        gemini = GeminiClientFactory.create(propagation).client(sdk -> sdk.apiKey("key")
                .httpOptions(HttpOptions.builder().baseUrl(server).build()));
    }

    /** @param arguments base URL of the services; endpoint of a collector for an SDK of the program's own, if it has one */
    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 1) {
            new ModelCalls(GlobalOpenTelemetry.get(), arguments[0]).run();
            return;
        }
        try (OpenTelemetrySdk own = Telemetry.to(arguments[1])) {
            new ModelCalls(own, arguments[0]).run();
        }
    }

    private void run() throws Exception {
        try {
            call("chat", () -> openai.chat().completions().create(CHAT).id());
            call("chat stream", this::chatStream);
            call("chat async", () -> openai.async()
                    .chat()
                    .completions()
                    .create(CHAT)
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .id());
            call("chat async stream", this::chatAsyncStream);
            call("embeddings", () -> openai.embeddings()
                    .create(EmbeddingCreateParams.builder()
                            .model("e")
                            .input("hi")
                            .build())
                    .model());
            call("gemini", () -> gemini.models.generateContent("m", "hi", null).text());
            call("gemini stream", () -> read(gemini.models.generateContentStream("m", "hi", null)));
            call("gemini async", () -> gemini.async
                    .models
                    .generateContent("m", "hi", null)
                    .get(PATIENCE_SECONDS, TimeUnit.SECONDS)
                    .text());
            call(
                    "gemini async stream",
                    () -> read(gemini.async
                            .models
                            .generateContentStream("m", "hi", null)
                            .get(PATIENCE_SECONDS, TimeUnit.SECONDS)));
            call("refused", this::refused);
            call(TOLD, () -> openai.chat().completions().create(CHAT).id());
        } finally {
            openai.close();
            nowhere.close();
            gemini.close();
        }
    }

    private String chatStream() {
        try (StreamResponse<ChatCompletionChunk> response =
                openai.chat().completions().createStreaming(CHAT)) {
            return String.valueOf(response.stream().count());
        }
    }

    private String chatAsyncStream() throws Exception {
        AsyncStreamResponse<ChatCompletionChunk> response =
                openai.async().chat().completions().createStreaming(CHAT);
        response.subscribe(chunk -> {});
        response.onCompleteFuture().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
        return "";
    }

    private static String read(ResponseStream<GenerateContentResponse> response) {
        try (response) {
            int chunks = 0;
            for (GenerateContentResponse chunk : response) {
                chunks += chunk.text() == null ? 0 : 1;
            }
            return String.valueOf(chunks);
        }
    }

    private String refused() {
        try {
            return nowhere.chat().completions().create(CHAT).id();
        } catch (RuntimeException e) {
            return "refused";
        }
    }

    private void call(String name, ThrowingSupplier call) throws Exception {
        SpanBuilder builder = tracer.spanBuilder(name).setAttribute(PROGRAM, true);
        if (name.equals(TOLD)) {
            builder.setAttribute(OPERATION, "chat");
        }
        Span span = builder.startSpan();
        try (Scope ignored =
                LlmSession.of(SESSION).storeInContext(Context.root().with(span)).makeCurrent()) {
            System.out.println(name + ": " + call.get());
        } finally {
            span.end();
        }
    }

    private interface ThrowingSupplier {
        String get() throws Exception;
    }
}
