package dev.llmpropagation.daemon;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.Text;
import dev.llmpropagation.session.SessionIds;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A process that runs agents, and the sessions that it has. The number of active sessions is the size of what is known
 * here, so whatever is told twice, late or out of order cannot make it drift. Thread-safe; nothing here throws: what is
 * null is left out.
 */
public final class DaemonChannel {

    private static final int SIGNALS = 128;
    private static final int MAX_ID_LENGTH = 128;

    private final DaemonInstruments instruments;
    private final Instrumentation instrumentation;
    private final String id;
    private final ChannelSessions sessions = new ChannelSessions();

    DaemonChannel(DaemonInstruments instruments, @Nullable String id) {
        this.instruments = instruments;
        this.instrumentation = instruments.instrumentation();
        this.id = Text.bounded(id == null ? "unknown" : id, MAX_ID_LENGTH);
        instruments.channels().add(sessions);
        instrumentation.measure(instruments.metrics()::channelSpawned);
    }

    /** A session lives in this process now. Told again, or after the exit, it does nothing. */
    public void sessionOpened(@Nullable String session) {
        if (session != null && sessions.open(session)) {
            count(DaemonMetrics.Action.SPAWN, 1);
        }
    }

    /** A session of this process was closed. One that the process does not have is left alone. */
    public void sessionClosed(@Nullable String session) {
        if (session != null && sessions.close(session)) {
            count(DaemonMetrics.Action.CLOSE, 1);
        }
    }

    /** A request goes to this process, which is there already: event {@code channel.reused} on the current span. */
    public void reused() {
        event(List.of(), "channel.reused", Attributes.of(Attribute.CHANNEL_ID.key(), id));
    }

    /**
     * A message went through the pipe.
     *
     * @param bytes its length; a negative one counts as 0
     */
    public void message(@Nullable Direction direction, long bytes) {
        if (direction == null) {
            return;
        }
        instrumentation.measure(() -> instruments.metrics().message(direction, Math.max(0, bytes)));
    }

    /**
     * The way to the process failed, though it may still run: event {@code channel.liveness_failed} on the steps that are
     * under way for its sessions, and a log record. Without such a step, on the current span; without one, on a span of
     * its own. The steps go on.
     *
     * @param error shown as {@code error.type}; null for one that is unknown
     */
    public void failed(@Nullable DaemonError error) {
        Set<String> affected = sessions.ids();
        Attributes told = Attributes.builder()
                .put(Attribute.CHANNEL_ID.key(), id)
                .put(Attribute.CHANNEL_SESSION_COUNT.<Long>key(), (long) affected.size())
                .put(Attribute.ERROR_TYPE.key(), (error == null ? DaemonError.UNKNOWN : error).value())
                .build();
        tell(stepsOf(affected), LogEvent.CHANNEL_FAILED, "channel.liveness_failed", Severity.ERROR, told);
    }

    /**
     * The process ended, and its sessions with it: event {@code channel.exited} on the steps that are under way for them,
     * and log records; where no step is under way, as with {@link #failed}. The first word counts.
     *
     * @param exitCode -1 if unknown; above 128 it names the signal that killed it
     * @param expected whether the daemon meant it to end
     */
    public void exited(int exitCode, boolean expected) {
        Set<String> lost = sessions.exit();
        if (lost == null) {
            return;
        }
        instruments.channels().remove(sessions);
        instrumentation.measure(() -> instruments.metrics().channelExited(expected));
        if (!lost.isEmpty()) {
            count(DaemonMetrics.Action.DIE, lost.size());
        }
        AttributesBuilder told = Attributes.builder()
                .put(Attribute.CHANNEL_ID.key(), id)
                .put(Attribute.CHANNEL_EXIT_CODE.<Long>key(), (long) exitCode)
                .put(Attribute.CHANNEL_SESSION_COUNT.<Long>key(), (long) lost.size())
                .put(Attribute.CHANNEL_EXPECTED.<Boolean>key(), expected);
        if (exitCode > SIGNALS && exitCode < 2 * SIGNALS) {
            told.put(Attribute.CHANNEL_SIGNAL.key(), signal(exitCode - SIGNALS));
        }
        Severity severity = expected ? Severity.INFO : Severity.ERROR;
        List<BridgeSpan> steps = stepsOf(lost);
        tell(steps, LogEvent.CHANNEL_EXITED, "channel.exited", severity, told.build());
        for (String session : lost) {
            instrumentation.log(() -> instruments
                    .events()
                    .of(LogEvent.SESSION_DIED, severity, Context.root(), fit(session), Attributes.empty()));
        }
    }

    int sessionCount() {
        return sessions.size();
    }

    private void count(DaemonMetrics.Action action, long count) {
        instrumentation.measure(() -> instruments.metrics().sessions(action, count));
    }

    /** Steps of the bridge that are under way for one of these sessions. */
    private List<BridgeSpan> stepsOf(Set<String> affected) {
        return instruments.open().handles(BridgeSpan.class).stream()
                .filter(step -> step.session() != null && affected.contains(step.session()))
                .toList();
    }

    private void tell(List<BridgeSpan> steps, LogEvent event, String name, Severity severity, Attributes told) {
        Context context = event(steps, name, told);
        instrumentation.log(() -> {
            for (BridgeSpan step : steps) {
                instruments.events().of(event, severity, step, told);
            }
            if (steps.isEmpty()) {
                instruments.events().of(event, severity, context, null, told);
            }
        });
    }

    /** Where nothing is under way, the current span has the event; without one, a span of its own. */
    private Context event(List<BridgeSpan> steps, String name, Attributes told) {
        Context current = instrumentation.context();
        Span span = Span.fromContext(current);
        if (!steps.isEmpty() || span.isRecording()) {
            instrumentation.quietly("An event could not be added", () -> {
                steps.forEach(step -> step.life.span().addEvent(name, told));
                if (steps.isEmpty()) {
                    span.addEvent(name, told);
                }
            });
            return current;
        }
        Context[] alone = {current};
        instrumentation.quietly("A span could not be started; the daemon goes on without it", () -> {
            Tracer tracer = instrumentation.tracer();
            if (tracer != null) {
                Span own = tracer.spanBuilder(SpanType.DAEMON_BRIDGE.referenceName)
                        .setParent(current)
                        .setAttribute(Attribute.DAEMON_OPERATION.key(), "event." + name)
                        .startSpan();
                try {
                    own.addEvent(name, told);
                } finally {
                    own.end();
                }
                alone[0] = current.with(own);
            }
        });
        return alone[0];
    }

    private static String signal(int number) {
        return switch (number) {
            case 1 -> "SIGHUP";
            case 2 -> "SIGINT";
            case 6 -> "SIGABRT";
            case 9 -> "SIGKILL";
            case 11 -> "SIGSEGV";
            case 15 -> "SIGTERM";
            default -> Integer.toString(number);
        };
    }

    private static @Nullable String fit(String session) {
        return SessionIds.isFit(session) ? session : null;
    }

    /** Names the process. */
    @Override
    public String toString() {
        return "DaemonChannel{" + id + '}';
    }
}
