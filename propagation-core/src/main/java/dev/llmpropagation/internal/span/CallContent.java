package dev.llmpropagation.internal.span;

import org.jspecify.annotations.Nullable;

/**
 * What a model was told and what it said, in the JSON of the GenAI conventions; null where there is nothing, or where
 * it may not be shown.
 */
public record CallContent(
        @Nullable String systemInstructions,
        @Nullable String inputMessages,
        @Nullable String toolDefinitions,
        @Nullable String outputMessages) {

    @Override
    public String toString() {
        return "CallContent"; // whoever prints it means to tell no content
    }
}
