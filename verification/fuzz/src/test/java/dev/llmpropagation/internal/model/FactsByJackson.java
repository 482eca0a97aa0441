package dev.llmpropagation.internal.model;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.llmpropagation.internal.span.SpanText;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Tells a reader of the same places as the scanner does, but found in the tokens of a parser that takes JSON alone. */
final class FactsByJackson {

    private static final JsonFactory JSON = new JsonFactory();

    private final JsonPaths root;
    private final JsonHandler handler;
    private JsonParser parser;
    private boolean isWhole = true;

    FactsByJackson(JsonPaths root, JsonHandler handler) {
        this.root = root;
        this.handler = handler;
    }

    /** @return whether this is one document of JSON */
    static boolean isDocument(String text) {
        try (JsonParser parser = JSON.createParser(text)) {
            int depth = 0;
            JsonToken token = parser.nextToken();
            if (token == null) {
                return false;
            }
            do {
                depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
                token = parser.nextToken();
            } while (token != null && depth > 0);
            return token == null;
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether all that was told is so short that the scanner tells it whole. */
    boolean isWhole() {
        return isWhole;
    }

    void read(String document) {
        try (JsonParser tokens = JSON.createParser(document)) {
            parser = tokens;
            tokens.nextToken();
            value(root, 0);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private void value(@Nullable JsonPaths shape, int depth) throws IOException {
        Field field = shape == null ? null : shape.field();
        switch (parser.currentToken()) {
            case START_OBJECT -> {
                if (shape != null && shape.hasMembers()) {
                    object(shape, field, depth);
                } else {
                    skip(field);
                }
            }
            case START_ARRAY -> {
                JsonPaths element = shape == null ? null : depth == 0 ? root : shape.element();
                if (shape != null && element != null) {
                    begin(field);
                    while (parser.nextToken() != JsonToken.END_ARRAY) {
                        value(element, depth + 1);
                    }
                    end(field);
                } else {
                    skip(field);
                }
            }
            case VALUE_STRING -> {
                if (field == Field.CONTENT) {
                    if (parser.getTextLength() > 0) {
                        handler.begin(field);
                    }
                } else if (field != null) {
                    handler.value(field, scalar(true));
                }
            }
            default -> {
                if (field != null && field != Field.CONTENT) {
                    handler.value(field, scalar(false));
                }
            }
        }
    }

    private void object(JsonPaths shape, @Nullable Field field, int depth) throws IOException {
        boolean error = field == Field.ERROR || field == Field.CHOICE_ERROR;
        if (!error) {
            begin(field);
        }
        boolean first = true;
        while (parser.nextToken() != JsonToken.END_OBJECT) {
            if (first && error) {
                handler.begin(Field.ERROR);
            }
            first = false;
            byte[] name = parser.currentName().getBytes(StandardCharsets.UTF_8);
            parser.nextToken();
            value(shape.member(name, 0, name.length), depth + 1);
        }
        end(field);
    }

    private void skip(@Nullable Field field) throws IOException {
        int open = 1;
        boolean empty = true;
        while (open > 0) {
            JsonToken token = parser.nextToken();
            open += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
            empty &= open == 0;
        }
        if (field == Field.CONTENT && !empty) {
            handler.begin(field);
        }
    }

    private JsonScalar scalar(boolean string) throws IOException {
        // An escape takes up to six times as much as what it stands for.
        isWhole &= 6 * parser.getTextLength() <= JsonScalar.MAX_LENGTH;
        byte[] bytes = SpanText.wellFormed(parser.getText()).getBytes(StandardCharsets.UTF_8);
        JsonScalar scalar = new JsonScalar();
        scalar.set(bytes, 0, bytes.length, string, false);
        return scalar;
    }

    private void begin(@Nullable Field field) {
        if (field != null) {
            handler.begin(field);
        }
    }

    private void end(@Nullable Field field) {
        if (field != null) {
            handler.end(field);
        }
    }
}
