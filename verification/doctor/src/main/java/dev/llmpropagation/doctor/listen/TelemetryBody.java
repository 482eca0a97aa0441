package dev.llmpropagation.doctor.listen;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** Takes the bodies of requests with telemetry into memory, of all clients no more than there is room for. Thread-safe. */
final class TelemetryBody {

    private static final int PART = 1 << 16;

    private final ListenLimits limits;
    private final Semaphore parts;

    TelemetryBody(ListenLimits limits) {
        this.limits = limits;
        this.parts = new Semaphore(Math.max(1, limits.memoryBytes() / PART));
    }

    /** A body that is there. */
    interface Body {
        /** Unpacked. */
        InputStream open() throws IOException;
    }

    interface Reader {
        void read(Body body) throws IOException;
    }

    /**
     * The whole body is there before the reader is called, so that no slow client holds it up.
     *
     * @param encoding {@code gzip}, or {@code identity} or null for none
     */
    void read(InputStream in, @Nullable String encoding, Reader reader) throws IOException {
        boolean packed = isPacked(encoding);
        InputStream limited = new LimitedBody(in, limits.otlpBytes(), "this request", limits.bodyTime());
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        int taken = 0;
        try {
            while (true) {
                // Only for what is there already: a client that waits costs nothing.
                byte[] part = limited.readNBytes(body.size() == 0 ? 1024 : PART / 2);
                if (part.length == 0) {
                    break;
                }
                if (body.size() + part.length > taken * PART) {
                    if (!parts.tryAcquire()) {
                        throw new Refusal(503, "too many requests with telemetry come at the same time");
                    }
                    taken++;
                }
                body.write(part);
            }
            byte[] whole = body.toByteArray();
            reader.read(() -> packed ? unpacked(whole) : new ByteArrayInputStream(whole));
        } finally {
            parts.release(taken);
        }
    }

    private InputStream unpacked(byte[] packed) throws IOException {
        return new LimitedBody(
                new GZIPInputStream(new ByteArrayInputStream(packed)),
                limits.otlpBytes(),
                "this request, unpacked,",
                limits.bodyTime());
    }

    private static boolean isPacked(@Nullable String encoding) throws Refusal {
        String name = encoding == null ? "identity" : encoding.strip().toLowerCase(Locale.ROOT);
        if (!name.equals("gzip") && !name.equals("identity") && !name.isEmpty()) {
            throw new Refusal(415, "Content-Encoding is not gzip, the only one that is known here");
        }
        return name.equals("gzip");
    }
}
