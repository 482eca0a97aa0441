package dev.llmpropagation.internal.span;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class SpanTextPropertyTest {

    @Property
    void nothingThatNobodySees_isLeft(@ForAll String text, @ForAll @IntRange(min = 1, max = 300) int max) {
        String shown = SpanText.shown(text, max);
        assertThat(shown.length()).isLessThanOrEqualTo(Math.max(max, "REDACTED".length()));
        assertThat(shown.codePoints())
                .noneMatch(Character::isISOControl)
                .noneMatch(
                        c -> Character.getType(c) == Character.FORMAT || Character.getType(c) == Character.SURROGATE);
    }

    /** Most texts get no closer look: that must never hide one that looks like a credential. */
    @Property(tries = 3000)
    void shown_isTheTextOnlyWhereTheCloserLookFindsNothing(@ForAll("texts") String text) {
        assertThat(SpanText.shown(text, 200))
                .isEqualTo(CredentialPatterns.areIn(text) ? "REDACTED" : SpanText.visible(text, 200));
        assertThat(CredentialPatterns.withoutKeys(text).equals(text))
                .isEqualTo(!CredentialPatterns.areIn(text.replaceAll("[\\s=:]", "/")));
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.of(
                        "sk-",
                        "AIza",
                        "eyJ",
                        "hf_",
                        "task-",
                        "s",
                        "abcdefgh",
                        "12345678",
                        "Bearer",
                        "token",
                        "key",
                        "é",
                        " ",
                        "=",
                        ":",
                        "-",
                        "_",
                        ".",
                        "/",
                        "\u200b",
                        "\n",
                        "…")
                .list()
                .ofMaxSize(7)
                .map(parts -> String.join("", parts));
    }
}
