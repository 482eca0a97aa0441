package dev.llmpropagation.doctor.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.llmpropagation.testkit.trace.TraceSpan;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.common.v1.KeyValueList;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files of OTLP JSON, good and bad. */
class TraceFileTest {

    /** As in the examples of the OTLP specification. */
    private static final String LINE = """
            {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"my.service"}}]},\
            "scopeSpans":[{"scope":{"name":"my.library"},"spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C",\
            "spanId":"EEE19B7EC3C1B174","parentSpanId":"EEE19B7EC3C1B173","name":"I'm a server span",\
            "startTimeUnixNano":"1544712660000000000","endTimeUnixNano":1544712661000000000,"kind":2,"status":{},\
            "unknown":[1],"attributes":[{"key":"my.span.attr","value":{"stringValue":"some value"}},\
            {"key":"count","value":{"intValue":"9007199254740993"}}]}]}]}]}""";

    @Test
    void requestsOfOneLineEach_areReadInTheirOrder() throws IOException {
        TraceFile file = read(LINE + "\n" + LINE.replace("B174", "B175") + "\r\n\n");

        assertThat(file.cutOffAt()).isZero();
        assertThat(file.spans()).extracting(TraceSpan::spanId).containsExactly("eee19b7ec3c1b174", "eee19b7ec3c1b175");
        TraceSpan span = file.spans().get(0);
        assertThat(span.traceId()).isEqualTo("5b8efff798038103d269b633813fc60c");
        assertThat(span.parentSpanId()).isEqualTo("eee19b7ec3c1b173");
        assertThat(span.name()).isEqualTo("I'm a server span");
        assertThat(span.kind()).isEqualTo("SERVER");
        assertThat(span.endNanos() - span.startNanos()).isEqualTo(1_000_000_000);
        assertThat(span.attributes()).isEqualTo(Map.of("my.span.attr", "some value", "count", 9_007_199_254_740_993L));
        assertThat(span.details().service()).isEqualTo("my.service");
        assertThat(span.details().scope()).isEqualTo("my.library");
    }

    @Test
    void otherFormsOfTheSame_areReadToo() throws IOException {
        String pretty = OtlpJson.MAPPER.readTree(LINE).toPrettyString();
        String resourceSpans =
                OtlpJson.MAPPER.readTree(LINE).get("resourceSpans").get(0).toString();
        List<TraceSpan> spans = read(LINE).spans();

        assertThat(read(pretty).spans()).isEqualTo(spans);
        assertThat(read("[" + LINE + "]").spans()).isEqualTo(spans);
        assertThat(read(resourceSpans).spans()).isEqualTo(spans);
        assertThat(read(LINE.replace("\"kind\":2", "\"kind\":\"SPAN_KIND_SERVER\""))
                        .spans())
                .isEqualTo(spans);
        assertThat(read(LINE + "\n{\"resourceLogs\":[]}\n{\"resourceMetrics\":[]}\n{}")
                        .spans())
                .isEqualTo(spans);
    }

    @Test
    void whatWasWritten_isReadAsItWas() throws IOException {
        ExportTraceServiceRequest request = request();

        String line = OtlpJson.write(request);

        assertThat(line).doesNotContain("\n").contains("\"traceId\":\"0102030405060708090a0b0c0d0e0f10\"");
        ExportTraceServiceRequest.Builder again = ExportTraceServiceRequest.newBuilder();
        OtlpJson.read(OtlpJson.MAPPER.readTree(line), again, "");
        assertThat(again.build()).isEqualTo(request);
        TraceSpan span = read(line).spans().get(0);
        assertThat(span.error()).isTrue();
        assertThat(span.attributes())
                .containsEntry("list", List.of("a", true))
                .containsEntry("map", Map.of("inner", 1.5));
        assertThat(span.details().statusMessage()).isEqualTo("no\nluck");
        assertThat(span.details().events()).singleElement().satisfies(event -> assertThat(event.name())
                .isEqualTo("exception"));
        assertThat(span.details().links()).singleElement().satisfies(link -> assertThat(link.spanId())
                .isEqualTo("0807060504030201"));
    }

