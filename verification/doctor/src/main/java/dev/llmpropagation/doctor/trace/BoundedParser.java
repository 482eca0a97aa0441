package dev.llmpropagation.doctor.trace;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import java.io.IOException;
import java.io.Reader;

/**
 * Reads JSON, and stops where a tree of it would need more memory than there may be: a small file can hold many values, and
 * each of them is an object in a tree. Not thread-safe.
 */
final class BoundedParser extends JsonParserDelegate {

    /** Of one value; OpenTelemetry's own exporters send no request that is larger. */
    private static final long MOST_CHARACTERS = 32L << 20;

    private final int mostTokens;
    private int tokens;
    private long from;

    private BoundedParser(JsonParser parser, int mostTokens) {
        super(parser);
        this.mostTokens = mostTokens;
    }

    static BoundedParser of(Reader text, int mostTokens) throws IOException {
        return new BoundedParser(OtlpJson.MAPPER.createParser(text), mostTokens);
    }

    /** The bounds hold from here on for what comes next. */
    void start() {
        tokens = 0;
        from = currentTokenLocation().getCharOffset();
    }

    @Override
    public JsonToken nextToken() throws IOException {
        JsonToken token = super.nextToken();
        if (++tokens > mostTokens) {
            throw new StreamConstraintsException("more than " + mostTokens + " values", currentTokenLocation());
        }
        if (currentTokenLocation().getCharOffset() - from > MOST_CHARACTERS) {
            throw new StreamConstraintsException(
                    "more than " + MOST_CHARACTERS + " characters", currentTokenLocation());
        }
        return token;
    }
}
