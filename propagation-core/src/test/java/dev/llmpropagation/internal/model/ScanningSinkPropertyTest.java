package dev.llmpropagation.internal.model;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

class ScanningSinkPropertyTest {

    /** By whatever methods a body is written, and in whatever pieces, all of it is read, and in its order. */
    @Property
    void body_isReadHoweverItIsWritten(
            @ForAll List<@IntRange(min = 0, max = ScanningSinkTest.METHODS) Integer> methods) {
        ScanningSinkTest.assertReadAsWritten(methods);
    }
}