    @Test
    void fileThatBreaksOff_givesWhatStandsBefore() throws IOException {
        TraceFile file = read(LINE + "\n" + LINE + "\n" + LINE.substring(0, 300));

        assertThat(file.spans()).hasSize(2);
        assertThat(file.cutOffAt()).isEqualTo(3);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "5B8EFFF798038103D269B633813FC60C | 5B8E | traceId is no id of 32 hex digits: \"5B8E\"",
                "EEE19B7EC3C1B174 | XYZ19B7EC3C1B174 | spanId is no id of 16 hex digits: \"XYZ19B7EC3C1B174\"",
                "1544712660000000000 | yesterday | startTimeUnixNano is no whole number: \"yesterday\"",
                "\"kind\":2 | \"kind\":\"CLIENT\" | kind is no SpanKind: \"CLIENT\"",
                "\"kind\":2 | \"kind\":1.5 | kind is no SpanKind: 1.5",
                "\"name\":\"I'm a server span\" | \"name\":7 | name is no text: 7",
                "\"status\":{} | \"status\":[] | status is no JSON object: array",
            })
    void wrongValue_isNamedWithItsPlace(String good, String bad, String reason) {
        assertThatThrownBy(() -> read(LINE + "\n" + LINE.replace(good, bad)))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("spans.jsonl, line 2: resourceSpans[0].scopeSpans[0].spans[0]." + reason);
    }

    @Test
    void wrongListOfSpans_isNamedWithItsPlace() {
        assertThatThrownBy(() -> read("{\"resourceSpans\":{}}"))
                .hasMessage("spans.jsonl, line 1: resourceSpans is no JSON array: object");
    }

    @Test
    void textThatIsNoJson_isNamedWithItsLine() {
        assertThatThrownBy(() -> read(LINE + "\n\nspan 1 \u001b[2J\n"))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("spans.jsonl, line 3: this is no JSON: ")
                .message()
                .doesNotContain("\u001b");
    }

    @Test
    void lineThatBreaksOffAmongOthers_isNamedSo() {
        assertThatThrownBy(() -> read(LINE + "\n" + LINE.substring(0, 70) + "\n" + LINE))
                .hasMessage("spans.jsonl, line 2: the line breaks off within a text. Leave it out to see the others.");
    }

    @Test
    void hugeText_isNamedSo() {
        String huge = LINE.replace("some value", "x".repeat(21_000_000));

        assertThatThrownBy(() -> read(huge))
                .isInstanceOf(IOException.class)
                .hasMessageStartingWith("spans.jsonl, line 1: this is larger than anything that spans hold: ");
        assertThatThrownBy(() -> read("[".repeat(2_000)))
                .hasMessageStartingWith("spans.jsonl, line 1: this is larger than anything that spans hold: ");
    }

    @Test
    void packedFile_isRead() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(LINE.getBytes(StandardCharsets.UTF_8));
        }

        assertThat(TraceFile.read("spans.gz", new ByteArrayInputStream(packed.toByteArray()))
                        .spans())
                .isEqualTo(read(LINE).spans());
    }

    /** As it is while it is still written. */
    @Test
    void packedFileThatBreaksOff_showsWhatStandsBefore() throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed, true)) {
            out.write((LINE + "\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
            out.write(LINE.replace("B174", "B175").getBytes(StandardCharsets.UTF_8));
        }
        byte[] whole = packed.toByteArray();

        TraceFile file = TraceFile.read("spans.gz", new ByteArrayInputStream(whole, 0, whole.length - 12));

        assertThat(file.spans()).isEqualTo(read(LINE).spans());
        assertThat(file.cutOffAt()).isEqualTo(2);
        assertThatThrownBy(() -> TraceFile.read("spans.gz", new ByteArrayInputStream(whole, 0, 12)))
                .hasMessage("spans.gz breaks off: it is packed by gzip, and not whole.");
        byte[] damaged = whole.clone();
        damaged[2] = 77;
        assertThatThrownBy(() -> TraceFile.read("spans.gz", new ByteArrayInputStream(damaged)))
                .hasMessage("spans.gz is damaged: it is packed by gzip, and cannot be unpacked.");
    }

    @Test
    void otherPacking_isNamedWithTheRemedy() throws IOException {
        assertThatThrownBy(() -> TraceFile.read(
                        "spans.gz", new ByteArrayInputStream(packed(packed(LINE.getBytes(StandardCharsets.UTF_8))))))
                .hasMessage("spans.gz is packed by gzip twice: unpack it once first.");
        assertThatThrownBy(() -> TraceFile.read("spans.zip", new ByteArrayInputStream(new byte[] {'P', 'K', 3, 4, 0})))
                .hasMessage("spans.zip is a ZIP archive: unpack it first.");
        assertThatThrownBy(() -> TraceFile.read(
                        "spans.zst", new ByteArrayInputStream(new byte[] {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0})))
                .hasMessage("spans.zst is packed by zstd: unpack it first, with zstd -d.");
    }

    private static byte[] packed(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        return packed.toByteArray();
    }

    @Test
    void whatIsNoText_isReplaced() throws IOException {
        assertThat(read(LINE.replace("server", "\\ud83d")).spans().get(0).name())
                .isEqualTo("I'm a \ufffd span");
        assertThat(TraceFile.read(
                                "spans",
                                new ByteArrayInputStream(
                                        LINE.replace("server", "\u00e9").getBytes(StandardCharsets.ISO_8859_1)))
                        .spans()
                        .get(0)
                        .name())
                .isEqualTo("I'm a \ufffd span");
        assertThat(TraceFile.read("spans", new ByteArrayInputStream(("\ufeff" + LINE).getBytes(StandardCharsets.UTF_8)))
                        .spans())
                .isEqualTo(read(LINE).spans());
    }

    @Test
    void resourceAndScopeBehindTheirSpans_belongToThemToo() throws IOException {
        String turned = """
                {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"%1$s","spanId":"%2$s","name":"a"},\
                {"traceId":"%1$s","spanId":"%2$s","name":"b"}],"scope":{"name":"my.library"}}],"resource":{"attributes":\
                [{"key":"service.name","value":{"stringValue":"my.service"}}]}}]}""".formatted("a".repeat(32), "b".repeat(16));

        assertThat(read(turned).spans()).extracting(TraceSpan::name).containsExactly("a", "b");
        assertThat(read(turned).spans())
                .extracting(TraceSpan::details)
                .allSatisfy(details -> assertThat(details.service()).isEqualTo("my.service"))
                .allSatisfy(details -> assertThat(details.scope()).isEqualTo("my.library"));
    }

    @Test
    void spanOfManyValues_isNamedSo() {
        String values = "{\"key\":\"k\"},".repeat(200_000) + "{}";

        assertThatThrownBy(() -> read(
                        LINE.replace("\"attributes\":[{\"key\":\"my", "\"attributes\":[" + values + ",{\"key\":\"my")))
                .hasMessage(
                        "spans.jsonl, line 1: this is larger than anything that spans hold: more than 200000 values");
    }

    @Test
    void otherEncodings_areRead() throws IOException {
        for (Charset charset : List.of(StandardCharsets.UTF_16, StandardCharsets.UTF_16LE)) {
            assertThat(TraceFile.read("spans", new ByteArrayInputStream(LINE.getBytes(charset)))
                            .spans())
                    .isEqualTo(read(LINE).spans());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"traceId", "spanId"})
    void spanWithoutAnId_isNamedSo(String id) {
        assertThatThrownBy(() -> read(LINE.replace("\"" + id + "\"", "\"other\"")))
                .hasMessage("spans.jsonl, line 1: the span \"I'm a server span\" lacks its traceId or spanId");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"spans\":[]}", "[{\"traceId\":\"1\",\"id\":\"2\"}]", "7", "\"text\"", "[[]]"})
    void jsonThatIsNoOtlp_isNamedSo(String json) {
        assertThatThrownBy(() -> read(json))
                .isInstanceOf(IOException.class)
                .hasMessage("spans.jsonl, line 1: this is JSON, but no OTLP: it lacks resourceSpans");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " \n\n"})
    void emptyFile_isNamedSo(String text) {
        assertThatThrownBy(() -> read(text)).hasMessage("spans.jsonl is empty: it holds no OTLP JSON.");
    }

    private static TraceFile read(String text) throws IOException {
        return TraceFile.read("spans.jsonl", new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static ExportTraceServiceRequest request() {
        AnyValue list = AnyValue.newBuilder()
                .setArrayValue(ArrayValue.newBuilder()
                        .addValues(AnyValue.newBuilder().setStringValue("a"))
                        .addValues(AnyValue.newBuilder().setBoolValue(true)))
                .build();
        AnyValue map = AnyValue.newBuilder()
                .setKvlistValue(KeyValueList.newBuilder()
                        .addValues(attribute(
                                "inner",
                                AnyValue.newBuilder().setDoubleValue(1.5).build())))
                .build();
        Span span = Span.newBuilder()
                .setTraceId(bytes("0102030405060708090a0b0c0d0e0f10"))
                .setSpanId(bytes("0102030405060708"))
                .setName("</script>")
                .setKind(Span.SpanKind.SPAN_KIND_CLIENT)
                .setStartTimeUnixNano(-1)
                .setEndTimeUnixNano(Long.MAX_VALUE)
                .setFlags(0xffffffff)
                .addAttributes(attribute("list", list))
                .addAttributes(attribute("map", map))
                .addAttributes(attribute(
                        "bytes",
                        AnyValue.newBuilder().setBytesValue(bytes("ff00")).build()))
                .addAttributes(attribute(
                        "nan", AnyValue.newBuilder().setDoubleValue(Double.NaN).build()))
                .addEvents(Span.Event.newBuilder().setName("exception").setTimeUnixNano(5))
                .addLinks(Span.Link.newBuilder()
                        .setTraceId(bytes("100f0e0d0c0b0a090807060504030201"))
                        .setSpanId(bytes("0807060504030201")))
                .setStatus(Status.newBuilder()
                        .setCode(Status.StatusCode.STATUS_CODE_ERROR)
                        .setMessage("no\nluck"))
                .build();
        return ExportTraceServiceRequest.newBuilder()
                .addResourceSpans(ResourceSpans.newBuilder()
                        .setResource(Resource.getDefaultInstance())
                        .addScopeSpans(ScopeSpans.newBuilder().addSpans(span)))
                .build();
    }

    private static KeyValue attribute(String key, AnyValue value) {
        return KeyValue.newBuilder().setKey(key).setValue(value).build();
    }

    private static ByteString bytes(String hex) {
        return ByteString.copyFrom(HexFormat.of().parseHex(hex));
    }
}
