package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeNames;
import dev.llmpropagation.internal.span.AttributeSink;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.ExceptionEvent;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.SpanCallbacks;
import dev.llmpropagation.internal.span.SpanLife;
import dev.llmpropagation.internal.span.SpanText;
import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.ToolCalls;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import org.jspecify.annotations.Nullable;

/**
 * A span of the agent that has started: the handle to end it by, from any thread. It ends once: the first of {@link
 * #completed()}, {@link #failed(Throwable)}, {@link #cancelled()}, {@link #timedOut()} and {@link #close()} counts, and
 * all later ones do nothing. Thread-safe. Nothing here throws: what is null is left out.
 *
 * <p>A span that nobody ends is ended by the safety net; see {@link AgentTracingBuilder#timeToLive}.
 */
public abstract class AgentSpan implements AutoCloseable {

    private static final Object NONE = new Object();

    final SpanType type;
    final SpanLife<AgentSpan> life;
    private final SpanNames names;
    private final AttributeSink shown;
    private final @Nullable String session;
    private final @Nullable Inherited inherited;
    private final @Nullable InvocationCalls calls;

    AgentSpan(AgentSpanStart start) {
        this.type = start.type();
        this.session = start.session();
        this.inherited = start.inherited();
        this.calls = start.calls();
        this.life = new SpanLife<>(start.started(), ToolCalls.AGENT_SPAN, this, new Callbacks());
        this.names = start.names();
        this.shown = names.sink(life);
    }

    static @Nullable AgentSpan fromContext(Context context) {
        return context.get(ToolCalls.AGENT_SPAN) instanceof SpanLife<?> life && life.handle() instanceof AgentSpan span
                ? span
                : null;
    }

    /** The Context without its span of an agent. */
    static Context hiddenFrom(Context context) {
        return fromContext(context) == null ? context : context.with(ToolCalls.AGENT_SPAN, NONE);
    }

    /** The Context of what happens inside: this span, its session, and all that was current when it started. */
    public final Context context() {
        return life.context();
    }

    /** As {@code context().makeCurrent()}. Close it on the same thread, before the span ends. */
    public final Scope makeCurrent() {
        return life.makeCurrent();
    }

    /** The ids of the span, which log records and messages of the program's own may name. Invalid without an SDK. */
    public final SpanContext spanContext() {
        return life.span().getSpanContext();
    }

    /** Id of the session that the span belongs to, fixed when it started; null if there is none. */
    public final @Nullable String session() {
        return session;
    }

    /**
     * Adds an attribute of the program's. Names of docs/telemetry-reference.md are the library's: an attribute of such a
     * name, whatever its type, is left out and a diagnostic says so. One that holds content is left out too.
     */
    public final <T> void attribute(@Nullable AttributeKey<T> key, @Nullable T value) {
        if (key != null && value != null && AttributeNames.admits(key, life.instrumentation())) {
            life.put(key, value);
        }
    }

    /** Tells the safety net that something is still going on here. What starts or ends inside does so on its own. */
    public final void touch() {
        life.touch();
    }

    /** It did what it was for; or was cancelled, if the builder's {@code cancelledWhen} says so. */
    public final void completed() {
        life.completed();
    }

    /**
     * It ended with this exception: as timed out or cancelled where the exception says so, else as failed. The span
     * shows its class and stack trace, never its message.
     */
    public final void failed(@Nullable Throwable failure) {
        if (failure == null) {
            life.end(Ending.failed(null, null));
        } else {
            life.failed(failure);
        }
    }

    /** @param errorType a word of few different ones, for {@code error.type} */
    public final void failed(@Nullable String errorType) {
        life.end(Ending.failed(errorType, null));
    }

    /**
     * It did not do what it was for, and nobody stopped it.
     *
     * @param errorType a word of few different ones, for {@code error.type}
     * @param message the program's own words; shown without credentials and control characters, at most 1024 long. No
     *     content, and nothing that a model service said
     */
    public final void failed(@Nullable String errorType, @Nullable String message) {
        life.end(Ending.failed(errorType, message));
    }

    /** The program or its user stopped it. This is no error. */
    public final void cancelled() {
        life.end(Ending.of(Outcome.CANCELLED));
    }

    /** A time limit of the program stopped it. */
    public final void timedOut() {
        life.end(new Ending(Outcome.TIMED_OUT, "timeout", null, null, null));
    }

