package dev.llmpropagation.doctor.listen;

import static dev.llmpropagation.doctor.listen.PlayedAnswer.document;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Files of both services. There is one, whatever was sent, and nothing of it is kept. */
final class FileAnswers {

    private static final String OPENAI = """
            {"id":"file-listen","object":"file","bytes":5,"created_at":1,"filename":"listen.txt","purpose":"user_data",\
            "status":"processed"}""";
    private static final String GEMINI = """
            {"name":"files/listen","displayName":"listen.txt","mimeType":"text/plain","sizeBytes":"5",\
            "createTime":"2026-01-01T00:00:00Z","updateTime":"2026-01-01T00:00:00Z",\
            "uri":"%s/v1beta/files/listen","state":"ACTIVE","source":"UPLOADED"}""";
    private static final String STATUS = "X-Goog-Upload-Status";

    private FileAnswers() {}

    /** Null for a path that is not one of files. */
    static @Nullable PlayedAnswer to(PlayedAnswer.Request request) {
        String path = request.path();
        if (path.startsWith("/upload/") && path.endsWith("/files")) {
            return upload(request);
        }
        boolean all = path.endsWith("/files");
        int id = path.lastIndexOf("/files/");
        if (!all && id < 0) {
            return null;
        }
        // Gemini's paths name the version of its API, and OpenAI's are /v1 here; the same version of Gemini has no
        // answer
        // of its own: its fields stand beside OpenAI's.
        String gemini = GEMINI.formatted(request.origin());
        if (all) {
            return request.method().equals("POST")
                    ? document("OpenAI file upload", OPENAI)
                    : document(
                            "list of files",
                            "{\"object\":\"list\",\"data\":[%s],\"has_more\":false,\"files\":[%s]}"
                                    .formatted(OPENAI, gemini));
        }
        if (request.method().equals("DELETE")) {
            return document("deletion of a file", "{\"id\":\"file-listen\",\"object\":\"file\",\"deleted\":true}");
        }
        if (path.endsWith("/content") || path.endsWith(":download")) {
            return new PlayedAnswer("content of a file", 200, "text/plain", Map.of(), List.of("Hello"));
        }
        return document("one file", OPENAI.substring(0, OPENAI.length() - 1) + ',' + gemini.substring(1));
    }

    /** Google's protocol: the first answer names the URL for the parts, the one to the last part holds the file. */
    private static PlayedAnswer upload(PlayedAnswer.Request request) {
        String command = String.valueOf(request.uploadCommand());
        if (command.contains("start") && !request.asks("upload_id=")) {
            return document("Gemini file upload, start", "{}")
                    .with(STATUS, "active")
                    .with("X-Goog-Upload-URL", request.origin() + request.path() + "?upload_id=listen");
        }
        if (command.contains("finalize")) {
            return document("Gemini file upload, end", "{\"file\":" + GEMINI.formatted(request.origin()) + '}')
                    .with(STATUS, "final");
        }
        return document("Gemini file upload, part", "{}").with(STATUS, "active");
    }
}
