package dev.llmpropagation.internal.model;

/** Is told by a {@link JsonScanner} what stands at the places of its {@link JsonPaths}. */
interface JsonHandler {

    /** An object or array begins at a place with a field; an error, only if there is something in it. */
    void begin(Field field);

    void end(Field field);

    /** A string, number or literal, null included. */
    void value(Field field, JsonScalar value);

    /** Whether any further string at a place of this field would tell nothing new. */
    default boolean isSettled(Field field) {
        return false;
    }
}
