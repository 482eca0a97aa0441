package dev.llmpropagation.fuzz;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** An input as several texts, with the record separator between them, so that inputs can be read and written by hand. */
public final class Parts {

    private static final String SEPARATOR = "\u001e";

    private static final int MANY = 256 * 1024;

    private final List<String> texts;

    private Parts(List<String> texts) {
        this.texts = texts;
    }

    /** What is no UTF-8 in it becomes a replacement character. */
    public static Parts of(byte[] input) {
        return new Parts(List.of(new String(input, StandardCharsets.UTF_8).split(SEPARATOR, -1)));
    }

    /**
     * The input again and again, as long as a bad answer or file may be: a reader that looks at its beginning once more for
     * each of its parts would not come to its end within the fuzzer's timeout.
     */
    public static byte[] manyTimes(byte[] input) {
        byte[] many = new byte[input.length == 0 ? 0 : input.length * (1 + MANY / input.length)];
        for (int i = 0; i < many.length; i += input.length) {
            System.arraycopy(input, 0, many, i, input.length);
        }
        return many;
    }

    /** The part at this place; empty behind the last. */
    public String get(int index) {
        return index < texts.size() ? texts.get(index) : "";
    }

    public List<String> all() {
        return texts;
    }

    /** All parts from this place on. */
    public List<String> from(int index) {
        return index < texts.size() ? texts.subList(index, texts.size()) : List.of();
    }
}
