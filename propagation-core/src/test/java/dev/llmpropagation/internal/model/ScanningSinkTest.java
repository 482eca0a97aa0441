package dev.llmpropagation.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.fixtures.WrittenBody;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import okhttp3.RequestBody;
import okio.Buffer;
import okio.BufferedSink;
import okio.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ScanningSinkTest {

    /** The highest of those that {@link #write} knows. */
    static final int METHODS = 18;

    private static final ModelOperation CHAT = RecognisedCalls.post("https://h/v1/chat/completions");
    private static final byte[] JSON =
            ("{\"messages\":[{\"role\":\"user\",\"content\":\"say \\\"model\\\" and \\\\\"}],"
                            + "\"model\":\"gpt-4.1\",\"temperature\":0.25,\"seed\":1234567,\"stop\":[\"a\\\"b\"],\"stream\":true}")
                    .getBytes(StandardCharsets.US_ASCII);
    private static final RequestFacts FACTS = RequestScanner.read(CHAT, RequestBody.create(JSON));

    @Test
    void arrays_areReadAsTheyAre() {
        assertThat(FACTS.model()).isEqualTo("gpt-4.1");
        assertThat(FACTS.temperature()).isEqualTo(0.25);
        assertThat(FACTS.seed()).isEqualTo(1234567);
        assertThat(FACTS.stopSequences()).isEqualTo(List.of("a\"b"));
        assertThat(FACTS.stream()).isTrue();
    }

    /** As newer Okio's own callers write text. */
    @Test
    void bodyWrittenAsText_isRead() {
        RequestBody body = WrittenBody.by(sink -> {
            String text = new String(JSON, StandardCharsets.US_ASCII);
            ((ScanningSink) sink)
                    .utf8Appendable()
                    .append(text.charAt(0))
                    .append(text, 1, 20)
                    .append(text.substring(20));
        });
        assertThat(RequestScanner.read(CHAT, body)).isEqualTo(FACTS);
    }

    @ParameterizedTest
    @MethodSource("methods")
    void body_isReadByWhateverMethodItIsWritten(int method) {
        // where a number stands, and where text does
        int beforeTheSeed = new String(JSON, StandardCharsets.US_ASCII).indexOf("1234567") / 11;
        List<Integer> methods = new ArrayList<>(Collections.nCopies(beforeTheSeed, 0));
        methods.addAll(Collections.nCopies(11, 18));
        methods.add(method);
        assertReadAsWritten(methods);
        assertReadAsWritten(List.of(method, method));
    }

    static IntStream methods() {
        return IntStream.rangeClosed(0, METHODS);
    }

    /** @param methods that write a piece each; what is left is written at once */
    static void assertReadAsWritten(List<Integer> methods) {
        Buffer written = new Buffer();
        RequestBody body = WrittenBody.by(sink -> {
            int at = 0;
            for (int method : methods) {
                at += write(sink, method, at);
            }
            sink.write(JSON, at, JSON.length - at);
        });
        assertThat(RequestScanner.read(CHAT, body)).isEqualTo(FACTS);
        try {
            body.writeTo(written);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        assertThat(written.readByteArray()).as("the body itself").isEqualTo(JSON);
    }

    /** @return how many bytes of the body were written, from there on */
    private static int write(BufferedSink sink, int method, int at) throws IOException {
        int rest = JSON.length - at;
        int some = Math.min(rest, 11);
        String text = new String(JSON, at, rest, StandardCharsets.US_ASCII);
        ByteBuffer bytes = ByteBuffer.wrap(JSON, at, rest);
        ByteBuffer reversed = ByteBuffer.wrap(JSON, at, rest).order(ByteOrder.LITTLE_ENDIAN);
        if (rest < Long.BYTES) {
            return 0;
        }
        switch (method) {
            case 0 -> sink.write(JSON, at, some);
            case 1 -> sink.write(text.substring(0, some).getBytes(StandardCharsets.US_ASCII));
            case 2 -> sink.writeUtf8(text.substring(0, some));
            case 3 -> sink.writeUtf8(text, 0, some);
            case 4 -> sink.writeString(text.substring(0, some), StandardCharsets.ISO_8859_1);
            case 5 -> sink.writeString(text, 0, some, StandardCharsets.ISO_8859_1);
            case 6 -> sink.write(ByteString.of(JSON, at, some));
            case 7 -> sink.write(ByteString.of(JSON, at, rest), 0, some);
            case 8 -> assertThat(sink.write(ByteBuffer.wrap(JSON, at, some))).isEqualTo(some);
            case 9 -> sink.write(new Buffer().write(JSON, at, rest), (long) some);
            case 10 ->
                assertThat(sink.writeAll(new Buffer().write(JSON, at, some))).isEqualTo(some);
            case 11 -> sink.outputStream().write(JSON, at, some);
            default -> {
                return writeOne(sink, method, at, text, bytes, reversed);
            }
        }
        return some;
    }

    private static int writeOne(
            BufferedSink sink, int method, int at, String text, ByteBuffer bytes, ByteBuffer reversed)
            throws IOException {
        switch (method) {
            case 12 -> sink.outputStream().write(JSON[at]);
            case 13 -> sink.writeUtf8CodePoint(text.charAt(0));
            case 14 -> {
                sink.writeShort(bytes.getShort());
                sink.emit();
                return Short.BYTES;
            }
            case 15 -> {
                sink.writeIntLe(reversed.getInt());
                return Integer.BYTES;
            }
            case 16 -> {
                sink.writeLong(bytes.getLong());
                sink.flush();
                return Long.BYTES;
            }
            case 17 -> {
                String digits = text.replaceFirst("(?s)[^0-9].*", "");
                if (!digits.isEmpty() && digits.charAt(0) != '0') {
                    sink.writeDecimalLong(Long.parseLong(digits));
                    return digits.length();
                }
                return 0;
            }
            default -> sink.writeByte(JSON[at]);
        }
        return 1;
    }
}
