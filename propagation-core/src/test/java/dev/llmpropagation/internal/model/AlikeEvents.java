package dev.llmpropagation.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Streams of events of which most are alike, some hardly, and a few broken. */
final class AlikeEvents {

    private static final byte[] TELLING = "\"\\{}[],:\n\r 0n".getBytes(StandardCharsets.UTF_8);

    private AlikeEvents() {}

    /** Read a byte at a time, no event is whole when it is seen, and each is read. */
    static void assertToldTheSame(long seed) {
        Random random = new Random(seed);
        WireFormat format = WireFormat.values()[random.nextInt(WireFormat.values().length)];
        StringBuilder stream = new StringBuilder();
        Events events = new Events(random, format);
        int count = random.nextInt(40);
        for (int i = 0; i < count; i++) {
            stream.append("data:").append(events.next()).append(random.nextInt(30) == 0 ? "\n" : "\n\n");
        }
        byte[] bytes = stream.toString().getBytes(StandardCharsets.UTF_8);
        if (random.nextInt(4) == 0 && bytes.length > 0) {
            bytes[random.nextInt(bytes.length)] = TELLING[random.nextInt(TELLING.length)];
        }

        String read = told(format, bytes, 1);
        assertThat(told(format, bytes, bytes.length)).as(stream.toString()).isEqualTo(read);
        assertThat(told(format, bytes, 1 + random.nextInt(600)))
                .as(stream.toString())
                .isEqualTo(read);
    }

    private static String told(WireFormat format, byte[] bytes, int size) {
        ResponseReader reader = new ResponseReader();
        if (format.anyErrorEndsAStream()) {
            reader.countAnyError();
        }
        EventStream stream = new EventStream(new JsonScanner(format.response(), reader), reader);
        StringBuilder told = new StringBuilder();
        for (int i = 0; i < bytes.length; i += size) {
            stream.accept(bytes, i, Math.min(i + size, bytes.length));
        }
        return told.append(reader.result(true, false, null))
                .append(reader.result(true, true, null))
                .append(reader.hasContent())
                .append(reader.hasEnd())
                .append(stream.chunks())
                .append(stream.markSeen())
                .append(stream.dataSeen())
                .toString();
    }

    /** Events of one service, of which most are alike. */
    private static final class Events {

        private static final String[] VALUES = {
            "null",
            "0",
            "1",
            "3e2",
            "true",
            "\"\"",
            "\"a\"",
            "\"b\"",
            "\"error\"",
            "\"stop\"",
            "\"completed\"",
            "\"in_progress\"",
            "\"\\\"\"",
            "\"\\\\\"",
            "\"{[\"",
            "\"\r\"",
            "{}",
            "[]",
            "[ ]",
            "[1]",
            "{\"code\":\"x\"}",
            "{\"a\":[{\"b\":\"]\"}]}",
            "[[}"
        };

        private final Random random;
        private final boolean gemini;
        private final String[] names;
        private final int emptyName; // in so many events at the start
        private final int emptyEvents;
        private int count;

        Events(Random random, WireFormat format) {
            this.random = random;
            this.gemini = format == WireFormat.GENERATE_CONTENT;
            this.names = gemini
                    ? new String[] {"responseId", "modelVersion", "usageMetadata", "promptFeedback", "error", "x"}
                    : new String[] {
                        "id",
                        "model",
                        "service_tier",
                        "system_fingerprint",
                        "type",
                        "code",
                        "status",
                        "delta",
                        "usage",
                        "error",
                        "x",
                        "partial_image_b64"
                    };
            this.emptyName = random.nextInt(8);
            this.emptyEvents = random.nextInt(10);
        }

        /** The first names are in nearly all of them, the others seldom: most of those tell something new each time. */
        String next() {
            StringBuilder event = new StringBuilder(random.nextInt(20) == 0 ? "{" : " {");
            int usual = gemini ? 2 : 4;
            for (int i = 0; i < names.length; i++) {
                boolean rare = random.nextInt(60) == 0;
                if (rare != i < usual) {
                    String value = i == emptyName && count < emptyEvents ? "\"\"" : rare ? value() : "\"a\"";
                    event.append('"')
                            .append(names[i])
                            .append("\":")
                            .append(value)
                            .append(',');
                }
            }
            count++;
            choice(event);
            return event.append("\"created\":")
                    .append(random.nextInt(200))
                    .append('}')
                    .toString();
        }

        private void choice(StringBuilder event) {
            event.append(gemini ? "\"candidates\":[{" : "\"choices\":[{");
            if (random.nextInt(10) > 0) {
                int index = random.nextInt(10) == 0 ? random.nextInt(3) : 0;
                event.append("\"index\":").append(index).append(',');
            }
            event.append(gemini ? "\"content\":{\"parts\":[{\"text\":" : "\"delta\":{\"content\":")
                    .append(random.nextInt(3) == 0 ? value() : "\"a\"")
                    .append(gemini ? "}]}" : "},\"text\":\"a\"")
                    .append(gemini ? ",\"finishReason\":" : ",\"finish_reason\":")
                    .append(random.nextInt(20) == 0 ? value() : "null")
                    .append("}],");
        }

        private String value() {
            return VALUES[random.nextInt(VALUES.length)];
        }
    }
}
