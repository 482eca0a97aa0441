package dev.llmpropagation.doctor.listen;

import com.google.protobuf.Message;
import dev.llmpropagation.doctor.trace.OtlpJson;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** The file of {@code --save}, one request a line. Not thread-safe. */
final class SavedTelemetry {

    private final OutputStream file;
    private boolean brokenOff;

    SavedTelemetry(OutputStream file) {
        this.file = file;
    }

    /** Without a file. */
    static SavedTelemetry none() {
        return new SavedTelemetry(OutputStream.nullOutputStream());
    }

    /**
     * @return whether it works again
     * @throws IOException only for the first that does not work after one that did: a disk that is full stays so
     */
    boolean save(Message request) throws IOException {
        boolean wasBrokenOff = brokenOff;
        try {
            // Whole lines, and by this method, which replaces what has no UTF-8: one bad text must not spoil those
            // after
            // it. Nor must a line that was written in part.
            String line = (wasBrokenOff ? "\n" : "") + OtlpJson.write(request) + '\n';
            file.write(line.getBytes(StandardCharsets.UTF_8));
            file.flush();
            brokenOff = false;
            return wasBrokenOff;
        } catch (IOException e) {
            brokenOff = true;
            if (!wasBrokenOff) {
                throw e;
            }
            return false;
        }
    }
}
