package dev.llmpropagation.openai;

import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import org.jspecify.annotations.Nullable;

/**
 * Adds a header to the calls that programs make most, by a copy of their parameters: it copies lists but not what is in
 * them, and takes a quarter of the memory of a service with other options, which any call can have.
 */
final class ParamsHeaders {

    private ParamsHeaders() {}

    /** @return null if the call takes other parameters, or none, or if this SDK does not copy them */
    static @Nullable Object @Nullable [] with(String name, String value, @Nullable Object @Nullable [] arguments) {
        if (arguments == null || arguments.length == 0) {
            return null;
        }
        Object params;
        try {
            params = with(name, value, arguments[0]);
        } catch (RuntimeException | LinkageError e) { // of another version: the call goes out all the same
            return null;
        }
        if (params == null) {
            return null;
        }
        @Nullable Object[] changed = arguments.clone();
        changed[0] = params;
        return changed;
    }

    private static @Nullable Object with(String name, String value, @Nullable Object params) {
        if (params instanceof ChatCompletionCreateParams chat) {
            return chat.toBuilder().replaceAdditionalHeaders(name, value).build();
        }
        if (params instanceof ResponseCreateParams response) {
            return response.toBuilder().replaceAdditionalHeaders(name, value).build();
        }
        if (params instanceof EmbeddingCreateParams embedding) {
            return embedding.toBuilder().replaceAdditionalHeaders(name, value).build();
        }
        return null;
    }
}
