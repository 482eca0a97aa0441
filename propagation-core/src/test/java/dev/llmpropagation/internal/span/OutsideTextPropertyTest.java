package dev.llmpropagation.internal.span;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class OutsideTextPropertyTest {

    @Property
    void nothingThatNobodySees_isLeft(@ForAll String text, @ForAll @IntRange(min = 1, max = 300) int max) {
        String shown = OutsideText.shown(text, max);
        assertThat(shown.length()).isLessThanOrEqualTo(Math.max(max, "REDACTED".length()));
        assertThat(shown.codePoints())
                .noneMatch(Character::isISOControl)
                .noneMatch(
                        c -> Character.getType(c) == Character.FORMAT || Character.getType(c) == Character.SURROGATE);
    }
}
