package dev.llmpropagation.doctor.listen;

import dev.llmpropagation.doctor.trace.OtlpJson;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** The file of {@code --save}, one request a line. Not thread-safe. */
final class SavedSpans {

    private final OutputStream file;

    SavedSpans(OutputStream file) {
        this.file = file;
    }

    /** Without a file. */
    static SavedSpans none() {
        return new SavedSpans(OutputStream.nullOutputStream());
    }

    void save(ExportTraceServiceRequest request) throws IOException {
        // Whole lines, and by this method, which replaces what has no UTF-8: one bad text must not spoil those after
        // it.
        file.write((OtlpJson.write(request) + '\n').getBytes(StandardCharsets.UTF_8));
        file.flush();
    }
}
