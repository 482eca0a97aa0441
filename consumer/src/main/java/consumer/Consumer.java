package consumer;

import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.openai.client.OpenAIClient;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Both SDKs and the OTLP exporter in one program, with the versions that the BOM gives it. */
public final class Consumer {

    private static final Pattern JACKSON = Pattern.compile("jackson-[a-z0-9-]+?-(\\d+\\.\\d+).*\\.jar");
    private static final Map<String, String> ANSWERS =
            Map.of("/v1/chat/completions", """
            {"id":"1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"finish_reason":"stop",\
            "message":{"role":"assistant","content":"from OpenAI","refusal":null},"logprobs":null}]}""", "/v1beta/models/m:generateContent", """
            {"candidates":[{"content":{"role":"model","parts":[{"text":"from Gemini"}]}}]}""", "/v1/traces", "");

    private final Map<String, Map<String, List<String>>> received = new ConcurrentHashMap<>();

    public static void main(String[] args) throws IOException {
        checkClassPath();
        new Consumer().run();
        System.out.println("Consumer: one OkHttp, one Jackson; both SDKs and the OTLP exporter work.");
        System.exit(0); // the exporter's threads would linger
    }

    private static void checkClassPath() throws IOException {
        var okHttps = Collections.list(Consumer.class.getClassLoader().getResources("okhttp3/OkHttpClient.class"));
        check(okHttps.size() == 1, "one OkHttp on the class path", okHttps);
        TreeSet<String> jacksons = new TreeSet<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
            Matcher jackson = JACKSON.matcher(new File(entry).getName());
            if (jackson.matches()) {
                jacksons.add(jackson.group(1));
            }
        }
        check(jacksons.size() == 1, "one Jackson on the class path", jacksons);
    }

    private void run() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        String url = "http://localhost:" + server.getAddress().getPort();
        try (OpenTelemetrySdk sdk = openTelemetry(url)) {
            LlmPropagation propagation = LlmPropagation.builder(sdk).build();
            Span interaction =
                    sdk.getTracer("consumer").spanBuilder("interaction").startSpan();
            try (Scope trace = interaction.makeCurrent();
                    Scope session = LlmSession.of("s-1").makeCurrent()) {
                check(askOpenAi(propagation, url).equals("from OpenAI"), "OpenAI answers", received.keySet());
                check(askGemini(propagation, url).equals("from Gemini"), "Gemini answers", received.keySet());
            } finally {
                interaction.end();
            }
            String traceId = interaction.getSpanContext().getTraceId();
            checkHeaders("/v1/chat/completions", traceId);
            checkHeaders("/v1beta/models/m:generateContent", traceId);
        } finally {
            server.stop(0);
        }
        check(received.containsKey("/v1/traces"), "the exporter exports", received.keySet());
        check(!received.get("/v1/traces").containsKey("Traceparent"), "no traceparent on exports", received);
    }

    private static OpenTelemetrySdk openTelemetry(String url) {
        return OpenTelemetrySdk.builder()
                .setTracerProvider(SdkTracerProvider.builder()
                        .addSpanProcessor(SimpleSpanProcessor.create(OtlpHttpSpanExporter.builder()
                                .setEndpoint(url + "/v1/traces")
                                .build()))
                        .build())
                .setPropagators(ContextPropagators.create(W3CTraceContextPropagator.getInstance()))
                .build();
    }

    private static String askOpenAi(LlmPropagation propagation, String url) {
        OpenAIClient client = OpenAiClientFactory.create(propagation)
                .client(sdk -> sdk.apiKey("key").baseUrl(url + "/v1"));
        try {
            return client.chat()
                    .completions()
                    .create(ChatCompletionCreateParams.builder()
                            .model("m")
                            .addUserMessage("hello")
                            .build())
                    .choices()
                    .get(0)
                    .message()
                    .content()
                    .orElse("");
        } finally {
            client.close();
        }
    }

    private static String askGemini(LlmPropagation propagation, String url) {
        HttpOptions options = HttpOptions.builder().baseUrl(url).build();
        try (Client client = GeminiClientFactory.create(propagation)
                .client(sdk -> sdk.apiKey("key").httpOptions(options))) {
            return client.models.generateContent("m", "hello", null).text();
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        received.put(path, exchange.getRequestHeaders());
        byte[] body = ANSWERS.getOrDefault(path, "").getBytes(StandardCharsets.UTF_8);
        exchange.getRequestBody().readAllBytes();
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, body.length == 0 ? -1 : body.length);
        try (exchange) {
            exchange.getResponseBody().write(body);
        }
    }

    private void checkHeaders(String path, String traceId) {
        Map<String, List<String>> headers = received.getOrDefault(path, Map.of());
        check(
                headers.getOrDefault("Traceparent", List.of("")).get(0).startsWith("00-" + traceId),
                "traceparent of the program's trace on " + path,
                headers.keySet());
        check(List.of("s-1").equals(headers.get("X-qwen-code-session-id")), "the session on " + path, headers.keySet());
    }

    private static void check(boolean holds, String what, Object seen) {
        if (!holds) {
            throw new IllegalStateException("Expected: " + what + "; but: " + seen);
        }
    }
}
