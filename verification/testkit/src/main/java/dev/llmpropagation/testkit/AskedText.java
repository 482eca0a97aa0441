package dev.llmpropagation.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The words of a request, whatever API it is for: what the system, the user, the model and tools have said so far. */
final class AskedText {

    /** Where conversations stand, those of the system first, as each service puts them there. */
    private static final List<String> PLACES = List.of(
            "systemInstruction", "instructions", "messages", "contents", "input", "content", "requests", "instances");

    /** A text, or what has texts in it. */
    private static final Set<String> WORDS = Set.of("content", "text", "output", "input", "parts", "functionResponse");

    private final List<String> texts = new ArrayList<>();

    private AskedText() {}

    /** A line for each text, in their order. */
    static String of(Asked asked) {
        AskedText words = new AskedText();
        for (String place : PLACES) {
            words.read(asked.body().get(place), false);
        }
        return String.join("\n", words.texts);
    }

    /** @param all also texts of names that nobody knows, as in the result of a tool */
    private void read(@Nullable Object value, boolean all) {
        if (value instanceof String text) {
            texts.add(text);
        } else if (value instanceof List<?> list) {
            list.forEach(item -> read(item, all));
        } else if (value instanceof Map<?, ?> object) {
            object.forEach((key, inner) -> {
                if (all || WORDS.contains(key)) {
                    read(inner, all || "functionResponse".equals(key));
                }
            });
        }
    }
}
