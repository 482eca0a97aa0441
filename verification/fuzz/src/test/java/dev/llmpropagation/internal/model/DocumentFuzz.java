package dev.llmpropagation.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.llmpropagation.fuzz.Parts;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import okio.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * Bodies that are one document. The first byte of an input chooses the format, the second how the rest is cut, and its
 * highest bit whether it comes many times.
 */
class DocumentFuzz {

    @FuzzTest
    void facts_areTheSameInAnyPieces_andThoseOfJackson(byte[] input) {
        if (input.length < 2) {
            return;
        }
        WireFormat format = format(input[0]);
        byte[] body = Arrays.copyOfRange(input, 2, input.length);

        Reading whole = new Reading(format).read(body, body.length);
        for (int size : new int[] {1 + (input[1] & 0x3f), 1}) {
            Reading pieces = new Reading(format).read(body, size);
            assertThat(pieces.facts()).isEqualTo(whole.facts());
            assertThat(pieces.json.isDone()).isEqualTo(whole.json.isDone());
            assertThat(pieces.json.isLost()).isEqualTo(whole.json.isLost());
        }

        if (input[1] < 0) {
            byte[] many = Parts.manyTimes(body);
            new Reading(format).read(many, many.length);
        }
        ResponseScanner scanner = new ResponseScanner(format, false, false);
        scanner.accept(new Buffer().write(body), body.length, 1);
        scanner.finish(false);
        scanner.fault(true);

        String document = text(body);
        if (document == null || !FactsByJackson.isDocument(document)) {
            return;
        }
        assertThat(whole.json.isLost()).as(document).isFalse();
        boolean structure = document.stripLeading().startsWith("{")
                || document.stripLeading().startsWith("[");
        assertThat(whole.json.isDone() || !structure).as(document).isTrue();
        ResponseReader reader = new ResponseReader();
        FactsByJackson jackson = new FactsByJackson(format.response(), reader);
        jackson.read(document);
        if (jackson.isWhole()) {
            ResponseFacts expected = reader.result(false, false, null);
            assertThat(whole.facts()).as(document).isEqualTo(expected);
            assertThat(scanner.finish(false)).as(document).isEqualTo(expected);
        }
    }

    static WireFormat format(byte choice) {
        return WireFormat.values()[Math.floorMod(choice - 'a', WireFormat.values().length)];
    }

    /** Null if it is no UTF-8. */
    static @Nullable String text(byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            return null;
        }
    }

    /** Without the guard that the scanner for all others has against mistakes of ours. */
    private static final class Reading {
        private final ResponseReader reader = new ResponseReader();
        final JsonScanner json;

        Reading(WireFormat format) {
            json = new JsonScanner(format.response(), reader);
        }

        Reading read(byte[] body, int size) {
            for (int i = 0; i < body.length; i += size) {
                json.accept(body, i, Math.min(body.length, i + size));
            }
            return this;
        }

        ResponseFacts facts() {
            return reader.result(false, false, null);
        }
    }
}
