package dev.llmpropagation.internal.span;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class DoorTest {

    @Test
    void doorThatIsOpen_leadsToWhatIsBehind_ofItsOwnClassAlone() {
        Door<Integer> door = new Door<>();
        door.open(String.class, String::length);
        assertThat(door.behind("four")).isEqualTo(4);
        assertThatThrownBy(() -> door.behind(4)).isInstanceOf(ClassCastException.class);
    }

    @Test
    void doorThatNobodyHasOpened_saysSo() {
        assertThatThrownBy(() -> new Door<Integer>().behind("four"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("class java.lang.String has no such door");
    }
}
