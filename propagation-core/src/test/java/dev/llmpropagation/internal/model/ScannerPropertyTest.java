package dev.llmpropagation.internal.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;

class ScannerPropertyTest {

    private static final List<WireBody> BODIES = WireBody.all();
    private static final byte[] TELLING = "\"\\{}[],:\n\r 0-9.entf\u00e9".getBytes(StandardCharsets.UTF_8);

    /** The scanners behind the guard that the public ones have against mistakes of ours. */
    @Property
    void body_withAnyDamage_neverThrows_andSaysTheSameInAnyPieces(@ForAll long seed) {
        Random random = new Random(seed);
        WireBody body = BODIES.get(random.nextInt(BODIES.size()));
        byte[] damaged = damaged(body.bytes(), random);
        byte[] before = damaged.clone();

        ResponseFacts whole = facts(body, damaged, random, damaged.length);
        ResponseFacts pieces = facts(body, damaged, random, 1 + random.nextInt(200));

        assertThat(pieces).as(() -> new String(before, StandardCharsets.UTF_8)).isEqualTo(whole);
        assertThat(damaged).isEqualTo(before);
    }

    /** Quotes and backslashes in every place of a word of eight bytes, beside bytes that differ from them by a bit. */
    @Property
    void closingQuote_isTheOneThatReadingByteByByteFinds(@ForAll long seed) {
        Random random = new Random(seed);
        byte[] near = {'"', '\\', '\\', 'a', '#', '!', ']', (byte) ('"' | 0x80), (byte) ('\\' | 0x80), 0, -1};
        int plain = random.nextInt(40);
        byte[] bytes = new byte[random.nextInt(60)];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = random.nextInt(40) < plain ? (byte) 'x' : near[random.nextInt(near.length)];
        }
        int from = random.nextInt(bytes.length + 1);
        int to = from + random.nextInt(bytes.length - from + 1);

