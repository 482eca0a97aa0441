package dev.llmpropagation.internal.content;

import com.fasterxml.jackson.databind.JsonNode;
import dev.llmpropagation.internal.model.ModelOperation;
import org.jspecify.annotations.Nullable;

/** How one kind of model call says its input and its output. Stateless. */
interface ContentFormat {

    /** @return null if nothing of such a call is recorded */
    static @Nullable ContentFormat of(ModelOperation call) {
        return switch (call.format()) {
            case CHAT_COMPLETIONS, COMPLETIONS -> new ChatFormat();
            case RESPONSES -> new ResponsesFormat();
            case GENERATE_CONTENT -> new GenerateContentFormat();
            case INTERACTIONS -> new InteractionsFormat();
            default -> null;
        };
    }

    /** @param body of the request */
    void input(JsonNode body, InputContent to);

    /** @param piece a whole response, or an event of a streamed one */
    void output(JsonNode piece, OutputContent to);
}
