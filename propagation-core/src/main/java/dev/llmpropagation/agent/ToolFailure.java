package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Outcome;
import java.util.Locale;

/** Why a tool did not do what it was for: {@code tool.failure_kind}. */
public enum ToolFailure {
    /** The program or its user stopped it: no error. */
    CANCELLED,
    PRE_HOOK_BLOCKED,
    INVOCATION_GUARD_DENIED,
    POST_HOOK_STOPPED,
    /** It returned an error. */
    TOOL_ERROR,
    /** It threw one. */
    TOOL_EXCEPTION,
    PERMISSION_DENIED,
    PERMISSION_HOOK_DENIED,
    PLAN_MODE_BLOCKED,
    NON_INTERACTIVE_DENIED,
    BACKGROUND_AGENT_DENIED,
    /** A time limit of the program stopped it. */
    TIMEOUT;

    String value() {
        return name().toLowerCase(Locale.ROOT);
    }

    Outcome outcome() {
        return switch (this) {
            case CANCELLED -> Outcome.CANCELLED;
            case TIMEOUT -> Outcome.TIMED_OUT;
            default -> Outcome.FAILED;
        };
    }
}
