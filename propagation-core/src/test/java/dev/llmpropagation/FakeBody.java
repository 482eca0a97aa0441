package dev.llmpropagation;

import okhttp3.MediaType;
import okhttp3.ResponseBody;
import okio.BufferedSource;
import okio.Okio;
import okio.Source;
import okio.Timeout;
import org.jspecify.annotations.Nullable;

/** A body of unknown kind and, unless it is said, unknown length, whose reads are the test's to answer. */
abstract class FakeBody extends ResponseBody implements Source {

    private final BufferedSource source = Okio.buffer((Source) this);
    private final long length;
    private volatile boolean closed;

    FakeBody() {
        this(-1);
    }

    FakeBody(long length) {
        this.length = length;
    }

    final boolean closed() {
        return closed;
    }

    @Override
    public @Nullable MediaType contentType() {
        return null;
    }

    @Override
    public long contentLength() {
        return length;
    }

    @Override
    public final BufferedSource source() {
        return source;
    }

    @Override
    public Timeout timeout() {
        return Timeout.NONE;
    }

    @Override
    public void close() {
        closed = true;
    }
}
