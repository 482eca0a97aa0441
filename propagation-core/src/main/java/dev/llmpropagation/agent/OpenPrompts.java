package dev.llmpropagation.agent;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;

/** The interactions that are open, by session and prompt: prompts of different sessions can have the same id. Thread-safe. */
final class OpenPrompts {

    private final ConcurrentMap<Prompt, AgentSpan> interactions = new ConcurrentHashMap<>();

    /** One that is still open for the same prompt is cancelled. */
    void add(String promptId, AgentSpan interaction) {
        AgentSpan previous = interactions.put(new Prompt(interaction.session(), promptId), interaction);
        if (interaction.isEnded()) { // meanwhile, by a sweep or the end of the program
            remove(promptId, interaction);
        }
        if (previous != null) {
            previous.cancelled();
        }
    }

    void remove(String promptId, AgentSpan interaction) {
        interactions.remove(new Prompt(interaction.session(), promptId), interaction);
    }

    @Nullable
    AgentSpan find(@Nullable String session, String promptId) {
        AgentSpan found = interactions.get(new Prompt(session, promptId));
        return found == null || found.isEnded() ? null : found;
    }

    int size() {
        return interactions.size();
    }

    private record Prompt(@Nullable String session, String id) {}
}
