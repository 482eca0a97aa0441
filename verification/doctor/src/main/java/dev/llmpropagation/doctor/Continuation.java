package dev.llmpropagation.doctor;

import io.opentelemetry.api.trace.Span;

/** Whose context a continuation runs in. */
final class Continuation {

    static final String IN_PROGRAM = ", in the program's context";

    private Continuation() {}

    static String seenFrom(Span program) {
        return Span.current().getSpanContext().equals(program.getSpanContext()) ? IN_PROGRAM : ", in another context";
    }
}
