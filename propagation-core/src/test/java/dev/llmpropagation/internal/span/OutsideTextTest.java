package dev.llmpropagation.internal.span;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What may stand on a span of what others have written. */
class OutsideTextTest {

    @ParameterizedTest
    @ValueSource(
            strings = {"", "chatcmpl-9XyZ", "task-list-of-many-things", "models/gemini-2.5-flash", "a b~", "disk_usage"
            })
    void textThatIsFit_isTheSame(String text) {
        assertThat(OutsideText.shown(text, 64)).isSameAs(text);
    }

    @Test
    void textThatIsTooLong_endsWithAMark() {
        assertThat(OutsideText.shown("a".repeat(10), 10)).isEqualTo("a".repeat(10));
        assertThat(OutsideText.shown("a".repeat(11), 10)).isEqualTo("a".repeat(9) + "…");
        assertThat(OutsideText.visible("aaaaaaaa\ud83d\ude00b", 10)).isEqualTo("aaaaaaaa\ufffd…");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sk-12345678",
                "my key is sk-proj-ABCDEFGH",
                "AIzaSyABCDEFGH",
                "ghp_ABCDEFGH",
                "Bearer abcdefgh",
                "basic dXNlcjpwdw==",
                "api_key=abcdefgh",
                "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.x",
                "id,xoxb-12345678"
            })
    void whatLooksLikeACredential_isRedacted(String text) {
        assertThat(OutsideText.shown(text, 256)).isEqualTo("REDACTED");
    }

    @ParameterizedTest
    @CsvSource({
        "https://h/sk-abcdefgh/x, https://h/REDACTED/x",
        "sk-abcdefgh sk-ijklmnop, REDACTED REDACTED",
        "https://h/task-abcdefgh, https://h/task-abcdefgh",
        "https://h/sk-short, https://h/sk-short",
    })
    void keysInALongerText_areReplacedAlone(String text, String expected) {
        assertThat(OutsideText.withoutKeys(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "key sk-abcdefgh, 9, REDACTED",
        "key sk-abcdefgh, 8, key sk-…",
        "key sk-ab…, 64, REDACTED",
        "key sk-ab… c, 64, key sk-ab… c",
    })
    void keyThatTheBoundHasCut_isRedactedIfAnythingOfItIsLeft(String text, int max, String shown) {
        assertThat(OutsideText.shown(text, max)).isEqualTo(shown);
    }

    @Test
    void listOfTexts_isBoundedInNumberAndLength() {
        List<String> many = java.util.Collections.nCopies(1000, "a\nb");
        assertThat(OutsideText.shownValue(many, 3)).hasSize(128).containsOnly("a\ufffdb");
        assertThat(OutsideText.shownValue(7L, 1)).isEqualTo(7L);
    }

    @Test
    void valuesAreFew_alsoWhenThreadsRace() {
        FewValues values = new FewValues();
        long kept = java.util.stream.IntStream.range(0, 10_000)
                .parallel()
                .mapToObj(i -> values.of("v" + i % 100))
                .filter(value -> !value.equals(FewValues.OTHER))
                .distinct()
                .count();
        assertThat(kept).isEqualTo(FewValues.MAX);
    }
}
