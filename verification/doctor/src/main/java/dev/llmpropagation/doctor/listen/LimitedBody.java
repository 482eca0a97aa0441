package dev.llmpropagation.doctor.listen;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/** What a client sends, up to so many bytes and for so long. Beyond that each read throws a {@link Refusal}. */
final class LimitedBody extends FilterInputStream {

    private final long most;
    private final String what;
    private final long start = System.nanoTime();
    private final Duration time;
    private long count;

    /** @param what is limited, for the message */
    LimitedBody(InputStream in, long most, String what, Duration time) {
        super(in);
        this.most = most;
        this.what = what;
        this.time = time;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        int read = super.read(buffer, offset, length);
        count += Math.max(0, read);
        if (count > most) {
            throw new Refusal(413, what + " is larger than " + ListenLimits.size(most));
        }
        if (System.nanoTime() - start > time.toNanos()) {
            throw new Refusal(408, what + " did not come within " + time.toSeconds() + " s");
        }
        return read;
    }

    @Override
    public long skip(long wanted) throws IOException {
        byte[] skipped = new byte[(int) Math.min(8192, Math.max(0, wanted))];
        return Math.max(0, read(skipped, 0, skipped.length));
    }
}
