package dev.llmpropagation.daemon;

import dev.llmpropagation.daemon.DaemonEvents.Place;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.internal.span.LogEvent;
import dev.llmpropagation.internal.span.SpanText;
import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.Throwables;
import dev.llmpropagation.session.SessionIds;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A process that runs agents, and the sessions that it has. The number of active sessions is the size of what is known
 * here, so whatever is told twice, late or out of order cannot make it drift. Thread-safe; nothing here throws: what is
 * null is left out.
 */
public final class DaemonChannel {

    private static final int SIGNALS = 128;
    private static final int MAX_ID_LENGTH = 128;
    private static final int MAX_LINES = 200;
    private static final long LINE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

    private final DaemonInstruments instruments;
    private final Instrumentation instrumentation;
    private final String id;
    private final ChannelSessions sessions = new ChannelSessions();
    private final Object opening = new Object();
    private final LogBudget stderr;
    private final AtomicLong linesLeftOut = new AtomicLong();

    /** @param replaced the process whose place it takes, or null */
    DaemonChannel(DaemonInstruments instruments, @Nullable String id, @Nullable DaemonChannel replaced) {
        this.instruments = instruments;
        this.instrumentation = instruments.instrumentation();
        this.id = SpanText.line(id == null ? "unknown" : id, MAX_ID_LENGTH);
        instruments.channels().add(sessions);
        this.stderr = new LogBudget(MAX_LINES, LINE_NANOS, instrumentation.clock());
        instrumentation.measure(
                replaced == null ? instruments.metrics()::channelSpawned : instruments.metrics()::channelRestarted);
    }

    /**
     * Another process was started in the place of this one, which has ended or is given up: it is counted as a restart, and
     * not as a process more. The sessions that it takes up are told to the new one.
     *
     * @param newId as for {@link DaemonTelemetry#channel}
     */
    public DaemonChannel restarted(@Nullable String newId) {
        DaemonChannel next = new DaemonChannel(instruments, newId, this);
        sessions.giveUp();
        letGo();
        Attributes told = Attributes.of(Attribute.CHANNEL_ID.key(), next.id, Attribute.PREVIOUS_CHANNEL_ID.key(), id);
        Context context = event(List.of(), "channel.restarted", told);
        tell(LogEvent.CHANNEL_RESTARTED, Severity.INFO, Place.in(context, null), told);
        return next;
    }

    /**
     * A session lives in this process now. Told again, or after the exit, or when another process has taken the place of this
     * one, it does nothing. One that such a process takes up has moved: it has neither ended nor begun.
     */
    public void sessionOpened(@Nullable String session) {
        opened(session, Workspaces.NONE);
    }

    /** As {@link #sessionOpened(String)}; the number of active sessions is told by the hash of this path, for 30 of them. */
    public void sessionOpened(@Nullable String session, @Nullable String workspace) {
        opened(
                session,
                workspace == null ? Workspaces.NONE : instruments.workspaces().label(workspace));
    }

    private void opened(@Nullable String session, String label) {
        if (session == null || !sessions.admits(session)) {
            return;
        }
        String before;
        boolean opened;
        synchronized (opening) { // otherwise another thread could find it in neither of the two
            before = sessions.admits(session) ? takenOver(session) : null;
            opened = sessions.open(session, before == null || !label.equals(Workspaces.NONE) ? label : before);
        }
        if (before != null) {
            letGo();
        }
        if (before == null && opened) {
            count(DaemonMetrics.Action.SPAWN, 1);
        } else if (before != null && !opened) { // this process ended in between
            count(DaemonMetrics.Action.CLOSE, 1);
        }
    }

    /** The label that it had in the process which gave it up, or null if none did. */
    private @Nullable String takenOver(String session) {
        return instruments.channels().stream()
                .map(other -> other.takeOver(session))
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
    }

    /**
     * The process wrote this line to stderr: a log record, if {@link DaemonTelemetryBuilder#childStderr} is set, without
     * credentials, at most 1024 characters. It has the ids of the dispatch that runs in this process, if there is one and no
     * other. At most 200 lines at once and 20 a second; how many were left out is told with the next one.
     */
    public void stderr(@Nullable String line) {
        Function<String, @Nullable String> redaction = instruments.stderr();
        if (line != null && redaction != null) {
            instrumentation.log(() -> {
                String shown = SpanText.error(redaction.apply(line));
                if (shown != null) {
                    tellLine(shown.replace('\n', ' '));
                }
            });
        }
    }

    private void tellLine(String line) {
        if (!stderr.take()) {
            linesLeftOut.incrementAndGet();
            return;
        }
        AttributesBuilder told = Attributes.builder().put(Attribute.CHANNEL_ID.key(), id);
        long leftOut = linesLeftOut.getAndSet(0);
        if (leftOut > 0) {
            told.put(Attribute.STDERR_LEFT_OUT.<Long>key(), leftOut);
        }
        List<BridgeSpan> prompts =
                stepsOf(sessions.ids()).stream().filter(BridgeSpan::isDispatch).toList();
        Place place = prompts.size() == 1 ? prompts.get(0).place() : Place.in(Context.root(), null);
        instruments.events().line(line, place, told.build());
    }

    /** A session of this process was closed. One that the process does not have is left alone. */
    public void sessionClosed(@Nullable String session) {
        if (session != null && sessions.close(session)) {
            count(DaemonMetrics.Action.CLOSE, 1);
            letGo();
        }
    }

