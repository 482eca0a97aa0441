package dev.llmpropagation.internal.model;

import java.io.IOException;
import okhttp3.RequestBody;
import okio.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a request asks for, from the bytes of its body as they pass. Keeps none of them, whatever their number, and
 * never throws: what it cannot read it does not tell. For one body and one thread at a time.
 */
public final class RequestScanner {

    private final ModelOperation call;
    private final RequestReader reader = new RequestReader();
    private final JsonScanner json;
    private @Nullable Segments segments;
    private boolean lost;

    public RequestScanner(ModelOperation call) {
        this.call = call;
        this.json = new JsonScanner(call.format().request(), reader);
    }

    /**
     * Reads a whole body before it is sent, for the facts that a span needs when it starts.
     *
     * @param body is asked to write itself once more, into nothing; one that can do so but once is left alone
     * @return what the path alone says, if there is no body, or it cannot be read
     */
    public static RequestFacts read(ModelOperation call, @Nullable RequestBody body) {
        RequestScanner scanner = new RequestScanner(call);
        if (body != null && !body.isOneShot() && !body.isDuplex()) {
            try {
                ScanningSink sink = new ScanningSink(scanner);
                body.writeTo(sink);
                sink.flush();
            } catch (IOException | RuntimeException e) {
                // The request itself will meet it, and tell the caller.
                scanner.lost = true;
            }
        }
        return scanner.finish();
    }

    /** The next bytes of the body. */
    public void accept(byte[] bytes, int offset, int length) {
        if (lost) {
            return;
        }
        try {
            json.accept(bytes, offset, offset + length);
        } catch (RuntimeException e) {
            lost = true;
        }
    }

    /** The next bytes of the body: the first of the buffer, where they stay. */
    public void accept(Buffer buffer, long byteCount) {
        if (lost) {
            return;
        }
        try {
            if (segments == null) {
                segments = new Segments();
            }
            segments.read(buffer, 0, byteCount, json::accept);
        } catch (RuntimeException e) {
            lost = true;
        }
    }

    /** @return what was said up to now */
    public RequestFacts finish() {
        return reader.result(call);
    }
}
