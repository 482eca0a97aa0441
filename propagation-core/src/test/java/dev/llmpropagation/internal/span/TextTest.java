package dev.llmpropagation.internal.span;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Text of the program's on spans. */
class TextTest {

    private static final String PAIR = "\ud83d\ude00";

    @Test
    void halfOfAPair_isReplaced_andAWholeOneStays() {
        assertThat(Text.wellFormed("a" + PAIR + "b")).isEqualTo("a" + PAIR + "b");
        assertThat(Text.wellFormed("a\ud83d")).isEqualTo("a\ufffd");
        assertThat(Text.wellFormed("\ude00a")).isEqualTo("\ufffda");
        assertThat(Text.wellFormed("\ud83da")).isEqualTo("\ufffda");
        assertThat(Text.wellFormed("a\ude00")).isEqualTo("a\ufffd");
        assertThat(Text.wellFormed("\ud83d" + PAIR)).isEqualTo("\ufffd" + PAIR);
        assertThat(Text.wellFormed(PAIR + "\ude00")).isEqualTo(PAIR + "\ufffd");
        String whole = "plain " + PAIR;
        assertThat(Text.wellFormed(whole)).isSameAs(whole);
    }

    @Test
    void name_isCutAtItsBound_andNeverWithinAPair() {
        assertThat(Text.bounded("abc", 3)).isEqualTo("abc");
        assertThat(Text.bounded("abcd", 3)).isEqualTo("abc");
        assertThat(Text.bounded("ab" + PAIR, 3)).isEqualTo("ab");
        assertThat(Text.bounded("a" + PAIR + "b", 3)).isEqualTo("a" + PAIR);
    }

    @ParameterizedTest
    @CsvSource({"'a\nb'", "'a\u007fb'", "'a\u009bb'", "'a\u2028b'", "'a\u2029b'", "'a\u202eb'", "'a\u00adb'"})
    void controls_areBlanksInAName(String text) {
        assertThat(Text.bounded(text, 9)).isEqualTo("a b");
    }

    @Test
    void signsOfAnyLanguage_stayInAName() {
        assertThat(Text.bounded("~é語" + PAIR, 9)).isEqualTo("~é語" + PAIR);
    }

    @Test
    void error_isMarkedOnlyIfItWasCut() {
        String longest = "e".repeat(1024);
        assertThat(Text.error(longest)).isEqualTo(longest);
        assertThat(Text.error(longest + "x"))
                .isEqualTo(longest + "…[truncated]")
                .hasSize(Text.MAX_ERROR);
        assertThat(Text.error(" ")).isNull();
        assertThat(Text.error(null)).isNull();
    }

    @Test
    void json_isQuotedAndWellFormed() {
        assertThat(Text.json("a\"\\\n" + PAIR + "\ud83d")).isEqualTo("\"a\\\"\\\\\\u000a" + PAIR + "\ufffd\"");
    }
}
