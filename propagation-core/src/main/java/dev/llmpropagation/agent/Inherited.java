package dev.llmpropagation.agent;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a span hands down to those inside: values alone, so that no span keeps the ones before it in memory. Immutable.
 *
 * @param agentName the agent that works here, if it has a name
 * @param subagents how many of them are around
 * @param subagentId id of the innermost of them, if the program gave one
 */
record Inherited(
        @Nullable String session,
        @Nullable String agentName,
        @Nullable String promptId,
        @Nullable String userId,
        long subagents,
        @Nullable String subagentId) {

    /** Without the user. */
    @Override
    public String toString() {
        return "Inherited{session=" + session + ", agent=" + agentName + ", prompt=" + promptId + ", subagent="
                + subagentId + '}';
    }

    Inherited in(@Nullable String other) {
        return Objects.equals(session, other)
                ? this
                : new Inherited(other, agentName, promptId, userId, subagents, subagentId);
    }
}
