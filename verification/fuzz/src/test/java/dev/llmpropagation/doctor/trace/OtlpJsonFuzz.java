package dev.llmpropagation.doctor.trace;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What exporters send and what files hold. */
class OtlpJsonFuzz {

    @FuzzTest
    void request_isReadOrRefused_andWrittenAsItWasRead(byte[] input) {
        ExportTraceServiceRequest request;
        try {
            request = OtlpRequests.read(new ByteArrayInputStream(input), "application/json");
        } catch (IOException e) {
            assertThat(e.getMessage()).isNotNull();
            return;
        }
        String line = OtlpJson.write(request);
        assertThat(line).doesNotContain("\n", "\r");
        assertThat(StandardCharsets.UTF_8.newEncoder().canEncode(line)).isTrue();
        try {
            assertThat(OtlpRequests.read(
                            new ByteArrayInputStream(line.getBytes(StandardCharsets.UTF_8)), "application/json"))
                    .isEqualTo(request);
        } catch (IOException e) {
            throw new AssertionError(line, e);
        }
    }

    @FuzzTest
    void file_holdsTheSpansOfItsRequests(byte[] input) {
        TraceFile file = null;
        try {
            file = TraceFile.read("file", new ByteArrayInputStream(input));
        } catch (IOException e) {
            assertThat(e.getMessage()).startsWith("file").doesNotContain("\n", "\u001b");
        }
        List<TraceSpan> spans = spans(input);
        if (spans != null && file != null && file.cutOffAt() == 0) {
            assertThat(file.spans()).isEqualTo(spans);
        }
        if (file != null) {
            List<TraceSpan> fit =
                    file.spans().stream().map(new TextBudget()::fit).toList();
            SpanIndex index = new SpanIndex(new TraceSelection(null, null));
            fit.forEach(index::add);
            index.selected().forEach(trace -> index.slowest(trace, 2));
            TracePage.draw("file", fit);
        }
    }

    /** One by one, by the reader of whole requests; null if one of them is none. */
    private static List<TraceSpan> spans(byte[] input) {
        List<TraceSpan> spans = new ArrayList<>();
        try (JsonParser parser = OtlpJson.MAPPER.createParser(new String(input, StandardCharsets.UTF_8))) {
            while (parser.nextToken() != null) {
                JsonNode document = parser.readValueAsTree();
                // A file can be one array of requests, or have several of them.
                for (JsonNode request : document.isArray() ? document : List.of(document)) {
                    if (!request.isObject() || request.has("scopeSpans") || request.has("resource")) {
                        return null;
                    }
                    ExportTraceServiceRequest.Builder read = ExportTraceServiceRequest.newBuilder();
                    OtlpJson.read(request, read, "");
                    spans.addAll(OtlpRequests.spans(read.build()));
                }
            }
            return spans;
        } catch (IOException | IllegalArgumentException e) {
            return null;
        }
    }
}
