package dev.llmpropagation.internal.content;

import com.fasterxml.jackson.databind.JsonNode;
import dev.llmpropagation.internal.model.ModelOperation;
import dev.llmpropagation.internal.span.CallContent;
import dev.llmpropagation.internal.span.ContentGate;
import java.io.IOException;
import okhttp3.RequestBody;
import okio.Buffer;
import okio.BufferedSink;
import okio.Okio;
import okio.Sink;
import okio.Timeout;
import org.jspecify.annotations.Nullable;

/**
 * What is said in one model call, as its bytes say it. Made only where content is recorded. Keeps texts up to the limit of
 * the gate; JSON that holds them, with its images and files, is looked at if it has at most {@value #BYTES_PER_CHARACTER}
 * times as many bytes, and not kept. For one thread at a time.
 */
public final class ContentReader {

    private static final long BYTES_PER_CHARACTER = 32;

    private final ContentFormat format;
    private final ContentGate gate;
    private final long maxBytes;
    private @Nullable InputContent input;

    private ContentReader(ContentFormat format, ContentGate gate) {
        this.format = format;
        this.gate = gate;
        this.maxBytes = gate.maxLength() * BYTES_PER_CHARACTER;
    }

    /**
     * @param body is asked to write itself once more; one that can do so but once is left alone
     * @return null if nothing of such a call is recorded
     */
    public static @Nullable ContentReader of(ModelOperation call, ContentGate gate, @Nullable RequestBody body) {
        ContentFormat format = ContentFormat.of(call);
        if (format == null) {
            return null;
        }
        ContentReader reader = new ContentReader(format, gate);
        if (body != null && !body.isOneShot() && !body.isDuplex()) {
            reader.read(body);
        }
        return reader;
    }

    /** @return a new reader of the output of one attempt */
    public OutputReader output() {
        return new OutputReader(format, gate.maxLength(), maxBytes);
    }

    /** What was said up to now. Throws what the program's redaction throws. */
    public CallContent told(@Nullable OutputReader output) {
        MessageWriter writer = new MessageWriter(gate);
        InputContent asked = input;
        return new CallContent(
                asked == null ? null : writer.instructions(asked.instructions),
                asked == null ? null : writer.messages(asked.messages),
                asked == null ? null : writer.tools(asked.tools),
                output == null ? null : writer.messages(output.messages()));
    }

    private void read(RequestBody body) {
        try (LimitedSink whole = new LimitedSink(maxBytes)) {
            BufferedSink sink = Okio.buffer((Sink) whole);
            body.writeTo(sink);
            sink.flush();
            if (whole.passed) {
                return;
            }
            JsonNode json = Json.MAPPER.readTree(whole.kept.inputStream());
            InputContent asked = new InputContent(gate.maxLength());
            if (json != null && json.isObject()) {
                format.input(json, asked);
            }
            input = asked.limit.isPassed() ? null : asked;
        } catch (IOException | RuntimeException e) {
            // The request itself will meet it, and tell the caller.
        }
    }

    /** Keeps nothing of what is too long. */
    private static final class LimitedSink implements Sink {

        private final long maxBytes;
        private final Buffer kept = new Buffer();
        private boolean passed;

        LimitedSink(long maxBytes) {
            this.maxBytes = maxBytes;
        }

        @Override
        public void write(Buffer source, long byteCount) throws IOException {
            if (passed || kept.size() + byteCount > maxBytes) {
                passed = true;
                kept.clear();
                source.skip(byteCount);
            } else {
                kept.write(source, byteCount);
            }
        }

        @Override
        public void flush() {}

        @Override
        public Timeout timeout() {
            return Timeout.NONE;
        }

        @Override
        public void close() {
            kept.clear();
        }
    }
}
