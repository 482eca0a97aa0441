package dev.llmpropagation.daemon;

/**
 * What a daemon does on the way between its clients and the processes of its agents; docs/daemon-reference.md says it of
 * each.
 */
public enum BridgeOperation {
    CHANNEL_LOOKUP("channel.lookup", "finds the process for a session, or starts one"),
    CHANNEL_SPAWN("channel.spawn", "starts a process"),
    CHANNEL_INITIALIZE("channel.initialize", "shakes hands with a process"),
    SESSION_NEW("session.new", "makes a session"),
    SESSION_LOAD("session.load", "takes up an old session"),
    SESSION_CLOSE("session.close", "ends a session"),
    SESSION_CANCEL("session.cancel", "tells a process to stop what a session does; counted"),
    PROMPT_DISPATCH("prompt.dispatch", "sends a prompt to a process and waits for its end; its duration is recorded"),
    PERMISSION_CANCEL("permission.cancel", "gives up questions to the user that are still open");

    private final String value;
    final String description;

    BridgeOperation(String value, String description) {
        this.value = value;
        this.description = description;
    }

    String value() {
        return value;
    }
}
