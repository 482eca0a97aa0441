package dev.llmpropagation.testkit;

import com.github.tomakehurst.wiremock.common.Json;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import okhttp3.Call;
import okhttp3.Callback;
import okhttp3.MediaType;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import okhttp3.ResponseBody;
import org.jspecify.annotations.Nullable;

/** Chat completions by OkHttp alone. */
record OkHttpUnderTest(Call.Factory calls, String baseUrl, Runnable whenClosed) implements ClientUnderTest {

    private Request request(String question, boolean stream) {
        String body = """
                {"model":"m","stream":%s,"messages":[{"role":"user","content":%s}]}""".formatted(stream, Dialect.quoted(question));
        return new Request.Builder()
                .url(baseUrl + "/chat/completions?api_key=" + ClientConformance.SECRET)
                .header("Authorization", "Bearer " + ClientConformance.SECRET)
                .header("X-Api-Key", ClientConformance.SECRET)
                .post(RequestBody.create(body, MediaType.get("application/json")))
                .build();
    }

    @Override
    public String ask(String question) throws IOException {
        try (Response response = calls.newCall(request(question, false)).execute()) {
            return text(response);
        }
    }

    @Override
    public CompletableFuture<String> askAsync(String question) {
        CompletableFuture<String> result = new CompletableFuture<>();
        calls.newCall(request(question, false)).enqueue(new Callback() {
            @Override
            public void onFailure(Call call, IOException e) {
                result.completeExceptionally(e);
            }

            @Override
            public void onResponse(Call call, Response response) {
                try (response) {
                    result.complete(text(response));
                } catch (IOException | RuntimeException e) {
                    result.completeExceptionally(e);
                }
            }
        });
        return result;
    }

    private static String text(Response response) throws IOException {
        String body = body(response).string();
        if (!response.isSuccessful()) {
            throw new IOException("refused with status " + response.code());
        }
        return String.valueOf(at(body, "message"));
    }

    /** What the first choice of a document or chunk says. */
    private static @Nullable Object at(String json, String where) {
        if (Json.read(json, Map.class).get("choices") instanceof List<?> choices
                && choices.get(0) instanceof Map<?, ?> choice
                && choice.get(where) instanceof Map<?, ?> message) {
            return message.get("content");
        }
        return null;
    }

    private static ResponseBody body(Response response) {
        return Objects.requireNonNull(response.body());
    }

    @Override
    public Pieces stream(String question) throws IOException {
        Response response = calls.newCall(request(question, true)).execute();
        return new Pieces() {
            @Override
            public @Nullable String next() throws IOException {
                String line;
                while ((line = body(response).source().readUtf8Line()) != null) {
                    if (line.startsWith("data: {")
                            && at(line.substring("data: ".length()), "delta") instanceof String text
                            && !text.isEmpty()) {
                        return text;
                    }
                }
                return null;
            }

            @Override
            public void close() {
                response.close();
            }
        };
    }

    @Override
    public void close() {
        whenClosed.run();
    }
}
