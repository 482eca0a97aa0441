package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.OpenSpans;
import io.opentelemetry.api.trace.SpanKind;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What all of one {@link DaemonTelemetry} shares. Nothing of a session, prompt or trace is in here.
 *
 * @param channels of processes that run; a gauge asks them, so it cannot drift from what is known
 * @param stderr what may be told of a line of a process, or null to tell none
 * @param streams how many are open
 * @param closed whether the daemon goes down, and its processes with it
 */
record DaemonInstruments(
        Instrumentation instrumentation,
        SpanKind requestKind,
        Routes routes,
        Inbound inbound,
        DaemonMetrics metrics,
        DaemonEvents events,
        ErrorKinds errorKinds,
        Workspaces workspaces,
        @Nullable Function<String, @Nullable String> stderr,
        OpenSpans open,
        Set<ChannelSessions> channels,
        AtomicLong streams,
        AtomicBoolean closed,
        long ttlNanos) {}
