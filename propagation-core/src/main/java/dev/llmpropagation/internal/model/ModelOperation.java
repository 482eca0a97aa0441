package dev.llmpropagation.internal.model;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import org.jspecify.annotations.Nullable;

/**
 * A request that asks a model for something, known by its method and path on whatever host: chat completions, Responses
 * and their compaction, decisions, completions and embeddings of the OpenAI API, also as Azure and compatible services serve them; content generation,
 * embeddings and interactions of Gemini API and Vertex AI. Immutable.
 */
public final class ModelOperation {

    private static final String CHAT = "chat";
    private static final String GENERATE_CONTENT = "generate_content";
    private static final String EMBEDDINGS = "embeddings";

    private static final Set<String> COMPRESSIONS =
            Set.of("gzip", "x-gzip", "deflate", "compress", "x-compress", "br", "zstd", "dcb", "dcz");

    private final WireFormat format;
    private final String operation;
    private final String provider;
    private final @Nullable String model;
    private final boolean stream;

    private ModelOperation(
            WireFormat format, String operation, String provider, @Nullable String model, boolean stream) {
        this.format = format;
        this.operation = operation;
        this.provider = provider;
        this.model = model;
        this.stream = stream;
    }

    /** A request for a response that a model made before, which asks no model for anything; null if it is none. */
    public static @Nullable ModelOperation recogniseFetch(Request request) {
        List<String> path = request.url().pathSegments();
        int last = last(path);
        return request.method().equals("GET") && before(path, last).equals("responses")
                ? openAi(WireFormat.RESPONSES, "fetch_response", path)
                : null;
    }

    /** @return null if this is no call to a model, or its body is not JSON */
    public static @Nullable ModelOperation recognise(Request request) {
        RequestBody body = request.body();
        MediaType type = body == null ? null : body.contentType();
        return body == null || (type != null && !isJson(type)) ? null : recognise(request.method(), request.url());
    }

    private static @Nullable ModelOperation recognise(String method, HttpUrl url) {
        if (!method.equals("POST")) {
            return null;
        }
        List<String> path = url.pathSegments();
        int last = last(path);
        String name = path.get(last);
        return switch (name) {
            case "completions" ->
                before(path, last).equals("chat")
                        ? openAi(WireFormat.CHAT_COMPLETIONS, CHAT, path)
                        : openAi(WireFormat.COMPLETIONS, "text_completion", path);
            case "responses" -> openAi(WireFormat.RESPONSES, CHAT, path);
            // It asks the model for a shorter form of what was said.
            case "compact" -> before(path, last).equals("responses") ? openAi(WireFormat.RESPONSES, CHAT, path) : null;
            case "decisions" -> openAi(WireFormat.DECISIONS, GENERATE_CONTENT, path);
            case "embeddings" -> openAi(WireFormat.EMBEDDINGS, EMBEDDINGS, path);
            case "interactions" -> gemini(WireFormat.INTERACTIONS, GENERATE_CONTENT, path, null, false);
            default -> {
                int colon = name.lastIndexOf(':');
                yield colon < 0
                        ? null
                        : ofGemini(path, before(path, last), name.substring(0, colon), name.substring(colon + 1));
            }
        };
    }

    /** @return {@code gen_ai.operation.name} */
    public String operation() {
        return operation;
    }

    /** @return {@code gen_ai.provider.name} as far as a path tells: whose API it is, not who serves it */
    public String provider() {
        return provider;
    }

    /** @return the model that the path names; null if the body does */
    public @Nullable String model() {
        return model;
    }

    /** @return {@code openai.api.type}; null where the convention has none */
    public @Nullable String openAiApiType() {
        return switch (format) {
            case CHAT_COMPLETIONS -> "chat_completions";
            case RESPONSES -> "responses";
            default -> null;
        };
    }

    /**
     * @param contentType only a hint: what the bytes are decides
     * @param contentEncoding as in the response that the scanner will see: OkHttp removes the header when it decodes
     * @param streamAsked whether the request asks for a stream; null if that is not known
     * @return a new scanner of one response to this call; null if its body is compressed
     */
    public @Nullable ResponseScanner responseScanner(
            @Nullable MediaType contentType, @Nullable String contentEncoding, @Nullable Boolean streamAsked) {
        if (contentEncoding != null && isCompression(contentEncoding)) {
            return null;
        }
        boolean labelled = contentType != null && contentType.subtype().equals("event-stream");
        return new ResponseScanner(format, streamAsked, streamAsked == null ? labelled : streamAsked);
    }

    /** Gateways write other words there, without compression, and OkHttp and the SDKs ignore them. */
    private static boolean isCompression(String contentEncoding) {
        for (String coding : contentEncoding.toLowerCase(Locale.ROOT).split(",", -1)) {
            if (COMPRESSIONS.contains(coding.trim())) {
                return true;
            }
        }
        return false;
    }

    public WireFormat format() {
        return format;
    }

    /** Whether the path asks for a stream. */
    boolean stream() {
        return stream;
    }

    @Override
    public String toString() {
        return model == null ? operation : operation + " " + model;
    }

    private static ModelOperation openAi(WireFormat format, String operation, List<String> path) {
        int deployments = path.indexOf("deployments");
        boolean azure = deployments > 0
                && deployments < path.size() - 2
                && path.get(deployments - 1).equals("openai");
        return new ModelOperation(
                format,
                operation,
                azure ? "azure.ai.openai" : "openai",
                azure ? path.get(deployments + 1) : null,
                false);
    }

    private static @Nullable ModelOperation ofGemini(List<String> path, String kind, String model, String method) {
        String name = kind.equals("models") ? model : kind + "/" + model;
        return switch (method) {
            case "generateContent" -> gemini(WireFormat.GENERATE_CONTENT, GENERATE_CONTENT, path, name, false);
            case "streamGenerateContent" -> gemini(WireFormat.GENERATE_CONTENT, GENERATE_CONTENT, path, name, true);
            case "embedContent", "batchEmbedContents" ->
                gemini(WireFormat.EMBED_CONTENT, EMBEDDINGS, path, name, false);
            // Images and videos are asked for in the same way.
            case "predict" ->
                model.toLowerCase(Locale.ROOT).contains("embedding")
                        ? gemini(WireFormat.PREDICT, EMBEDDINGS, path, name, false)
                        : null;
            default -> null;
        };
    }

    private static ModelOperation gemini(
            WireFormat format, String operation, List<String> path, @Nullable String model, boolean stream) {
        boolean vertex = path.contains("projects") || path.contains("publishers");
        return new ModelOperation(format, operation, vertex ? "gcp.vertex_ai" : "gcp.gemini", model, stream);
    }

    /** Index of the last segment, before a slash at the end. */
    private static int last(List<String> path) {
        int last = path.size() - 1;
        return last > 0 && path.get(last).isEmpty() ? last - 1 : last;
    }

    private static String before(List<String> path, int index) {
        return index == 0 ? "" : path.get(index - 1);
    }

    private static boolean isJson(MediaType type) {
        return type.subtype().equals("json") || type.subtype().endsWith("+json");
    }
}
