package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.model.BodyStart;
import okhttp3.MediaType;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.BufferedSource;
import okio.Okio;
import org.jspecify.annotations.Nullable;

/** The response's body, with an {@link AttemptSpan} that ends when it does. */
final class TrackedBody extends ResponseBody {

    private final ResponseBody delegate;
    private final AttemptSpan attempt;
    private final BufferedSource source;

    private TrackedBody(ResponseBody delegate, AttemptSpan attempt, BufferedSource source) {
        this.delegate = delegate;
        this.attempt = attempt;
        this.source = source;
    }

    /**
     * @param stream whether it is taken for server-sent events
     * @param start looks whether it is, by its first bytes; null if that is certain
     */
    static TrackedBody of(ResponseBody body, boolean stream, @Nullable BodyStart start, AttemptSpan attempt) {
        TrackedSource source = new TrackedSource(body.source(), attempt, body.contentLength(), stream, start);
        attempt.follow(source, body);
        return new TrackedBody(body, attempt, Okio.buffer(source));
    }

    /** The steps drop this response, as that of a redirect: its attempt has completed. */
    static void complete(Response response) {
        if (response.body() instanceof TrackedBody body) {
            body.attempt.completed();
        }
    }

    /** Whether an attempt of ours follows this response. */
    static boolean isIn(Response response) {
        return response.body() instanceof TrackedBody;
    }

    /** What the attempt of this response brings to this model call; null if it is no attempt of it. */
    static @Nullable AttemptResponse responseTo(ModelCall call, Response response) {
        return response.body() instanceof TrackedBody body ? body.attempt.responseTo(call) : null;
    }

    @Override
    public @Nullable MediaType contentType() {
        return delegate.contentType();
    }

    @Override
    public long contentLength() {
        return delegate.contentLength();
    }

    @Override
    public BufferedSource source() {
        return source;
    }

    /** The body of an interceptor of the program's can do more in it than to close its source. */
    @Override
    public void close() {
        try {
            super.close();
        } finally {
            delegate.close();
        }
    }
}
