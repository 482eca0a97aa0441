package dev.llmpropagation.doctor.trace;

import dev.llmpropagation.testkit.trace.Plain;
import dev.llmpropagation.testkit.trace.TraceSpan;
import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Some traces out of many. A trace is taken as a whole or not at all, so that no parent is missing. Immutable.
 *
 * @param traceId how the id of a trace begins, in upper or lower case, or null for all
 * @param session of at least one of a trace's spans, or null for all
 */
public record TraceSelection(
        @Nullable String traceId, @Nullable String session) {

    private static final int SHOWN = 10;

    boolean matches(String id) {
        return traceId == null || id.startsWith(traceId.toLowerCase(Locale.ROOT));
    }

    /** Of a span; empty if it has none. */
    static String session(TraceSpan span) {
        return span.text("session.id")
                .or(() -> span.text("gen_ai.conversation.id"))
                .orElse("");
    }

    /** What one may select from these, for a message. */
    static String choice(Collection<String> traces, Collection<String> sessions) {
        return "traces " + some(traces) + "; sessions " + (sessions.isEmpty() ? "none" : some(sessions)) + '.';
    }

    private static String some(Collection<String> names) {
        String first = names.stream().limit(SHOWN).map(Plain::text).collect(Collectors.joining(", "));
        return names.size() > SHOWN ? first + " and " + (names.size() - SHOWN) + " more" : first;
    }

    @Override
    public String toString() {
        String ofTrace = traceId == null ? "" : "trace " + Plain.text(traceId);
        String ofSession = session == null ? "" : "session " + Plain.text(session);
        return ofTrace + (ofTrace.isEmpty() || ofSession.isEmpty() ? "" : " and ") + ofSession;
    }
}
