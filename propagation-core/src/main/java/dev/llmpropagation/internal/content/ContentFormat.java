package dev.llmpropagation.internal.content;

import com.fasterxml.jackson.databind.JsonNode;
import dev.llmpropagation.internal.model.ModelOperation;
import org.jspecify.annotations.Nullable;

/** How one kind of model call says what is told and answered. Stateless. */
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
    void question(JsonNode body, QuestionContent to);

    /** @param piece a whole answer, or an event of a streamed one */
    void answer(JsonNode piece, AnswerContent to);
}
