package dev.llmpropagation.internal.model;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import okio.Buffer;
import okio.BufferedSink;
import okio.ByteString;
import okio.Source;
import okio.Timeout;

/**
 * Where a body is written only to be read. What comes as an array, as nearly all does, is read where it lies; OkHttp's own
 * sinks would copy it into segments first. The rest goes through a buffer. For one thread.
 */
final class ScanningSink implements BufferedSink {

    private final RequestScanner scanner;
    private final Buffer rest = new Buffer();

    ScanningSink(RequestScanner scanner) {
        this.scanner = scanner;
    }

    @Override
    public BufferedSink write(byte[] source, int offset, int byteCount) {
        scanRest();
        scanner.accept(source, offset, byteCount);
        return this;
    }

    @Override
    public BufferedSink write(byte[] source) {
        return write(source, 0, source.length);
    }

    @Override
    public OutputStream outputStream() {
        return new OutputStream() {
            @Override
            public void write(byte[] bytes, int offset, int length) {
                ScanningSink.this.write(bytes, offset, length);
            }

            @Override
            public void write(int b) {
                writeByte(b);
            }
        };
    }

    /** Abstract since Okio 3.18, which comes with OkHttp 5.5; unknown before. */
    @SuppressWarnings("MissingOverride")
    public Appendable utf8Appendable() {
        return new Appendable() {
            @Override
            public Appendable append(CharSequence text) {
                writeUtf8(text.toString());
                return this;
            }

            @Override
            public Appendable append(CharSequence text, int start, int end) {
                return append(text.subSequence(start, end));
            }

            @Override
            public Appendable append(char c) {
                return append(String.valueOf(c));
            }
        };
    }

    @Override
    public int write(ByteBuffer source) throws IOException {
        int count = source.remaining();
        rest.write(source);
        scanRest();
        return count;
    }

    @Override
    public void write(Buffer source, long byteCount) throws IOException {
        scanRest();
        scanner.accept(source, byteCount);
        source.skip(byteCount);
    }

    @Override
    public long writeAll(Source source) throws IOException {
        long total = 0;
        for (long count = source.read(rest, 8192); count != -1; count = source.read(rest, 8192)) {
            total += count;
            scanRest();
        }
        return total;
    }

    @Override
    public BufferedSink write(Source source, long byteCount) throws IOException {
        rest.write(source, byteCount);
        return scanned();
    }

    @Override
    public BufferedSink write(ByteString bytes) {
        rest.write(bytes);
        return scanned();
    }

    @Override
    public BufferedSink write(ByteString bytes, int offset, int byteCount) {
        rest.write(bytes, offset, byteCount);
        return scanned();
    }

    @Override
    public BufferedSink writeUtf8(String text) {
        rest.writeUtf8(text);
        return scanned();
    }

    @Override
    public BufferedSink writeUtf8(String text, int beginIndex, int endIndex) {
        rest.writeUtf8(text, beginIndex, endIndex);
        return scanned();
    }

    @Override
    public BufferedSink writeString(String text, Charset charset) {
        rest.writeString(text, charset);
        return scanned();
    }

    @Override
    public BufferedSink writeString(String text, int beginIndex, int endIndex, Charset charset) {
        rest.writeString(text, beginIndex, endIndex, charset);
        return scanned();
    }

    // Small pieces are collected until a segment is full or something else is written.

    @Override
    public BufferedSink writeUtf8CodePoint(int codePoint) {
        rest.writeUtf8CodePoint(codePoint);
        return this;
    }

    @Override
    public BufferedSink writeByte(int b) {
        rest.writeByte(b);
        return emitCompleteSegments();
    }

    @Override
    public BufferedSink writeShort(int s) {
        rest.writeShort(s);
        return this;
    }

    @Override
    public BufferedSink writeShortLe(int s) {
        rest.writeShortLe(s);
        return this;
    }

    @Override
    public BufferedSink writeInt(int i) {
        rest.writeInt(i);
        return this;
    }

    @Override
    public BufferedSink writeIntLe(int i) {
        rest.writeIntLe(i);
        return this;
    }

    @Override
    public BufferedSink writeLong(long v) {
        rest.writeLong(v);
        return this;
    }

    @Override
    public BufferedSink writeLongLe(long v) {
        rest.writeLongLe(v);
        return this;
    }

    @Override
    public BufferedSink writeDecimalLong(long v) {
        rest.writeDecimalLong(v);
        return this;
    }

    @Override
    public BufferedSink writeHexadecimalUnsignedLong(long v) {
        rest.writeHexadecimalUnsignedLong(v);
        return this;
    }

    @Override
    public Buffer getBuffer() {
        return rest;
    }

    @Override
    @Deprecated
    public Buffer buffer() {
        return rest;
    }

    @Override
    public BufferedSink emit() {
        return scanned();
    }

    @Override
    public BufferedSink emitCompleteSegments() {
        return rest.completeSegmentByteCount() > 0 ? scanned() : this;
    }

    @Override
    public void flush() {
        scanRest();
    }

    @Override
    public Timeout timeout() {
        return Timeout.NONE;
    }

    @Override
    public boolean isOpen() {
        return true;
    }

    @Override
    public void close() {
        scanRest();
    }

    private BufferedSink scanned() {
        scanRest();
        return this;
    }

    private void scanRest() {
        if (rest.size() > 0) {
            scanner.accept(rest, rest.size());
            rest.clear();
        }
    }
}
