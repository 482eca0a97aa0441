package dev.llmpropagation.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import okio.Buffer;
import okio.BufferedSink;
import okio.ByteString;
import okio.Source;
import okio.Timeout;
import org.junit.jupiter.api.Test;

/** A body that is written in one chain of calls, or asks the sink for what it is, as it may with OkHttp's own. */
class SinkByItsInterfaceTest {

    private static final ModelOperation CHAT = RecognisedCalls.post("https://h/v1/chat/completions");

    private final RequestScanner scanner = new RequestScanner(CHAT);
    private final ScanningSink sink = new ScanningSink(scanner);

    @Test
    void everyWrite_returnsTheSink() throws IOException {
        Source source = new Buffer().writeUtf8(" ");
        BufferedSink last = sink.write(bytes("{\"mo"))
                .write(bytes("del\""), 0, 4)
                .write(ByteString.encodeUtf8(":"))
                .write(ByteString.encodeUtf8("x\"x"), 1, 1)
                .write(source, 1L)
                .writeUtf8("m")
                .writeUtf8("x-x", 1, 2)
                .writeString("1", StandardCharsets.UTF_8)
                .writeString("x\"x", 1, 2, StandardCharsets.UTF_8)
                .writeUtf8CodePoint(',')
                .emit()
                .emitCompleteSegments()
                .writeByte('"')
                .writeShort('s' << 8 | 'e')
                .writeShortLe('d' << 8 | 'e')
                .writeByte('"')
                .writeInt(':' << 24 | ' ' << 16 | ' ' << 8 | ' ')
                .writeIntLe(' ' << 24 | ' ' << 16 | ' ' << 8 | ' ')
                .writeLong(0x2020202020202020L)
                .writeLongLe(0x2020202020202020L)
                .writeDecimalLong(12)
                .writeHexadecimalUnsignedLong(0x34);
        last.writeByte('}').flush();
        assertThat(last).isSameAs(sink);
        assertThat(scanner.finish().model()).isEqualTo(" m-1");
        assertThat(scanner.finish().seed()).isEqualTo(1234);
    }

    @Test
    void smallPieces_areReadAtTheEnd() throws IOException {
        sink.write(bytes("{\"seed\":"));
        sink.writeDecimalLong(12).writeByte(',');
        assertThat(scanner.finish().seed()).isNull();
        sink.close();
        assertThat(scanner.finish().seed()).isEqualTo(12);
    }

    @Test
    void smallPieces_areReadBeforeWhatFollows() throws IOException {
        sink.write(bytes("{\"seed\":")).writeDecimalLong(1);
        Buffer more = new Buffer().writeUtf8("2,rest");
        sink.write(more, 2);
        assertThat(scanner.finish().seed()).isEqualTo(12);
        assertThat(more.readUtf8()).isEqualTo("rest");
    }

    @Test
    void whatItsBufferIsGiven_isReadToo() {
        sink.getBuffer().writeUtf8("{\"seed\":7}");
        sink.flush();
        assertThat(scanner.finish().seed()).isEqualTo(7);
    }

    @Test
    void sink_isOpen_andNeverTooLate() {
        assertThat(sink.isOpen()).isTrue();
        assertThat(sink.timeout()).isSameAs(Timeout.NONE);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
