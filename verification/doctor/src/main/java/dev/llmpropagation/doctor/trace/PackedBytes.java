package dev.llmpropagation.doctor.trace;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;

/** A file as it is, or what was packed by gzip. Where it breaks off, its bytes end, and it says so. Not thread-safe. */
final class PackedBytes extends FilterInputStream {

    private static final byte[] GZIP = {0x1f, (byte) 0x8b};
    private static final byte[] ZIP = {'P', 'K', 3, 4};
    private static final byte[] ZSTD = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd};

    private boolean brokenOff;

    private PackedBytes(InputStream in) {
        super(in);
    }

    /** @param name stands for the file in messages */
    static PackedBytes of(String name, InputStream file) throws IOException {
        BufferedInputStream bytes = new BufferedInputStream(file);
        refuse(begins(bytes, ZIP), name + " is a ZIP archive: unpack it first.");
        refuse(begins(bytes, ZSTD), name + " is packed by zstd: unpack it first, with zstd -d.");
        if (!begins(bytes, GZIP)) {
            return new PackedBytes(bytes);
        }
        PushbackInputStream first = new PushbackInputStream(new GZIPInputStream(bytes), GZIP.length);
        PackedBytes unpacked = new PackedBytes(first);
        byte[] start = unpacked.readNBytes(GZIP.length);
        refuse(Arrays.equals(start, GZIP), name + " is packed by gzip twice: unpack it once first.");
        first.unread(start);
        return unpacked;
    }

    private static boolean begins(BufferedInputStream bytes, byte[] mark) throws IOException {
        bytes.mark(mark.length);
        boolean begins = Arrays.equals(bytes.readNBytes(mark.length), mark);
        bytes.reset();
        return begins;
    }

    private static void refuse(boolean wrong, String message) throws IOException {
        if (wrong) {
            throw new IOException(message);
        }
    }

    boolean isBrokenOff() {
        return brokenOff;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        try {
            return brokenOff ? -1 : super.read(buffer, offset, length);
        } catch (EOFException e) {
            // As a packed file does that is still written: what stands before is good.
            brokenOff = true;
            return -1;
        }
    }
}
