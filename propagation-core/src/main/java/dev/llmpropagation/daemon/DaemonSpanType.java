package dev.llmpropagation.daemon;

/** The spans of a daemon. Rows of docs/daemon-reference.md. */
enum DaemonSpanType {
    REQUEST(
            "qwen-code.daemon.request",
            "SERVER, or INTERNAL if asked for",
            "the client's span, or none",
            "One request of a client, until its answer; or its stream of events, until that is closed."),
    BRIDGE(
            "qwen-code.daemon.bridge",
            "INTERNAL",
            "the span that is current; for a queued prompt, that of its request",
            "One step on the way between clients and the processes of agents.");

    final String spanName;
    final String kind;
    final String parent;
    final String description;

    DaemonSpanType(String spanName, String kind, String parent, String description) {
        this.spanName = spanName;
        this.kind = kind;
        this.parent = parent;
        this.description = description;
    }
}
