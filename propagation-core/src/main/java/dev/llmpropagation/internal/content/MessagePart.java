package dev.llmpropagation.internal.content;

import com.fasterxml.jackson.databind.JsonNode;
import org.jspecify.annotations.Nullable;

/** A part of a message, by the conventions' names, as it comes: whole or in pieces. For one thread at a time. */
final class MessagePart {

    static final String TEXT = "text";
    static final String REASONING = "reasoning";
    static final String REFUSAL = "refusal";
    static final String TOOL_CALL = "tool_call";
    static final String TOOL_RESPONSE = "tool_call_response";
    static final String SERVER_TOOL_CALL = "server_tool_call";
    static final String BLOB = "blob";
    static final String URI = "uri";
    static final String FILE = "file";

    final String type;
    private final LengthLimit limit;

    /** Of a text, or of the arguments of a call as the model writes them. */
    private final StringBuilder text = new StringBuilder();

    private int length = LengthLimit.OBJECT;

    /** Arguments or a response that come as JSON. */
    @Nullable
    JsonNode value;

    @Nullable
    String id;

    @Nullable
    String name;

    @Nullable
    String mimeType;

    @Nullable
    String modality;

    /** In bytes. */
    @Nullable
    Long size;

    MessagePart(String type, LengthLimit limit) {
        this.type = type;
        this.limit = limit;
    }

    MessagePart append(@Nullable String more) {
        if (more != null && admits(more.length())) {
            text.append(more);
        }
        return this;
    }

    MessagePart value(@Nullable JsonNode json) {
        if (json != null && !json.isNull() && admits(json.toString().length())) {
            value = json;
        }
        return this;
    }

    /** Of a call; the first that is told counts, as services repeat it or leave it empty later. */
    MessagePart named(@Nullable String callId, @Nullable String callName) {
        if (callId != null && !callId.isEmpty() && id == null && admits(callId.length())) {
            id = callId;
        }
        if (callName != null && !callName.isEmpty() && name == null && admits(callName.length())) {
            name = callName;
        }
        return this;
    }

    private boolean admits(int characters) {
        boolean admitted = limit.admits(characters);
        length += admitted ? characters : 0;
        return admitted;
    }

    /** How much of the limit it has taken. */
    int length() {
        return length;
    }

    String text() {
        return text.toString();
    }

    boolean isEmpty() {
        return text.isEmpty();
    }
}
