package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Throwables;
import java.util.Arrays;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The kinds of errors that a daemon's spans, metrics and log records tell apart, by the same names. An exception is of the
 * kind that its class is named for, with {@code Error} or {@code Exception} at the end, and so are those that it is the cause
 * of; one that tells of a timeout is a {@link #BRIDGE_TIMEOUT}. All others are {@link #UNKNOWN}; a program names its own by
 * {@link DaemonTelemetryBuilder#errorKinds}.
 */
public enum DaemonError {
    SESSION_NOT_FOUND("SessionNotFoundError"),
    WORKSPACE_MISMATCH("WorkspaceMismatchError"),
    INVALID_CLIENT_ID("InvalidClientIdError"),
    SESSION_LIMIT_EXCEEDED("SessionLimitExceededError"),
    RESTORE_IN_PROGRESS("RestoreInProgressError"),
    INVALID_SESSION_SCOPE("InvalidSessionScopeError"),
    TRUST_GATE("TrustGateError"),
    WORKSPACE_INIT_CONFLICT("WorkspaceInitConflictError"),
    WORKSPACE_INIT_PATH_ESCAPE("WorkspaceInitPathEscapeError"),
    WORKSPACE_INIT_SYMLINK("WorkspaceInitSymlinkError"),
    WORKSPACE_INIT_RACE("WorkspaceInitRaceError"),
    MCP_SERVER_NOT_FOUND("McpServerNotFoundError"),
    MCP_SERVER_RESTART_FAILED("McpServerRestartFailedError"),
    PROMPT_DEADLINE_EXCEEDED("PromptDeadlineExceededError"),
    INVALID_SESSION_METADATA("InvalidSessionMetadataError"),
    SUBSCRIBER_LIMIT_EXCEEDED("SubscriberLimitExceededError"),
    BRIDGE_CHANNEL_CLOSED("BridgeChannelClosedError"),
    BRIDGE_TIMEOUT("BridgeTimeoutError"),
    PERMISSION_FORBIDDEN("PermissionForbiddenError"),
    UNKNOWN("unknown");

    // A chain of causes can be a ring.
    private static final int MAX_DEPTH = 8;

    private static final Map<String, DaemonError> BY_WORD = Arrays.stream(values())
            .collect(Collectors.toUnmodifiableMap(kind -> word(kind.value()), Function.identity()));

    private final String value;

    DaemonError(String value) {
        this.value = value;
    }

    String value() {
        return value;
    }

    /** The kind of this exception, or of the first of its causes that has one. Never throws. */
    public static DaemonError of(@Nullable Throwable failure) {
        DaemonError known = find(failure, BY_WORD::get);
        return known != null ? known : UNKNOWN;
    }

    /** The word that a kind and the classes of its exceptions share. */
    static String word(String name) {
        return name.replaceFirst("(Error|Exception)$", "");
    }

    /** What is found for the first word of this exception or of its causes, or null. */
    static <K> @Nullable K find(@Nullable Throwable failure, Function<String, @Nullable K> byWord) {
        try {
            Throwable current = failure;
            for (int depth = 0; current != null && depth < MAX_DEPTH; depth++) {
                K known = byWord.apply(word(current.getClass().getSimpleName()));
                if (known != null) {
                    return known;
                }
                current = current.getCause();
            }
        } catch (Throwable e) { // getCause() is the program's, and so may be the class
            Throwables.propagateIfFatal(e);
            return null;
        }
        return null;
    }
}
