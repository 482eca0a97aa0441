package dev.llmpropagation.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.internal.span.AttributeSink;
import io.opentelemetry.api.common.AttributeKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RequestCredentialsTest {

    private static final AttributeKey<List<String>> TEXTS = AttributeKey.stringArrayKey("texts");

    private final RequestCredentials credentials = of("Bearer Key-0123456789");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Key-0123456789",
                "key-0123456789",
                "of KEY-0123456789.",
                "Key-0123456…", // what a bound has left
                "key-0123…",
                "\u0130 key-0123456789"
            })
    void textWithTheKey_isKnown(String text) {
        assertThat(credentials.areIn(text)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "…", "Key-0123", "Key-012…", "Key-012345678", "another text, which is longer", "\u0130"})
    void textWithoutIt_isNot(String text) {
        assertThat(credentials.areIn(text)).isFalse();
    }

    @Test
    void keyThatIsLongerInLowerCase_isKnownByTextThatIsNot() {
        RequestCredentials lenient =
                RequestCredentials.of(Requests.get("https://user:\u0130\u0130-0123456@api.example.com/"));

        assertThat(lenient.areIn("\u0130\u0130-0123456")).isTrue();
        assertThat(lenient.areIn("i\u0307i\u0307-0123456")).isTrue();
        assertThat(lenient.areIn("ii-0123456")).isFalse();
    }

    /** Texts that are too short for a key are not searched for it: the letters that make that wrong are one. */
    @Test
    void oneLetterAlone_isLongerInLowerCase() {
        List<Integer> longer = IntStream.rangeClosed(Character.MIN_CODE_POINT, Character.MAX_CODE_POINT)
                .filter(c -> Character.toString(c).toLowerCase(Locale.ROOT).length() != Character.charCount(c))
                .boxed()
                .toList();

        assertThat(longer).containsExactly(0x130);
    }

    @Test
    void listWithTheKey_hasAWordInItsPlace() {
        List<List<String>> put = new ArrayList<>();
        AttributeSink sink = credentials.hiddenFrom(new AttributeSink() {
            @Override
            @SuppressWarnings("unchecked") // of a test that puts no other
            public <T> void put(AttributeKey<T> key, T value) {
                put.add((List<String>) value);
            }
        });
        List<String> plain = List.of("stop", "length");

        sink.put(TEXTS, plain);
        sink.put(TEXTS, List.of("stop", "Key-0123456789", "length"));

        assertThat(put).containsExactly(plain, List.of("stop", "REDACTED", "length"));
        assertThat(put.get(0)).isSameAs(plain);
    }

    private static RequestCredentials of(String authorization) {
        return RequestCredentials.of(
                Requests.get("https://api.example.com/v1/chat/completions", "Authorization", authorization));
    }
}
