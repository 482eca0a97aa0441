package dev.llmpropagation.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.llmpropagation.fuzz.Parts;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import okio.Buffer;

/** Bodies that are streams of server-sent events. */
class EventStreamFuzz {

    private static final String[] LINE_ENDS = {"\n", "\r\n", "\r", "\n"};

    /** The first byte chooses the format, the second how the rest is cut, and its highest bit whether it comes many times. */
    @FuzzTest
    void facts_areTheSameInAnyPieces(byte[] input) {
        if (input.length < 2) {
            return;
        }
        WireFormat format = DocumentFuzz.format(input[0]);
        byte[] body = Arrays.copyOfRange(input, 2, input.length);

        Reading whole = new Reading(format).read(body, Math.max(1, body.length));
        Reading pieces = new Reading(format).read(body, 1 + (input[1] & 0x3f));
        // No event is compared with one before if it comes in pieces.
        Reading single = new Reading(format).read(body, 1);
        assertThat(pieces.state()).isEqualTo(whole.state());
        assertThat(single.state()).isEqualTo(whole.state());

        if (input[1] < 0) {
            byte[] many = Parts.manyTimes(body);
            new Reading(format).read(many, many.length);
        }
        ResponseScanner scanner = new ResponseScanner(format, true, true);
        scanner.accept(new Buffer().write(body), body.length, 1);
        scanner.finish(false);
        scanner.fault(true);
    }

    /** The first part of an input chooses the format, how it is cut, and how each event is written; the others are events. */
    @FuzzTest
    void facts_areThoseOfJackson(byte[] input) {
        Parts parts = Parts.of(input);
        String choices = parts.get(0);
        List<String> documents =
                parts.from(1).stream().filter(FactsByJackson::isDocument).toList();
        if (choices.length() < 3 || documents.isEmpty()) {
            return;
        }
        WireFormat format = DocumentFuzz.format((byte) choices.charAt(0));
        ResponseReader reader = new ResponseReader();
        FactsByJackson jackson = new FactsByJackson(format.response(), reader);
        if (format.anyErrorEndsAStream()) {
            reader.countAnyError();
        }
        StringBuilder stream = new StringBuilder();
        for (int i = 0; i < documents.size(); i++) {
            write(stream, documents.get(i), choices.charAt(2 + i % (choices.length() - 2)));
            jackson.read(documents.get(i));
        }
        if (!jackson.isWhole()) {
            return;
        }
        byte[] body = stream.toString().getBytes(StandardCharsets.UTF_8);
        ResponseFacts expected = reader.result(true, false, reader.hasContent() ? 1L : null);
        for (int size : new int[] {body.length, 1 + (choices.charAt(1) & 0x3f), 1}) {
            ResponseScanner scanner = new ResponseScanner(format, true, true);
            for (int i = 0; i < body.length; i += size) {
                int length = Math.min(size, body.length - i);
                scanner.accept(new Buffer().write(body, i, length), length, 1);
            }
            assertThat(scanner.finish(false)).as(stream.toString()).isEqualTo(expected);
            assertThat(scanner.isStream()).isTrue();
        }
    }

    /** As the standard allows it, or line by line as some services do: what the documents say stays the same. */
    private static void write(StringBuilder stream, String document, char how) {
        String end = LINE_ENDS[how & 3];
        stream.append((how & 4) == 0 ? "" : ": a {\"model\":\"comment\"}" + end);
        stream.append((how & 8) == 0 ? "" : "event: delta" + end);
        stream.append((how & 16) == 0 ? "" : "id: {\"id\":1}" + end);
        for (String line : document.split("\r\n|\r|\n", -1)) {
            stream.append((how & 32) == 0 ? "data:" : "data: ").append(line).append(end);
        }
        boolean whole = document.strip().endsWith("}");
        stream.append((how & 64) == 0 || !whole ? end : "");
    }

    /** Without the guard that the scanner for all others has against mistakes of ours. */
    private static final class Reading {
        private final ResponseReader reader = new ResponseReader();
        private final EventStream stream;

        Reading(WireFormat format) {
            stream = new EventStream(new JsonScanner(format.response(), reader), reader);
            if (format.anyErrorEndsAStream()) {
                reader.countAnyError();
            }
        }

        Reading read(byte[] body, int size) {
            for (int i = 0; i < body.length; i += size) {
                stream.accept(body, i, Math.min(body.length, i + size));
            }
            return this;
        }

        List<Object> state() {
            return List.of(
                    reader.result(true, false, null),
                    reader.hasContent(),
                    reader.hasEnd(),
                    stream.markSeen(),
                    stream.dataSeen());
        }
    }
}
