package dev.llmpropagation.http;

import okhttp3.MediaType;
import okhttp3.Response;
import okhttp3.ResponseBody;
import okio.BufferedSource;
import okio.Okio;
import org.jspecify.annotations.Nullable;

/** The response's body, with an {@link Attempt} that ends when it does. */
final class TrackedBody extends ResponseBody {

    private final ResponseBody delegate;
    private final Attempt attempt;
    private final BufferedSource source;

    private TrackedBody(ResponseBody delegate, Attempt attempt, BufferedSource source) {
        this.delegate = delegate;
        this.attempt = attempt;
        this.source = source;
    }

    static TrackedBody of(Response response, Attempt attempt, OpenBodies openBodies) {
        ResponseBody body = response.body();
        MediaType type = body.contentType();
        boolean stream = type != null && type.subtype().equals("event-stream");
        TrackedSource source = new TrackedSource(body.source(), attempt, body.contentLength(), stream);
        source.handle = openBodies.track(source, attempt, body);
        return new TrackedBody(body, attempt, Okio.buffer(source));
    }

    /** The steps themselves are done with this response. */
    static void complete(Response response) {
        if (response.body() instanceof TrackedBody body) {
            body.attempt.completed();
        }
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
}