    /** Ends it as interrupted, neither success nor error, if nobody has said how it ended. */
    @Override
    public final void close() {
        life.close();
    }

    /** Whether somebody has said how it ended, or the safety net has ended it. It never goes back. */
    public final boolean isEnded() {
        return life.isEnded();
    }

    /** Names type, outcome and ids; no content. */
    @Override
    public final String toString() {
        return life.toString();
    }

    final @Nullable Inherited inherited() {
        return inherited;
    }

    /** What the agent that works here has asked for; null outside of one. */
    final @Nullable InvocationCalls calls() {
        return calls;
    }

    /** The prompt that it is a part of, if that is known. */
    @Nullable
    String promptId() {
        return inherited == null ? null : inherited.promptId();
    }

    /** The span that others started in here stand in: this one, or that around it if this is none for others. */
    final @Nullable SpanLife<AgentSpan> owner() {
        return type.isScope() ? life : life.around();
    }

    /** How it ends, if this type of span knows better; not asked when the safety net ends it. */
    Ending howItEnds(Ending ending) {
        return ending;
    }

    /** Whether it waits for something that may take any time, such as a person: then the safety net leaves it alone. */
    boolean isHeld(long now) {
        return false;
    }

    void onSweep(long now) {}

    /** What this type of span shows at its end, besides outcome, success, duration and error. */
    void onEnding(Ending ending) {}

    /** After the span has ended: each step by itself, in {@code life.quietly}. */
    void onEnded(Ending ending, @Nullable String errorType, long nanos) {}

    final void set(Attribute attribute, @Nullable String value) {
        attribute.put(shown, value);
    }

    final void set(Attribute attribute, boolean value) {
        attribute.put(shown, value);
    }

    private Attribute durationAttribute() {
        return switch (type) {
            case INTERACTION -> Attribute.INTERACTION_DURATION_MS;
            case SUBAGENT -> Attribute.SUBAGENT_DURATION_MS;
            default -> Attribute.DURATION_MS;
        };
    }

    private @Nullable String errorType(Ending ending) {
        if (ending.errorType() != null) {
            return ending.errorType();
        }
        if (!ending.outcome().isError()) {
            return null;
        }
        Throwable failure = ending.failure();
        return failure != null && type.namesExceptions() ? failure.getClass().getName() : type.errorType;
    }

    private String fixedText(Outcome outcome) {
        return names.title(type) + ' ' + outcome.value().replace('_', ' ');
    }

    /** What spans of an agent add to a span's life. */
    private final class Callbacks implements SpanCallbacks {

        /** Metrics know no outcome: without a type of error it would count as a success that took this long. */
        @Override
        public Ending howItEnds(Ending ending) {
            return ending.outcome() == Outcome.ABANDONED
                    ? new Ending(Outcome.ABANDONED, Outcome.ABANDONED.value(), null, null, ending.detail())
                    : AgentSpan.this.howItEnds(ending);
        }

        @Override
        public boolean isHeld(long now) {
            return AgentSpan.this.isHeld(now);
        }

        @Override
        public void onSweep(long now) {
            AgentSpan.this.onSweep(now);
        }

        @Override
        public void onEnding(Ending ending, long nanos) {
            Outcome outcome = ending.outcome();
            set(Attribute.OUTCOME, outcome.value());
            set(Attribute.SUCCESS, outcome == Outcome.COMPLETED);
            durationAttribute().put(shown, nanos / 1_000_000);
            if (outcome != Outcome.COMPLETED) {
                String message = SpanText.error(ending.message());
                set(Attribute.ERROR, message != null ? message : fixedText(outcome));
            }
            set(Attribute.ERROR_TYPE, errorType(ending));
            AgentSpan.this.onEnding(ending);
            if (ending.failure() != null) {
                ExceptionEvent.add(life.span(), ending.failure());
            }
        }

        @Override
        public @Nullable String errorStatus(Outcome outcome) {
            return type.showsErrors() ? fixedText(outcome) : null;
        }

        @Override
        public void onEnded(Ending ending, long nanos) {
            AgentSpan.this.onEnded(ending, errorType(ending), nanos);
        }

        @Override
        public boolean isToolCall() {
            return type == SpanType.TOOL || type == SpanType.TOOL_EXECUTION;
        }

        @Override
        public String howToEnd() {
            return type == SpanType.LLM_REQUEST
                    ? "Read each response to its end, or close it"
                    : SpanCallbacks.super.howToEnd();
        }
    }
}
