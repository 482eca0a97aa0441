package dev.llmpropagation.agent;

import static java.util.Objects.requireNonNull;
import static kotlin.DeprecationLevel.HIDDEN;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeNames;
import dev.llmpropagation.internal.span.AttributeSink;
import dev.llmpropagation.internal.span.SpanLife;
import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.StartedSpan;
import dev.llmpropagation.internal.span.Throwables;
import dev.llmpropagation.session.LlmSession;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A span that is about to start. {@link #call}, {@link #run} and {@link #callAsync} start it, make it current and end it
 * by what happens; {@link #start} leaves all that to the caller. Use a builder once. Not thread-safe. A setter
 * that gets null sets nothing.
 *
 * @param <S> the span
 * @param <B> this builder
 */
public abstract class AgentSpanBuilder<S extends AgentSpan, B extends AgentSpanBuilder<S, B>> {

    private static final String KOTLIN = "Kotlin takes the other one: it cannot infer the type of the exception";

    final AgentTelemetry telemetry;
    final SpanType type;
    final @Nullable AgentSpan within;
    private @Nullable AttributesBuilder callers; // null for most spans
    private @Nullable BooleanSupplier cancelSignal;

    /** @param within what the span stands in, or null for what is current when it starts */
    AgentSpanBuilder(AgentTelemetry telemetry, SpanType type, @Nullable AgentSpan within) {
        this.telemetry = telemetry;
        this.type = type;
        this.within = within;
    }

    /** As {@link AgentSpan#attribute}, from the start on, so that a sampler sees it. */
    public final <T> B attribute(@Nullable AttributeKey<T> key, @Nullable T value) {
        if (key != null && value != null && AttributeNames.admits(key, telemetry.instrumentation())) {
            callers().put(key, value);
        }
        return self();
    }

    /** Takes attributes whose names are the library's, as {@link #attribute} does those of the program's. */
    final AttributeSink known() {
        return telemetry.names().sink(callers()::put);
    }

    private AttributesBuilder callers() {
        AttributesBuilder made = callers;
        if (made == null) {
            made = Attributes.builder();
            callers = made;
        }
        return made;
    }

    /**
     * Whether the program has cancelled this; asked when the span ends. If so, a result counts as cancelled, and so does
     * an exception that tells of a cancel; any other exception stays a failure. If not, an exception that tells of a
     * cancel is a failure too. What starts inside inherits it. Default: none, and such an exception alone decides.
     */
    public final B cancelledWhen(BooleanSupplier signal) {
        cancelSignal = requireNonNull(signal, "cancelledWhen");
        return self();
    }

    /**
     * Starts the span. It is not made current. Never throws.
     *
     * <pre>{@code
     * try (Tool tool = agent.tool("search").start(); Scope ignored = tool.makeCurrent()) {
     *     ...
     *     tool.completed(); // else it ends as interrupted
     * }
     * }</pre>
     */
    public final S start() {
        return start(telemetry.instrumentation().context());
    }

    /** As {@link #start()}, as if this Context were the current one; null is that which is. */
    public final S start(@Nullable Context asCurrent) {
        Context current = asCurrent == null ? telemetry.instrumentation().context() : asCurrent;
        SpanParent parent = new SpanParent(null, current);
        AgentSpanStart start;
        try {
            parent = parentIn(current);
            start = open(parent, current);
        } catch (Throwable e) { // a Context of the program's, say
            tellOf(e);
            start = started(new SpanParent(null, current, parent.inherited()), Span.getInvalid(), current, null);
            Throwables.propagateIfFatal(e);
        }
        S span = create(start);
        span.life.beforeHandedOver(() -> {
            span.life.started();
            span.life.quietly("Content or a log event could not be recorded", () -> onStarted(span));
        });
        return span;
    }

    /**
     * Runs this within the span: as the current one, ended as completed when it returns, and by its exception when it
     * throws. The body may end the span before, and so say how.
     *
     * @return what the body returns
     * @throws E what the body throws, unchanged
     */
    @SuppressWarnings("overloads") // Body is the more specific one, so no lambda is ambiguous
    @kotlin.Deprecated(message = KOTLIN, level = HIDDEN)
    public final <T extends @Nullable Object, E extends Exception> T call(Body<? super S, T, E> body) throws E {
        requireNonNull(body, "body");
        S span = start();
        return span.life.<T, E>call(() -> body.call(span));
    }

    /**
     * As {@link #call(Body)}, for Kotlin, which cannot infer the type of an exception. In Java a lambda is always a {@link
     * Body}.
     *
     * @throws Exception what the body throws, unchanged
     */
    @SuppressWarnings("overloads")
    public final <T extends @Nullable Object> T call(Work<? super S, T> body) throws Exception {
        requireNonNull(body, "body");
        return this.<T, Exception>call(span -> body.call(span));
    }

    /**
     * As {@link #call(Body)}, without a result.
     *
     * @throws E what the body throws, unchanged
     */
    @kotlin.Deprecated(message = KOTLIN, level = HIDDEN)
    public final <E extends Exception> void run(Action<? super S, E> body) throws E {
        requireNonNull(body, "body");
        this.<Boolean, E>call(span -> {
            body.run(span);
            return true;
        });
    }

    /**
     * As {@link #run(Action)}, for Kotlin. In Java a lambda is always an {@link Action}.
     *
     * @throws Exception what the body throws, unchanged
     */
    public final void run(Step<? super S> body) throws Exception {
        requireNonNull(body, "body");
        this.<Exception>run(span -> body.run(span));
    }

    /**
     * Calls this within the span, which ends when the stage does. The span is current while the body runs; what the
     * stage does later carries the Context by {@code span.context()}.
     *
     * @return completes as the stage does, after the span has ended. If the program completes it first, by {@code
     *     orTimeout}, say, the span ends so, and the stage goes on; cancelling it cancels the stage as well
     */
    public final <T> CompletableFuture<T> callAsync(Function<? super S, ? extends CompletionStage<T>> body) {
        requireNonNull(body, "body");
        S span = start();
        return span.life.callAsync(() -> body.apply(span));
    }

    @SuppressWarnings("unchecked") // each builder names itself as B
    private B self() {
        return (B) this;
    }

    /** The parent of the span, if this is the current Context. */
    SpanParent parentIn(Context current) {
        if (within != null) {
            return SpanParent.in(within, current);
        }
        String prompt = promptId();
        if (prompt == null) {
            return SpanParent.current(current);
        }
        String named = AgentTelemetry.fit(namedSession());
        String session = named != null ? named : telemetry.session(current);
        return SpanParent.ofPrompt(prompt, session, named != null, current, telemetry.prompts());
    }

    /** A root of its own. Without an SDK the trace of the caller is passed on as it is. */
    final SpanParent apart(Context current) {
        return telemetry.makesSpans() ? SpanParent.root(current) : new SpanParent(null, current);
    }

    @Nullable
    String promptId() {
        return null;
    }

    /** The session that the program named, or null. */
    @Nullable
    String namedSession() {
        return null;
    }

    boolean isBackground() {
        return false;
    }

    /** Sets what is known at the start, so that a sampler sees it. Not called where no span is made. */
    void describe(SpanParent parent, AttributeSink to) {}

    /** The span that this one is linked with, if this is the current Context; or null. */
    @Nullable
    SpanContext linkIn(Context current) {
        return null;
    }

    String linkKind() {
        return "invoker";
    }

    /** Operation and target, for names of the conventions. */
    String spanName() {
        return telemetry.names().of(type, null, null);
    }

    /** Counts this, if it is something that an agent asks for. */
    void count(InvocationCalls calls) {}

    abstract S create(AgentSpanStart start);

    /** What the span hands down to those inside. */
    @Nullable
    Inherited handedDown(@Nullable Inherited inherited, @Nullable String session) {
        return inherited;
    }

    /** Called when the span has started and is registered, for what the builder knows and the span need not keep. */
    void onStarted(S started) {}

    private AgentSpanStart open(SpanParent parent, Context current) {
        String session = session(parent);
        Context context = parent.context();
        LlmSession known = LlmSession.fromContext(context);
        if (session != null && (known == null || !known.id().equals(session))) {
            context = context.with(LlmSession.of(session));
        } else if (session == null && namedSession() != null) { // otherwise clients inside would send another session
            context = context.with(LlmSession.none());
        }
        Span span;
        try {
            span = startSpan(parent, context, session, linkIn(current));
        } catch (Throwable e) { // of a sampler or a span processor: session and prompt go on without the span
            tellOf(e);
            span = Span.getInvalid();
            Throwables.propagateIfFatal(e);
        }
        return started(parent, span, span.getSpanContext().isValid() ? context.with(span) : context, session);
    }

    private AgentSpanStart started(SpanParent parent, Span span, Context inside, @Nullable String session) {
        SpanLife<AgentSpan> around = parent.parent();
        AgentTelemetry.Limits limits = telemetry.limits();
        long ttlNanos =
                isBackground() ? limits.backgroundTtlNanos() : around == null ? limits.ttlNanos() : around.ttlNanos();
        BooleanSupplier signal = cancelSignal != null || around == null ? cancelSignal : around.cancelSignal();
        StartedSpan<AgentSpan> started =
                new StartedSpan<>(telemetry.open(), type.referenceName, span, true, inside, around, ttlNanos, signal);
        InvocationCalls calls = around == null ? null : around.handle().calls();
        if (calls != null) {
            count(calls);
        }
        boolean agent = type == SpanType.INTERACTION || type == SpanType.SUBAGENT;
        return new AgentSpanStart(
                type,
                telemetry.names(),
                started,
                handedDown(parent.inherited(), session),
                session,
                agent ? new InvocationCalls() : calls);
    }

    private void tellOf(Throwable failure) {
        tell("A span could not be started; the program goes on without it", failure);
    }

    private void tell(String what, @Nullable Throwable cause) {
        telemetry.instrumentation().diagnostics().report(what, cause);
    }

    private @Nullable String session(SpanParent parent) {
        Inherited inherited = parent.inherited();
        if (inherited != null && inherited.session() != null) {
            return inherited.session();
        }
        String named = namedSession();
        if (named == null) {
            return telemetry.session(parent.context());
        }
        String fit = AgentTelemetry.fit(named);
        if (fit == null) {
            tell("A session id is unfit, so a span goes without; use 1 to 256 visible ASCII characters", null);
        }
        return fit;
    }

    private Span startSpan(SpanParent parent, Context context, @Nullable String session, @Nullable SpanContext link) {
        Tracer tracer = telemetry.instrumentation().tracer();
        if (tracer == null) {
            return Span.getInvalid();
        }
        SpanBuilder builder =
                tracer.spanBuilder(spanName()).setSpanKind(type.kind).setParent(context);
        if (callers != null) {
            builder.setAllAttributes(callers.build());
        }
        AttributeSink attributes = telemetry.names().sink(builder::setAttribute);
        Attribute.SESSION_ID.put(attributes, session);
        Attribute.CONVERSATION_ID.put(attributes, session);
        describe(parent, attributes);
        if (link != null && link.isValid()) {
            builder.addLink(link, Attributes.of(Attribute.LINK_KIND.key(), linkKind()));
        }
        if (Span.fromContext(context).getSpanContext().isValid()) {
            return builder.startSpan();
        }
        return telemetry.instrumentation().startRoot(builder, context);
    }

    /** Does the work of a span, which is current meanwhile. What it throws ends the span. */
    @FunctionalInterface
    public interface Work<S, T extends @Nullable Object> {
        T call(S span) throws Exception;
    }

    /** As {@link Work}, without a result. */
    @FunctionalInterface
    public interface Step<S> {
        void run(S span) throws Exception;
    }

    /** As {@link Work}, and it says what it throws. */
    @FunctionalInterface
    public interface Body<S, T extends @Nullable Object, E extends Exception> extends Work<S, T> {
        @Override
        T call(S span) throws E;
    }

    /** As {@link Step}, and it says what it throws. */
    @FunctionalInterface
    public interface Action<S, E extends Exception> extends Step<S> {
        @Override
        void run(S span) throws E;
    }
}
