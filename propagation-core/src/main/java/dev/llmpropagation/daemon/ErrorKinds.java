package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.Outcome;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The kinds of failures of one daemon: those of {@link DaemonError}, and a few of the program's. Spans, metrics and log
 * records name a failure by its kind, so that they join. Immutable.
 */
final class ErrorKinds {

    private static final int MAX = 50;
    private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_.-]{0,63}");

    /** Only this class makes them, so there are few, and a metric can have one as a label. */
    static final class Kind {
        private final String name;

        private Kind(String name) {
            this.name = name;
        }

        String name() {
            return name;
        }
    }

    private final Map<String, Kind> byWord = new LinkedHashMap<>();

    /** @throws IllegalArgumentException if there are too many, or one is no name */
    ErrorKinds(Collection<String> own) {
        if (own.size() > MAX) {
            throw new IllegalArgumentException(
                    "errorKinds: " + own.size() + " are too many for a metric; use at most " + MAX);
        }
        for (DaemonError known : DaemonError.values()) {
            add(known.value());
        }
        for (String name : own) {
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException("errorKinds: \"" + name
                        + "\" is no name of a kind; use at most 64 letters, digits and ._-, a letter first");
            }
            add(name);
        }
    }

    private void add(String name) {
        byWord.putIfAbsent(DaemonError.word(name), new Kind(name));
    }

    Kind of(DaemonError error) {
        return named(error.value());
    }

    /** That of this name, or the unknown one. */
    Kind named(@Nullable String name) {
        Kind known = name == null ? null : byWord.get(DaemonError.word(name));
        return known != null ? known : of(DaemonError.UNKNOWN);
    }

    /** Of an end that is an error. */
    Kind of(Ending ending) {
        if (ending.detail() instanceof Kind told) {
            return told;
        }
        Throwable failure = ending.failure();
        Kind named = failure == null ? null : DaemonError.find(failure, byWord::get);
        if (named != null) {
            return named;
        }
        return of(isTimeout(ending) ? DaemonError.BRIDGE_TIMEOUT : DaemonError.UNKNOWN);
    }

    private static boolean isTimeout(Ending ending) {
        Throwable failure = ending.failure();
        return ending.outcome() == Outcome.TIMED_OUT
                || (failure != null && Ending.of(failure, null).outcome() == Outcome.TIMED_OUT);
    }
}
