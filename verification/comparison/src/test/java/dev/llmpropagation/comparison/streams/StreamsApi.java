package dev.llmpropagation.comparison.streams;

/** How the program reads its streams. */
enum StreamsApi {
    /** openai-java, a virtual thread for each stream. */
    OPENAI_SYNC,
    /** openai-java's futures and handlers, whose threads are virtual. */
    OPENAI_ASYNC,
    /** google-genai, a virtual thread for each stream. */
    GEMINI
}