    /** Forgets replaced processes that have no session any more: that they ended may never be told. */
    private void letGo() {
        instruments.channels().removeIf(ChannelSessions::isDone);
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
        failedAs(instruments.errorKinds().of(error == null ? DaemonError.UNKNOWN : error));
    }

    /** As {@link #failed(DaemonError)}, for a kind of {@link DaemonTelemetryBuilder#errorKinds}. */
    public void failed(@Nullable String errorKind) {
        failedAs(instruments.errorKinds().named(errorKind));
    }

    private void failedAs(ErrorKinds.Kind kind) {
        Set<String> affected = sessions.ids();
        Attributes told = Attributes.builder()
                .put(Attribute.CHANNEL_ID.key(), id)
                .put(Attribute.CHANNEL_SESSION_COUNT.<Long>key(), (long) affected.size())
                .put(Attribute.ERROR_TYPE.key(), kind.name())
                .build();
        List<BridgeSpan> steps = stepsOf(affected);
        Context elsewhere = event(steps, "channel.liveness_failed", told);
        record(steps, LogEvent.CHANNEL_FAILED, Severity.ERROR, elsewhere, told);
    }

    /**
     * The process ended, and its sessions with it: event {@code channel.exited} on the steps that are under way for them,
     * and log records; where no step is under way, as with {@link #failed}. The first word counts. Sessions of one that was
     * meant to end are closed, those of another one have died.
     *
     * @param exitCode -1 if unknown; above 128 it names the signal that killed it
     * @param meant whether the daemon meant it to end; after {@link DaemonTelemetry#close} it did
     */
    public void exited(int exitCode, boolean meant) {
        Set<String> lost = sessions.exit();
        if (lost == null) {
            return;
        }
        boolean expected = meant || instruments.closed().get();
        instruments.channels().remove(sessions);
        Throwables.inTurn(
                () -> instrumentation.measure(() -> instruments.metrics().channelExited(expected)),
                () -> {
                    if (!lost.isEmpty()) {
                        count(expected ? DaemonMetrics.Action.CLOSE : DaemonMetrics.Action.DIE, lost.size());
                    }
                },
                () -> tellExit(exitCode, lost, expected));
    }

    private void tellExit(int exitCode, Set<String> lost, boolean expected) {
        AttributesBuilder facts = Attributes.builder()
                .put(Attribute.CHANNEL_ID.key(), id)
                .put(Attribute.CHANNEL_EXIT_CODE.<Long>key(), (long) exitCode)
                .put(Attribute.CHANNEL_SESSION_COUNT.<Long>key(), (long) lost.size())
                .put(Attribute.CHANNEL_EXPECTED.<Boolean>key(), expected);
        if (exitCode > SIGNALS && exitCode < 2 * SIGNALS) {
            facts.put(Attribute.CHANNEL_SIGNAL.key(), signal(exitCode - SIGNALS));
        }
        Severity severity = expected ? Severity.INFO : Severity.ERROR;
        List<BridgeSpan> steps = stepsOf(lost);
        Attributes told = facts.build();
        Context elsewhere = event(steps, "channel.exited", told);
        Throwables.inTurn(() -> record(steps, LogEvent.CHANNEL_EXITED, severity, elsewhere, told), () -> {
            if (!expected) {
                Context place = steps.isEmpty() ? elsewhere : innermost(steps).context();
                Throwables.forAll(lost, session -> died(session, steps, place));
            }
        });
    }

    /** In the steps of the session that it broke; else where the exit is told. */
    private void died(String session, List<BridgeSpan> steps, Context elsewhere) {
        List<BridgeSpan> broken =
                steps.stream().filter(step -> session.equals(step.session())).toList();
        Place place = broken.isEmpty()
                ? Place.in(elsewhere, fit(session))
                : innermost(broken).place();
        tell(LogEvent.SESSION_DIED, Severity.ERROR, place, Attributes.empty());
    }

    /** The one that no other of them stands in. */
    private static BridgeSpan innermost(List<BridgeSpan> steps) {
        return steps.stream()
                .filter(step -> steps.stream().noneMatch(other -> other.life.around() == step.life))
                .findFirst()
                .orElse(steps.get(0));
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

    /** In each step, or where none is under way, in the Context of the span that tells of it. */
    private void record(List<BridgeSpan> steps, LogEvent event, Severity severity, Context elsewhere, Attributes told) {
        Throwables.forAll(steps, step -> step.tell(event, severity, told));
        if (steps.isEmpty()) {
            tell(event, severity, Place.in(elsewhere, null), told);
        }
    }

    private void tell(LogEvent event, Severity severity, Place place, Attributes told) {
        instrumentation.log(() -> instruments.events().of(event, severity, place, told));
    }

    /**
     * Where nothing is under way, the current span has the event; without one, a span of its own. Returns the Context of the
     * span that tells it, where no step does.
     */
    private Context event(List<BridgeSpan> steps, String name, Attributes told) {
        Context current = instrumentation.context();
        Span span = Span.fromContext(current);
        if (!steps.isEmpty() || span.isRecording()) {
            (steps.isEmpty()
                            ? List.of(span)
                            : steps.stream().map(step -> step.life.span()).toList())
                    .forEach(one ->
                            instrumentation.quietly("An event could not be added", () -> one.addEvent(name, told)));
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
