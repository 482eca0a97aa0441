package dev.llmpropagation.internal.span;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class SpanTypeTest {

    @Test
    void types_areOfOneOfThree_andThreeHoldOthers() {
        assertThat(those(SpanType::isOfADaemon)).containsExactly(SpanType.DAEMON_REQUEST, SpanType.DAEMON_BRIDGE);
        assertThat(those(SpanType::isOfMcp)).containsExactly(SpanType.MCP_CLIENT, SpanType.MCP_SERVER);
        assertThat(those(type -> type.isOfAnAgent() == (type.isOfADaemon() || type.isOfMcp())))
                .isEmpty();
        assertThat(those(SpanType::isScope))
                .containsExactlyInAnyOrder(SpanType.INTERACTION, SpanType.TOOL, SpanType.SUBAGENT);
        assertThat(those(type -> !type.showsErrors())).containsExactly(SpanType.APPROVAL);
        assertThat(those(type -> !type.namesExceptions())).containsExactlyInAnyOrder(SpanType.TOOL, SpanType.HOOK);
    }

    private static Stream<SpanType> those(Predicate<SpanType> which) {
        return Arrays.stream(SpanType.values()).filter(which);
    }
}
