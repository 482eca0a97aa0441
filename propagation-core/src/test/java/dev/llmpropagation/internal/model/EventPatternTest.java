package dev.llmpropagation.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which events are passed over; and that who passes them over knows what he would know had he read them. */
class EventPatternTest {

    private static final String EVENT = """
             {"id":"c-1","object":"chat.completion.chunk","created":1700,"model":"m","service_tier":"default",\
            "choices":[{"index":0,"delta":{"content":"word"},"logprobs":null,"finish_reason":null}],\
            "usage":null,"top":{"n":[1,"]"]},"obfuscation":"k"}""";

    @Test
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

    @Test
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

    @Test
    void event_ofAToolCall_matchesAnyOther() {
        String event = EVENT.replace("\"content\":\"word\"", "\"tool_calls\":[{\"index\":0,\"id\":\"t\"}]");
        EventPattern pattern = pattern(event);
        assertThat(pattern.hasContent()).isTrue();
        assertMatch(pattern, event, "[{\"index\":0,\"id\":\"t\"}]", "[{\"function\":{\"arguments\":\"{[\"}}]", true);
        assertMatch(pattern, event, "[{\"index\":0,\"id\":\"t\"}]", "[]", false);
        assertMatch(pattern, event, "[{\"index\":0,\"id\":\"t\"}]", "[ ]", false);
    }

    @Test
    void patterns_ofTheSameLooks_areOne() {
        assertThat(pattern(EVENT.replace("word", "other").replace("c-1", "c-2")))
                .isSameAs(pattern(EVENT));
        assertThat(pattern(EVENT.replace("word", ""))).isNotSameAs(pattern(EVENT));
    }

    /** Or it would be long, or have many holes: then it is read each time. */
    @Test
    void event_thatIsLarge_hasNoPattern() {
        assertThat(recorded(EVENT.replace("\"usage\"", "\"usage\":null,\"" + "x".repeat(1024) + "\"")))
                .isNull();
        assertThat(recorded(EVENT.replace("\"usage\"", "\"a\":1,".repeat(32) + "\"usage\"")))
                .isNull();
    }

    /** In a property more streams are tried. */
    @Test
    void stream_tellsTheSame_whetherItsEventsArePassedOverOrRead() {
        for (int seed = 0; seed < 200; seed++) {
            AlikeEvents.assertToldTheSame(seed);
        }
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
}
