package dev.llmpropagation.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/** Which events are passed over; and that who passes them over knows what he would know had he read them. */
class EventPatternTest {

    private static final String EVENT = """
             {"id":"c-1","object":"chat.completion.chunk","created":1700,"model":"m","service_tier":"default",\
            "choices":[{"index":0,"delta":{"content":"word"},"logprobs":null,"finish_reason":null}],\
            "usage":null,"top":{"n":[1,"]"]},"obfuscation":"k"}""";

    private static final byte[] TELLING = "\"\\{}[],:\n\r 0n".getBytes(StandardCharsets.UTF_8);

    @Example
    void event_thatDiffersInWhatIsSkipped_matches() {
        EventPattern pattern = pattern(EVENT);
        assertThat(pattern.hasContent()).isTrue();
        assertMatch(pattern, "\"word\"", "\"\\\"finish_reason\\\":\\\"stop\\\"\"", true);
        assertMatch(pattern, "\"word\"", "\" \\\\\"", true);
        assertMatch(pattern, "\"c-1\"", "\"\"", true);
        assertMatch(pattern, "1700", "-1.5e+7", true);
        assertMatch(pattern, "\"logprobs\":null", "\"logprobs\":true", true);
        assertMatch(pattern, "[1,\"]\"]}", "\"{\"}", true);
        assertMatch(pattern, "\"k\"", "\"\"", true);
    }

    @Example
    void event_thatMaySaySomethingNew_doesNotMatch() {
        EventPattern pattern = pattern(EVENT);
        assertMatch(pattern, "\"word\"", "\"\"", false);
        assertMatch(pattern, "\"word\"", "null", false);
        assertMatch(pattern, "\"word\"", "\"word\",\"refusal\":\"no\"", false);
        assertMatch(pattern, "\"finish_reason\":null", "\"finish_reason\":\"stop\"", false);
        assertMatch(pattern, "\"usage\":null", "\"usage\":{\"prompt_tokens\":1}", false);
        assertMatch(pattern, "\"default\"", "\"flex\"", false);
        assertMatch(pattern, "\"index\":0", "\"index\":1", false);
        assertMatch(pattern, "\"k\"", "\"k\",\"error\":{\"code\":1}", false);
        assertMatch(pattern, "\"k\"}", "\"k\"", false);
        assertMatch(pattern, "\"k\"}", "\"k\\\"}", false);
        assertMatch(pattern, "[1,\"]\"]}", "[1,\"]\"]", false);
    }

    @Example
    void event_ofAToolCall_matchesAnyOther() {
        String event = EVENT.replace("\"content\":\"word\"", "\"tool_calls\":[{\"index\":0,\"id\":\"t\"}]");
        EventPattern pattern = pattern(event);
        assertThat(pattern.hasContent()).isTrue();
        assertMatch(pattern, event, "[{\"index\":0,\"id\":\"t\"}]", "[{\"function\":{\"arguments\":\"{[\"}}]", true);
        assertMatch(pattern, event, "[{\"index\":0,\"id\":\"t\"}]", "[]", false);
        assertMatch(pattern, event, "[{\"index\":0,\"id\":\"t\"}]", "[ ]", false);
    }

    @Example
    void patterns_ofTheSameLooks_areOne() {
        assertThat(pattern(EVENT.replace("word", "other").replace("c-1", "c-2")))
                .isSameAs(pattern(EVENT));
        assertThat(pattern(EVENT.replace("word", ""))).isNotSameAs(pattern(EVENT));
    }

    /** Or it would be long, or have many holes: then it is read each time. */
    @Example
    void event_thatIsLarge_hasNoPattern() {
        assertThat(recorded(EVENT.replace("\"usage\"", "\"usage\":null,\"" + "x".repeat(1024) + "\"")))
                .isNull();
        assertThat(recorded(EVENT.replace("\"usage\"", "\"a\":1,".repeat(32) + "\"usage\"")))
                .isNull();
    }

    /** Read a byte at a time, no event is whole when it is seen, and each is read. */
    @Property(tries = 3000)
    void stream_tellsTheSame_whetherItsEventsArePassedOverOrRead(@ForAll long seed) {
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

    private static void assertMatch(EventPattern pattern, String part, String by, boolean expected) {
        assertMatch(pattern, EVENT, part, by, expected);
    }

    private static void assertMatch(EventPattern pattern, String event, String part, String by, boolean expected) {
        assertThat(event).contains(part);
        byte[] bytes = event.replace(part, by).getBytes(StandardCharsets.UTF_8);
        byte[] around = new byte[bytes.length + 16];
        Arrays.fill(around, (byte) '"');
        System.arraycopy(bytes, 0, around, 8, bytes.length);
        assertThat(pattern.matches(around, 8, 8 + bytes.length)).as(by).isEqualTo(expected);
    }

    private static EventPattern pattern(String event) {
        EventPattern pattern = recorded(event);
        assertThat(pattern).isNotNull();
        return pattern;
    }

    /** The second time, when nothing in it is new. */
    private static @Nullable EventPattern recorded(String event) {
        ResponseReader reader = new ResponseReader();
        JsonScanner scanner = new JsonScanner(WireFormat.CHAT_COMPLETIONS.response(), reader);
        byte[] bytes = event.getBytes(StandardCharsets.UTF_8);
        scanner.accept(bytes, 0, bytes.length);
        scanner.reset();
        assertThat(reader.takeNews()).isTrue();
        EventPattern.Recorder recorder = new EventPattern.Recorder(bytes, 0);
        scanner.recordTo(recorder);
        scanner.accept(bytes, 0, bytes.length);
        assertThat(reader.takeNews()).isFalse();
        return recorder.pattern(bytes.length);
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
