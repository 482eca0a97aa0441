package dev.llmpropagation.internal.content;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import okio.Buffer;
import okio.ByteString;
import org.junit.jupiter.api.Test;

/** How much work it is to read an answer that comes in many small pieces. */
class OutputReaderTest {

    private static final ByteString LINE_BREAKS = ByteString.encodeUtf8("\r\n");
    private static final int PIECE = 1_024;

    /** Each byte is looked at once, however many pieces its event comes in: 4 MiB of one are 4 096 pieces. */
    @Test
    void longEvent_isLookedThroughOnce() {
        AtomicLong looked = new AtomicLong();
        OutputReader reader = new OutputReader(new ChatFormat(), 8 << 20, 32 << 20, (in, from) -> {
            long end = in.indexOfElement(LINE_BREAKS, from);
            looked.addAndGet((end == -1 ? in.size() : end + 1) - from);
            return end;
        });
        String text = "x".repeat(4 << 20);
        byte[] body = ("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"" + text
                        + "\"},\"finish_reason\":\"stop\"}]}\n\n")
                .getBytes(StandardCharsets.UTF_8);
        Buffer wire = new Buffer();
        for (int from = 0; from < body.length; from += PIECE) {
            int count = Math.min(PIECE, body.length - from);
            wire.write(body, from, count);
            reader.accept(wire, count, true);
        }

        assertThat(looked.get()).isEqualTo(body.length);
        assertThat(reader.messages()).hasSize(1);
        assertThat(reader.pendingBytes()).isZero();
    }
}
