package dev.llmpropagation.doctor.listen;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.InputStream;

/**
 * What stands in a request to a model, as far as the answer depends on it. Immutable.
 *
 * @param stream whether the answer is to come in pieces
 * @param usage whether a stream of chunks is to end with its usage
 * @param base64 whether embeddings are to come as Base64
 * @param inputs how many texts are to be embedded; at least 1
 */
record ModelQuestion(boolean stream, boolean usage, boolean base64, int inputs) {

    static final ModelQuestion NOTHING = new ModelQuestion(false, false, false, 1);

    /** So that no answer grows without an end. */
    private static final int MOST_INPUTS = 2_048;

    private static final JsonFactory JSON = new JsonFactory();

    /** Keeps nothing of it. What is no JSON asks for nothing. */
    static ModelQuestion read(InputStream body) throws IOException {
        ModelQuestion question = NOTHING;
        try (JsonParser json = JSON.createParser(body).disable(JsonParser.Feature.AUTO_CLOSE_SOURCE)) {
            if (json.nextToken() != JsonToken.START_OBJECT) {
                return question;
            }
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                String name = json.currentName();
                json.nextToken();
                question = question.with(name, json);
            }
        } catch (JsonProcessingException e) {
            // Answered all the same: the shape of the answer is known from the path.
        }
        return question;
    }

    private ModelQuestion with(String name, JsonParser json) throws IOException {
        switch (name) {
            case "stream" -> {
                return new ModelQuestion(json.currentToken() == JsonToken.VALUE_TRUE, usage, base64, inputs);
            }
            case "encoding_format" -> {
                boolean asked = json.currentToken() == JsonToken.VALUE_STRING
                        && json.getText().equals("base64");
                return new ModelQuestion(stream, usage, asked, inputs);
            }
            case "stream_options" -> {
                return new ModelQuestion(stream, includesUsage(json), base64, inputs);
            }
            case "input", "requests", "instances" -> {
                return new ModelQuestion(stream, usage, base64, inputs(json));
            }
            default -> {
                json.skipChildren();
                return this;
            }
        }
    }

    private static boolean includesUsage(JsonParser json) throws IOException {
        boolean usage = false;
        if (json.currentToken() == JsonToken.START_OBJECT) {
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                boolean named = json.currentName().equals("include_usage");
                usage |= json.nextToken() == JsonToken.VALUE_TRUE && named;
                json.skipChildren();
            }
        }
        return usage;
    }

    /** A text, or a list of its tokens, is one; a list of either is as many as it has. */
    private static int inputs(JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            json.skipChildren();
            return 1;
        }
        int count = 0;
        boolean tokens = false;
        for (JsonToken token = json.nextToken();
                token != JsonToken.END_ARRAY && token != null;
                token = json.nextToken()) {
            tokens |= token.isNumeric();
            json.skipChildren();
            count = Math.min(MOST_INPUTS, count + 1);
        }
        return tokens ? 1 : Math.max(1, count);
    }
}
