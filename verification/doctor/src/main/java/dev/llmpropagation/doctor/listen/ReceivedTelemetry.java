package dev.llmpropagation.doctor.listen;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import dev.llmpropagation.doctor.trace.OtlpRequests;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Response;
import org.jspecify.annotations.Nullable;

/** The collector. Thread-safe. */
final class ReceivedTelemetry {

    static final String TRACES = "/v1/traces";
    static final String METRICS = "/v1/metrics";
    static final String LOGS = "/v1/logs";

    /** Of google.rpc.Status, which OTLP wants in the body of an error. */
    private static final int STATUS_MESSAGE = 2;

    private final Journal journal;
    private final SavedTelemetry save;
    private final TelemetryBody bodies;
    private final Object oneAtATime = new Object();

    ReceivedTelemetry(ListenLimits limits, Journal journal, SavedTelemetry save) {
        this.journal = journal;
        this.save = save;
        this.bodies = new TelemetryBody(limits);
    }

    /** @param path one of the three */
    void take(String path, InputStream body, HttpFields headers) throws IOException {
        bodies.read(body, headers.get("Content-Encoding"), whole -> {
            // What a request becomes in memory is some ten times as large.
            synchronized (oneAtATime) {
                switch (path) {
                    case METRICS ->
                        journal.metrics(
                                OtlpRequests.metrics(saved(whole, headers, "metrics", OtlpRequests::readMetrics)));
                    case LOGS ->
                        journal.logs(OtlpRequests.logs(saved(whole, headers, "log records", OtlpRequests::readLogs)));
                    default -> journal.spans(OtlpRequests.spans(saved(whole, headers, "spans", OtlpRequests::read)));
                }
            }
        });
    }

    private interface Reader<R> {
        R read(InputStream body, @Nullable String contentType) throws IOException;
    }

    private <R extends Message> R saved(TelemetryBody.Body body, HttpFields headers, String what, Reader<R> reader)
            throws IOException {
        R request = read(body, headers.get("Content-Type"), what, reader);
        try {
            if (save.save(request)) {
                journal.problem("telemetry is saved again; what came in between is missing from the file");
            }
        } catch (IOException e) {
            journal.problem(
                    "the " + what + " could not be saved, nor will others be, until it works again: " + e.getMessage());
        }
        return request;
    }

    private static <R> R read(TelemetryBody.Body body, @Nullable String contentType, String what, Reader<R> reader)
            throws IOException {
        try (InputStream unpacked = body.open()) {
            return reader.read(unpacked, contentType);
        } catch (Refusal e) {
            throw e;
        } catch (StreamConstraintsException e) {
            throw new Refusal(413, "this request is no batch of an exporter: " + e.getOriginalMessage());
        } catch (JsonProcessingException e) {
            // Without the place in a text that nobody has.
            throw new Refusal(400, what + " arrived that are no OTLP: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new Refusal(400, what + " arrived that are no OTLP: " + e.getMessage());
        } catch (OutOfMemoryError e) {
            // Its own tree took the memory, and is gone with it.
            throw new Refusal(413, "this request needs more memory than there is; java -Xmx gives more");
        }
    }

    static void accept(HttpFields headers, Response response) throws IOException {
        boolean json = OtlpRequests.isJson(headers.get("Content-Type"));
        write(response, 200, json, (json ? "{}" : "").getBytes(StandardCharsets.UTF_8));
    }

    static void refuse(HttpFields headers, Response response, Refusal refusal) throws IOException {
        boolean json = OtlpRequests.isJson(headers.get("Content-Type"));
        write(response, refusal.status(), json, status(json, String.valueOf(refusal.getMessage())));
    }

    private static byte[] status(boolean json, String message) throws IOException {
        if (json) {
            return JsonNodeFactory.instance
                    .objectNode()
                    .put("message", message)
                    .toString()
                    .getBytes(StandardCharsets.UTF_8);
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream status = CodedOutputStream.newInstance(bytes);
        status.writeString(STATUS_MESSAGE, message);
        status.flush();
        return bytes.toByteArray();
    }

    private static void write(Response response, int status, boolean json, byte[] body) throws IOException {
        response.setStatus(status);
        response.getHeaders().put("Content-Type", json ? "application/json" : "application/x-protobuf");
        response.getHeaders().put("Content-Length", body.length);
        try (OutputStream out = Content.Sink.asOutputStream(response)) {
            out.write(body);
        }
    }
}
