package dev.llmpropagation.internal.model;

import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

class EventPatternPropertyTest {

    @Property(tries = 3000)
    void stream_tellsTheSame_whetherItsEventsArePassedOverOrRead(@ForAll long seed) {
        AlikeEvents.assertToldTheSame(seed);
    }
}
