package dev.llmpropagation.internal.content;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** JSON as the formats look at it: a member that is absent, null or of another type than expected says nothing. */
final class Json {

    static final ObjectMapper MAPPER = new ObjectMapper();
    static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private Json() {}

    /** Null unless it is there. */
    static @Nullable JsonNode member(JsonNode node, String name) {
        JsonNode member = node.get(name);
        return member == null || member.isNull() ? null : member;
    }

    /** Null unless it is a text. */
    static @Nullable String text(JsonNode node, String name) {
        JsonNode member = node.get(name);
        return member != null && member.isTextual() ? member.textValue() : null;
    }

    static String text(JsonNode node, String name, String otherwise) {
        String text = text(node, name);
        return text == null ? otherwise : text;
    }

    static int number(JsonNode node, String name, int otherwise) {
        JsonNode member = node.get(name);
        return member != null && member.canConvertToInt() ? member.intValue() : otherwise;
    }

    /** Its elements; itself if it is there and no array, as some services take one for a list of one. */
    static Iterable<JsonNode> all(@Nullable JsonNode node) {
        if (node == null || node.isMissingNode() || node.isNull()) {
            return List.of();
        }
        return node.isArray() ? node : List.of(node);
    }

    /** Null if it is none. */
    static @Nullable JsonNode parsed(String text) {
        try {
            JsonNode node = MAPPER.readTree(text);
            return node == null || node.isMissingNode() ? null : node;
        } catch (JsonProcessingException e) {
            return null; // what a model writes need not be JSON
        }
    }
}
