package dev.llmpropagation;

import okhttp3.MediaType;
import okhttp3.ResponseBody;
import okio.BufferedSource;
import okio.Okio;
import okio.Source;
import okio.Timeout;
import org.jspecify.annotations.Nullable;

/** A body of unknown length and kind, whose reads are the test's to answer. */
abstract class FakeBody extends ResponseBody implements Source {

    private final BufferedSource source = Okio.buffer((Source) this);

    @Override
    public @Nullable MediaType contentType() {
        return null;
    }

    @Override
    public long contentLength() {
        return -1;
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
    public void close() {}
}
