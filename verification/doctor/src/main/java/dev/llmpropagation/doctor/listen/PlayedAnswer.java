package dev.llmpropagation.doctor.listen;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a model service says, in the shape of the path that was asked. Immutable.
 *
 * @param api what was asked, in words; empty for a path that no service here has
 * @param headers beside the content type
 * @param parts of a stream, or the one document
 */
record PlayedAnswer(String api, int status, String contentType, Map<String, String> headers, List<String> parts) {

    static final String JSON = "application/json";

    private static final String EVENTS = "text/event-stream";

    /**
     * What is asked, without its text.
     *
     * @param query null for none
     * @param origin as the client reaches this service: {@code http://host:port}
     * @param uploadCommand Gemini's, for a file that comes in parts; null for none
     */
    record Request(
            String method,
            String path,
            @Nullable String query,
            String origin,
            @Nullable String uploadCommand,
            ModelQuestion question) {

        boolean asks(String parameter) {
            return query != null && query.contains(parameter);
        }
    }

    static PlayedAnswer to(Request request) {
        return Stream.of(FileAnswers.to(request), OpenAiAnswers.to(request), GeminiAnswers.to(request), models(request))
                .filter(Objects::nonNull)
                .findFirst()
                .orElseGet(() -> refused(404, "doctor listen has no such path"));
    }

    private static @Nullable PlayedAnswer models(Request request) {
        String path = request.path();
        if (path.endsWith("/models")) {
            return document("list of models", """
                    {"object":"list","data":[{"id":"listen","object":"model","created":1,"owned_by":"doctor"}],\
                    "models":[{"name":"models/listen"}]}""");
        }
        int models = path.lastIndexOf("/models/");
        return models >= 0 && path.indexOf(':', models) < 0
                ? document("one model", "{\"id\":\"listen\",\"object\":\"model\",\"name\":\"models/listen\"}")
                : null;
    }

    static PlayedAnswer document(String api, String document) {
        return new PlayedAnswer(api, 200, JSON, Map.of(), List.of(document));
    }

    static PlayedAnswer events(String api, List<String> events) {
        return new PlayedAnswer(api, 200, EVENTS, Map.of(), events);
    }

    static PlayedAnswer refused(int status, String reason) {
        ObjectNode document = JsonNodeFactory.instance.objectNode();
        document.putObject("error").put("code", status).put("message", reason);
        return new PlayedAnswer("", status, JSON, Map.of(), List.of(document.toString()));
    }

    PlayedAnswer with(String header, String value) {
        Map<String, String> more = new HashMap<>(headers);
        more.put(header, value);
        return new PlayedAnswer(api, status, contentType, Map.copyOf(more), parts);
    }
}
