package dev.llmpropagation.internal.span;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What may stand on a span of what the program, or anybody else, has written. */
class SpanTextTest {

    private static final String PAIR = "\ud83d\ude00";

    @ParameterizedTest
    @ValueSource(
            strings = {"", "chatcmpl-9XyZ", "task-list-of-many-things", "models/gemini-2.5-flash", "a b~", "disk_usage"
            })
    void textThatIsFit_isTheSame(String text) {
        assertThat(SpanText.shown(text, 64)).isSameAs(text);
    }

    @Test
    void textThatIsTooLong_endsWithAMark() {
        assertThat(SpanText.shown("a".repeat(10), 10)).isEqualTo("a".repeat(10));
        assertThat(SpanText.shown("a".repeat(11), 10)).isEqualTo("a".repeat(9) + "…");
        assertThat(SpanText.visible("aaaaaaaa\ud83d\ude00b", 10)).isEqualTo("aaaaaaaa\ufffd…");
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
        assertThat(SpanText.shown(text, 256)).isEqualTo("REDACTED");
    }

    @ParameterizedTest
    @CsvSource({
        "https://h/sk-abcdefgh/x, https://h/REDACTED/x",
        "sk-abcdefgh sk-ijklmnop, REDACTED REDACTED",
        "https://h/task-abcdefgh, https://h/task-abcdefgh",
        "https://h/sk-short, https://h/sk-short",
    })
    void keysInALongerText_areReplacedAlone(String text, String expected) {
        assertThat(CredentialPatterns.withoutKeys(text)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "key sk-abcdefgh, 9, REDACTED",
        "key sk-abcdefgh, 8, key sk-…",
        "key sk-ab…, 64, REDACTED",
        "key sk-ab… c, 64, key sk-ab… c",
    })
    void keyThatTheBoundHasCut_isRedactedIfAnythingOfItIsLeft(String text, int max, String shown) {
        assertThat(SpanText.shown(text, max)).isEqualTo(shown);
    }

    @Test
    void listOfTexts_isBoundedInNumberAndLength() {
        List<String> many = java.util.Collections.nCopies(1000, "a\nb");
        assertThat(SpanText.shownValue(many, 3)).hasSize(128).containsOnly("a\ufffdb");
        assertThat(SpanText.shownValue(7L, 1)).isEqualTo(7L);
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

    @Test
    void halfOfAPair_isReplaced_andAWholeOneStays() {
        assertThat(SpanText.wellFormed("a" + PAIR + "b")).isEqualTo("a" + PAIR + "b");
        assertThat(SpanText.wellFormed("a\ud83d")).isEqualTo("a\ufffd");
        assertThat(SpanText.wellFormed("\ude00a")).isEqualTo("\ufffda");
        assertThat(SpanText.wellFormed("\ud83da")).isEqualTo("\ufffda");
        assertThat(SpanText.wellFormed("a\ude00")).isEqualTo("a\ufffd");
        assertThat(SpanText.wellFormed("\ud83d" + PAIR)).isEqualTo("\ufffd" + PAIR);
        assertThat(SpanText.wellFormed(PAIR + "\ude00")).isEqualTo(PAIR + "\ufffd");
        String whole = "plain " + PAIR;
        assertThat(SpanText.wellFormed(whole)).isSameAs(whole);
    }

    @Test
    void name_isCutAtItsBound_andNeverWithinAPair() {
        assertThat(SpanText.line("abc", 3)).isEqualTo("abc");
        assertThat(SpanText.line("abcd", 3)).isEqualTo("abc");
        assertThat(SpanText.line("ab" + PAIR, 3)).isEqualTo("ab");
        assertThat(SpanText.line("a" + PAIR + "b", 3)).isEqualTo("a" + PAIR);
    }

    @ParameterizedTest
    @CsvSource({"'a\nb'", "'a\u007fb'", "'a\u009bb'", "'a\u2028b'", "'a\u2029b'", "'a\u202eb'", "'a\u00adb'"})
    void controls_areBlanksInAName(String text) {
        assertThat(SpanText.line(text, 9)).isEqualTo("a b");
    }

    @Test
    void signsOfAnyLanguage_stayInAName() {
        assertThat(SpanText.line("~é語" + PAIR, 9)).isEqualTo("~é語" + PAIR);
    }

    @Test
    void error_isMarkedOnlyIfItWasCut() {
        String longest = "e".repeat(1024);
        assertThat(SpanText.error(longest)).isEqualTo(longest);
        assertThat(SpanText.error(longest + "x"))
                .isEqualTo(longest + "…[truncated]")
                .hasSize(SpanText.MAX_ERROR);
        assertThat(SpanText.error(" ")).isNull();
        assertThat(SpanText.error(null)).isNull();
    }

    @Test
    void json_isQuotedAndWellFormed() {
        assertThat(SpanText.json("a\"\\\n" + PAIR + "\ud83d")).isEqualTo("\"a\\\"\\\\\\u000a" + PAIR + "\ufffd\"");
    }
}