        int expected = from;
        while (expected < to && bytes[expected] != '"') {
            expected += bytes[expected] == '\\' ? 2 : 1;
        }
        assertThat(JsonBytes.closingQuote(bytes, from, to))
                .as(() -> Arrays.toString(bytes) + " from " + from + " to " + to)
                .isEqualTo(Math.min(expected, to));
    }

    @Property
    void document_withAnythingElseInIt_saysTheSame(
            @ForAll("junk") List<String> outer, @ForAll("junk") List<String> inner, @ForAll long seed) {
        Random random = new Random(seed);
        List<String> choice = new ArrayList<>(inner);
        choice.add("\"finish_reason\":\"stop\"");
        choice.add("\"index\" : 0");
        List<String> usage = new ArrayList<>(inner);
        usage.add("\"prompt_tokens\":3");
        usage.add("\"completion_tokens\": 4");
        List<String> document = new ArrayList<>(outer);
        document.add("\"id\":\"i\"");
        document.add("\"model\":\"m\\u00fc\"");
        document.add("\"choices\":[" + object(choice, random) + "]");
        document.add("\"usage\":" + object(usage, random));
        byte[] bytes = bytes(object(document, random));

        ResponseFacts facts = facts(WireBody.of("chat-text.json"), bytes, random, 1 + random.nextInt(bytes.length));

        assertThat(facts)
                .isEqualTo(new ResponseFacts(
                        "i",
                        "mü",
                        List.of("stop"),
                        new Usage(3L, 4L, null, null, null, Map.of()),
                        null,
                        null,
                        null,
                        null));
    }

    /** Numbers of few digits are read without help of the library; to the last bit as it would. */
    @Property
    void number_isWhatItIsInJava(
            @ForAll @LongRange(min = 0, max = 99_999_999_999_999_999L) long digits,
            @ForAll @IntRange(min = 0, max = 17) int decimals,
            @ForAll boolean negative,
            @ForAll boolean exponent) {
        String number =
                (negative ? "-" : "") + BigDecimal.valueOf(digits, decimals).toPlainString() + (exponent ? "e-3" : "");
        RequestScanner scanner =
                new RequestScanner(WireBody.of("chat-text.json").call());
        byte[] bytes = bytes("{\"temperature\":" + number + ",\"seed\":" + number + "}");
        scanner.accept(bytes, 0, bytes.length);
        RequestFacts facts = scanner.finish();
        double expected = Double.parseDouble(number);
        assertThat(facts.temperature()).isEqualTo(expected);
        boolean safe = expected == Math.rint(expected) && Math.abs(expected) < 1L << 53;
        assertThat(facts.seed()).isEqualTo(safe ? (Long) (long) expected : null);
    }

    @Provide
    Arbitrary<List<String>> junk() {
        Arbitrary<String> name = Arbitraries.of("x", "", "Model", "us\\\"age", "indexes", "\\\\", "token_counts", "é");
        Arbitrary<String> leaf = Arbitraries.of(
                "null",
                "true",
                "-1.5e+10",
                "\"\"",
                "\"\\\\\"",
                "\"\\\"usage\\\":{\"",
                "\"}]\"",
                "\"\\u005c\"",
                "[]",
                "{}",
                "\"👋\"");
        Arbitrary<String> value = Arbitraries.lazyOf(
                () -> leaf,
                () -> leaf,
                () -> leaf.list().ofMaxSize(3).map(items -> "[" + String.join(" , ", items) + "]"),
                () -> Combinators.combine(Arbitraries.of("usage", "id", "model", "choices", "error"), leaf)
                        .as((member, inner) -> "{\"" + member + "\":" + inner + "}"),
                () -> leaf.map(inner -> "[[{\"usage\":{\"prompt_tokens\":9,\"x\":" + inner + "}}]]"));
        return Combinators.combine(name, value)
                .as((member, inner) -> "\"" + member + "\":" + inner)
                .list()
                .ofMaxSize(5);
    }

    private static String object(List<String> members, Random random) {
        List<String> shuffled = new ArrayList<>(members);
        Collections.shuffle(shuffled, random);
        String space = random.nextBoolean() ? "" : "\n  ";
        return "{" + space + String.join("," + space, shuffled) + space + "}";
    }

    private static ResponseFacts facts(WireBody body, byte[] bytes, Random random, int largest) {
        ResponseReader reader = new ResponseReader();
        JsonScanner json = new JsonScanner(body.call().format().response(), reader);
        Segments.Reader input = body.isStream() ? new EventStream(json, reader)::accept : json::accept;
        int i = 0;
        while (i < bytes.length) {
            int size = Math.min(largest == bytes.length ? largest : 1 + random.nextInt(largest), bytes.length - i);
            input.accept(bytes, i, i + size);
            i += size;
        }
        return reader.result(body.isStream(), false, null);
    }

    private static byte[] damaged(byte[] bytes, Random random) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int faults = 1 + random.nextInt(4);
        int[] at = random.ints(faults, 0, bytes.length + 1).sorted().toArray();
        int from = 0;
        for (int place : at) {
            out.write(bytes, Math.min(from, place), Math.max(0, place - from));
            from = Math.max(from, place);
            switch (random.nextInt(5)) {
                case 0 -> out.write(TELLING[random.nextInt(TELLING.length)]);
                case 1 -> {
                    out.write(TELLING[random.nextInt(TELLING.length)]);
                    from = Math.min(bytes.length, from + 1);
                }
                case 2 -> out.write(random.nextInt(256));
                case 3 -> from = Math.min(bytes.length, from + 1 + random.nextInt(20));
                default -> {
                    int start = random.nextInt(bytes.length);
                    out.write(bytes, start, Math.min(bytes.length - start, random.nextInt(60)));
                }
            }
        }
        if (random.nextInt(10) > 0) {
            out.write(bytes, from, bytes.length - from);
        }
        return out.size() == 0 ? Arrays.copyOf(bytes, 1) : out.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
