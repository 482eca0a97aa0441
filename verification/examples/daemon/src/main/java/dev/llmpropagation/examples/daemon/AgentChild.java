package dev.llmpropagation.examples.daemon;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.genai.Client;
import com.google.genai.types.HttpOptions;
import com.openai.client.OpenAIClientAsync;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.agent.Decision;
import dev.llmpropagation.agent.DecisionSource;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.agent.ToolFailure;
import dev.llmpropagation.destination.OtlpEndpoints;
import dev.llmpropagation.gemini.GeminiClientFactory;
import dev.llmpropagation.openai.OpenAiClientFactory;
import dev.llmpropagation.sdk.SdkDiagnostics;
import dev.llmpropagation.sdk.SdkShutdown;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The process of the agents: sessions with either SDK, asked by JSON-RPC over standard input and output. Only messages go
 * to standard output.
 */
public final class AgentChild {

    private static final String KEY = "demo-credential-0123456789";
    private static final String MODEL = "demo";
    private static final String PROCEED = "proceed_once";

    private final JsonRpc daemon;
    private final LlmPropagation propagation;
    private final OpenAIClientAsync openAi;
    private final Client gemini;
    private final Map<String, Session> sessions = new ConcurrentHashMap<>();
    private final ExecutorService executor = Executors.newCachedThreadPool();

    private AgentChild(JsonRpc daemon, OpenTelemetrySdk sdk, String collector, String openAiUrl, String geminiUrl) {
        this.daemon = daemon;
        propagation = LlmPropagation.builder(sdk)
                .otlpEndpoints(OtlpEndpoints.builder().endpoint(collector).build())
                .build();
        openAi = OpenAiClientFactory.create(propagation)
                .asyncClient(client -> client.apiKey(KEY).baseUrl(openAiUrl).maxRetries(0));
        gemini = GeminiClientFactory.create(propagation).client(client -> client.apiKey(KEY)
                .httpOptions(HttpOptions.builder().baseUrl(geminiUrl).build()));
    }

    /** Arguments: the collector's endpoint, the URL of Zipkin or nothing, the base URLs of both services. */
    public static void main(String[] arguments) {
        OutputStream out = System.out;
        System.setOut(System.err); // whatever prints by mistake is no message
        try (SdkDiagnostics quiet = SdkDiagnostics.to(line -> {})) {
            Exports exports = new Exports(arguments[0], arguments[1].isEmpty() ? null : arguments[1]);
            OpenTelemetrySdk sdk = exports.sdk("agents");
            AgentChild child =
                    new AgentChild(new JsonRpc(System.in, out), sdk, exports.collector(), arguments[2], arguments[3]);
            child.daemon.listen(child::handle, () -> {});
            child.close();
            SdkShutdown.within(sdk, Duration.ofSeconds(5));
            System.exit(0); // in here: what is late may still complain
        }
    }

    private void close() {
        executor.shutdownNow();
        propagation.close();
        openAi.close();
        gemini.close();
    }

    private CompletableFuture<ObjectNode> handle(String method, ObjectNode params) {
        String session = params.path("sessionId").asText();
        switch (method) {
            case "session/new", "session/load" ->
                sessions.put(session, new Session(params.path("provider").asText()));
            case "session/prompt" -> {
                return CompletableFuture.supplyAsync(() -> prompt(session, params), executor);
            }
            case "session/cancel" ->
                sessions.getOrDefault(session, new Session("")).cancel();
            case "session/close" -> sessions.remove(session);
            default -> {}
        }
        return CompletableFuture.completedFuture(JsonRpc.JSON.createObjectNode());
    }

    private ObjectNode prompt(String id, ObjectNode params) {
        Session session = sessions.get(id);
        if (session == null) {
            throw new IllegalStateException("No such session");
        }
        String text = params.path("prompt").asText();
        session.cancelled = false;
        try {
            String answer = propagation
                    .agent()
                    .interaction(params.path("promptId").asText())
                    .parent(Meta.parent(params))
                    .session(id)
                    .prompt(text)
                    .cancelledWhen(() -> session.cancelled)
                    .call(turn -> {
                        session.ask(text);
                        if (text.contains("explode")) {
                            throw new IllegalStateException("The agent broke, token=MARKER-SECRET");
                        }
                        if (text.contains("permission") && !allowed(turn, id)) {
                            return "It was not allowed.";
                        }
                        String found = turn.tool("read_file").callId("call-1").call(tool -> tool.execution()
                                .call(run -> "forty-two"));
                        return session.ask(text + " " + found);
                    });
            return JsonRpc.JSON
                    .createObjectNode()
                    .put("stopReason", session.cancelled ? "cancelled" : "end_turn")
                    .put("answer", answer);
        } catch (RuntimeException e) {
            if (!session.cancelled) {
                throw e;
            }
            return JsonRpc.JSON.createObjectNode().put("stopReason", "cancelled");
        }
    }

    /** Asks the user, by the daemon. */
    private boolean allowed(Interaction turn, String session) {
        return turn.tool("shell").callId("call-2").call(tool -> {
            String question = UUID.randomUUID().toString(); // one id on the spans of both sides
            ObjectNode params = JsonRpc.JSON
                    .createObjectNode()
                    .put("sessionId", session)
                    .put("requestId", question)
                    .put("toolCallId", "call-2");
            // The daemon can refuse the question, of a session that was closed say: then the wait ends by what is
            // thrown.
            boolean allowed = tool.blockedOnUser().requestId(question).call(wait -> {
                String option = daemon.request("session/request_permission", params)
                        .join()
                        .path("option")
                        .asText();
                wait.decided(decision(option), DecisionSource.IDE);
                return option.equals(PROCEED);
            });
            if (!allowed) {
                tool.failed(ToolFailure.CANCELLED);
            }
            return allowed;
        });
    }

    private static Decision decision(String option) {
        return switch (option) {
            case PROCEED -> Decision.PROCEED_ONCE;
            case "cancelled" -> Decision.ABORTED;
            default -> Decision.CANCEL;
        };
    }

    /** One conversation, with the SDK that it was made for. */
    private final class Session {
        private final boolean withGemini;
        private volatile boolean cancelled;
        private volatile CompletableFuture<String> call = CompletableFuture.completedFuture("");

        Session(String provider) {
            withGemini = provider.equals("gemini");
        }

        String ask(String text) {
            if (cancelled) {
                throw new CancellationException();
            }
            CompletableFuture<String> next = withGemini ? gemini(text) : openAi(text);
            call = next;
            if (cancelled) {
                next.cancel(true);
            }
            return next.join();
        }

        void cancel() {
            cancelled = true;
            call.cancel(true);
        }

        private CompletableFuture<String> openAi(String text) {
            CompletableFuture<com.openai.models.chat.completions.ChatCompletion> wire = openAi.chat()
                    .completions()
                    .create(ChatCompletionCreateParams.builder()
                            .model(MODEL)
                            .addUserMessage(text)
                            .build());
            CompletableFuture<String> answer = wire.thenApply(
                    chat -> chat.choices().get(0).message().content().orElse(""));
            CompletableFuture<String> unused = answer.whenComplete((value, failure) -> {
                if (answer.isCancelled()) {
                    wire.cancel(true);
                }
            });
            return answer;
        }

        private CompletableFuture<String> gemini(String text) {
            return gemini.async
                    .models
                    .generateContent(MODEL, text, null)
                    .thenApply(response -> String.valueOf(response.text()));
        }
    }
}
