package dev.llmpropagation.daemon;

import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What is open: handles, processes with their sessions, streams. The gauges ask here, so they cannot drift from it.
 * Thread-safe.
 */
final class Live {

    private final Set<DaemonSpan> spans = ConcurrentHashMap.newKeySet();
    private final Set<DaemonChannel> channels = ConcurrentHashMap.newKeySet();
    private final Set<DaemonStream> streams = ConcurrentHashMap.newKeySet();

    void add(DaemonSpan span) {
        spans.add(span);
    }

    void remove(DaemonSpan span) {
        spans.remove(span);
    }

    void add(DaemonChannel channel) {
        channels.add(channel);
    }

    void remove(DaemonChannel channel) {
        channels.remove(channel);
    }

    void add(DaemonStream stream) {
        streams.add(stream);
    }

    void remove(DaemonStream stream) {
        streams.remove(stream);
    }

    int openSpans() {
        return spans.size();
    }

    long sessions() {
        return channels.stream().mapToLong(DaemonChannel::sessionCount).sum();
    }

    long streams() {
        return streams.size();
    }

    /** Steps of the bridge that are under way for one of these sessions. */
    List<BridgeSpan> stepsOf(Set<String> sessions) {
        return spans.stream()
                .filter(BridgeSpan.class::isInstance)
                .map(BridgeSpan.class::cast)
                .filter(step -> {
                    String session = step.session();
                    return session != null && sessions.contains(session);
                })
                .toList();
    }

    /** For the end of the daemon. */
    void endAll() {
        streams.forEach(stream -> stream.closed(StreamEnd.SHUTDOWN));
        spans.forEach(DaemonSpan::cancelled);
    }
}
