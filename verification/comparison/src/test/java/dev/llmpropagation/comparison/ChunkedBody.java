package dev.llmpropagation.comparison;

import okhttp3.MediaType;
import okhttp3.ResponseBody;
import okio.Buffer;
import okio.BufferedSource;
import okio.Okio;
import okio.Source;
import okio.Timeout;

/** Some chunks as they come from a model, one for each read. */
final class ChunkedBody extends ResponseBody {
    private final MediaType type;
    private final BufferedSource source;

    ChunkedBody(MediaType type, byte[] chunk, int chunks) {
        this.type = type;
        this.source = Okio.buffer(new Chunks(chunk, chunks));
    }

    @Override
    public MediaType contentType() {
        return type;
    }

    @Override
    public long contentLength() {
        return -1;
    }

    @Override
    public BufferedSource source() {
        return source;
    }

    private static final class Chunks implements Source {
        private final byte[] chunk;
        private int left;

        Chunks(byte[] chunk, int left) {
            this.chunk = chunk;
            this.left = left;
        }

        @Override
        public long read(Buffer sink, long byteCount) {
            if (left == 0) {
                return -1;
            }
            left--;
            sink.write(chunk);
            return chunk.length;
        }

        @Override
        public Timeout timeout() {
            return Timeout.NONE;
        }

        @Override
        public void close() {}
    }
}
