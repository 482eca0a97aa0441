package dev.llmpropagation.doctor.listen;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.google.protobuf.CodedOutputStream;
import dev.llmpropagation.doctor.trace.OtlpRequests;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
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
final class ReceivedSpans {

    static final String TRACES = "/v1/traces";

    /** Of google.rpc.Status, which OTLP wants in the body of an error. */
    private static final int STATUS_MESSAGE = 2;

    private final Journal journal;
    private final SavedSpans save;
    private final TelemetryBody bodies;
    private final Object oneAtATime = new Object();

    ReceivedSpans(ListenLimits limits, Journal journal, SavedSpans save) {
        this.journal = journal;
        this.save = save;
        this.bodies = new TelemetryBody(limits);
    }

    void spans(InputStream body, HttpFields headers) throws IOException {
        bodies.read(body, headers.get("Content-Encoding"), whole -> {
            // What a request becomes in memory is some ten times as large.
            synchronized (oneAtATime) {
                take(whole, headers.get("Content-Type"));
            }
        });
    }

    private void take(TelemetryBody.Body body, @Nullable String contentType) throws IOException {
        ExportTraceServiceRequest request;
        try (InputStream unpacked = body.open()) {
            request = OtlpRequests.read(unpacked, contentType);
        } catch (Refusal e) {
            throw e;
        } catch (StreamConstraintsException e) {
            throw new Refusal(413, "this request is no batch of an exporter: " + e.getOriginalMessage());
        } catch (JsonProcessingException e) {
            // Without the place in a text that nobody has.
            throw new Refusal(400, "spans arrived that are no OTLP: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw new Refusal(400, "spans arrived that are no OTLP: " + e.getMessage());
        } catch (OutOfMemoryError e) {
            // Its own tree took the memory, and is gone with it.
            throw new Refusal(413, "this request needs more memory than there is; java -Xmx gives more");
        }
        try {
            if (save.save(request)) {
                journal.problem("spans are saved again; those in between are missing from the file");
            }
        } catch (IOException e) {
            journal.problem(
                    "the spans could not be saved, nor will others be, until it works again: " + e.getMessage());
        }
        journal.spans(OtlpRequests.spans(request));
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
