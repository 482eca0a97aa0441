package dev.llmpropagation.agent;

import static java.util.Objects.requireNonNull;
import static kotlin.DeprecationLevel.HIDDEN;

import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.span.AttributeSink;
import dev.llmpropagation.span.OutsideText;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A span that is about to start. {@link #call}, {@link #run} and {@link #callAsync} start it, make it current and end it
 * by what happens; {@link #start} leaves all that to the caller. Use a builder once. Not thread-safe; no setter takes
 * null.
 *
 * @param <S> the span
 * @param <B> this builder
 */
public abstract sealed class AgentSpanBuilder<S extends AgentSpan, B extends AgentSpanBuilder<S, B>>
        permits Interaction.Builder,
                Tool.Builder,
                ToolExecution.Builder,
                ApprovalWait.Builder,
                Hook.Builder,
                Subagent.Builder,
                LlmRequest.Builder {

    private static final String KOTLIN = "Kotlin takes the other one: it cannot infer the type of the exception";
    private static final Attributes INVOKER = Attributes.of(AttributeKey.stringKey("qwen-code.link.kind"), "invoker");

    final Engine engine;
    final SpanType type;
    final @Nullable AgentScope within;
    private @Nullable AttributesBuilder callers;
    private @Nullable SpanBuilder target;
    private @Nullable BooleanSupplier cancelSignal;

    AgentSpanBuilder(Engine engine, SpanType type, @Nullable AgentScope within) {
        this.engine = engine;
        this.type = type;
        this.within = within;
    }

    /**
     * Adds an attribute of the program's. Names of docs/telemetry-reference.md are the library's: an attribute of such a
     * name, whatever its type, is left out and a diagnostic says so. One that holds content is left out too.
     */
    public final <T> B attribute(AttributeKey<T> key, T value) {
        requireNonNull(value, "value");
        if (engine.admits(requireNonNull(key, "key"))) {
            put(key, value);
        }
        return self();
    }

    final <T> void put(AttributeKey<T> key, T value) {
        if (callers == null) {
            callers = Attributes.builder();
        }
        callers.put(key, value);
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
        return start(engine.context());
    }

    /** As {@link #start()}, as if this Context were the current one. */
    public final S start(Context current) {
        requireNonNull(current, "current");
        Opening opening;
        try {
            opening = open(place(current));
        } catch (Throwable e) { // a Context of the program's, say
            tellOf(e);
            opening = opening(new Place(null, current), Span.getInvalid(), current, null);
        }
        S span = create(opening);
        span.started();
        engine.quietly("Content or a log event could not be recorded", () -> onStarted(span));
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
        try {
            T result;
            try (Scope ignored = span.makeCurrent()) {
                result = body.call(span);
            }
            span.completed();
            return result;
        } catch (Throwable e) {
            span.failed(e);
            throw e;
        }
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
     * @return completes as the stage does, after the span has ended; cancelling it cancels the stage as well
     */
    public final <T> CompletableFuture<T> callAsync(Function<? super S, ? extends CompletionStage<T>> body) {
        requireNonNull(body, "body");
        S span = start();
        CompletionStage<T> stage;
        try (Scope ignored = span.makeCurrent()) {
            stage = requireNonNull(body.apply(span), "The body returned no stage");
        } catch (Throwable e) {
            span.failed(e);
            throw e;
        }
        CompletableFuture<T> result = new CompletableFuture<>();
        stage.whenComplete((value, failure) -> {
            if (failure == null) {
                span.completed();
                result.complete(value);
            } else {
                span.failed(failure);
                result.completeExceptionally(failure);
            }
        });
        CompletableFuture<T> unused = result.whenComplete((value, failure) -> {
            if (result.isCancelled()) {
                span.cancelled();
                stage.toCompletableFuture().cancel(true);
            }
        });
        return result;
    }

    abstract B self();

    /** Where the span stands, if the current Context is this. */
    Place place(Context current) {
        if (within != null) {
            return Place.in(within, current);
        }
        if (promptId() == null) {
            return Place.current(current);
        }
        String named = Engine.fit(namedSession());
        return Place.ofPrompt(
                promptId(), named != null ? named : engine.session(current), named != null, current, engine.open());
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

    /** Sets what is known at the start, so that a sampler sees it. */
    void describe(Place place) {}

    /** The span that a root is linked with, or null. */
    @Nullable
    SpanContext link() {
        return null;
    }

    /** Operation and target, for names of the conventions. */
    String spanName() {
        return engine.names().of(type, null, null);
    }

    abstract S create(Opening opening);

    /** What the span hands down to those inside. */
    @Nullable
    Lineage handedDown(@Nullable Lineage inherited, @Nullable String session) {
        return inherited;
    }

    /** After the span has started and is registered. What it needs of this builder only now, it need not keep. */
    void onStarted(S started) {}

    final void set(Attribute attribute, @Nullable String value) {
        if (value != null && target != null) {
            target.setAttribute(attribute.<String>key(), attribute.shown(value));
        }
    }

    final void set(Attribute attribute, boolean value) {
        if (target != null) {
            target.setAttribute(attribute.<Boolean>key(), value);
        }
    }

    final void set(Attribute attribute, long value) {
        if (target != null) {
            target.setAttribute(attribute.<Long>key(), value);
        }
    }

    final void describeBy(Consumer<AttributeSink> attributes) {
        SpanBuilder described = target;
        if (described != null) {
            AttributeSink sink = new AttributeSink() {
                @Override
                public <T> void put(AttributeKey<T> key, T value) {
                    described.setAttribute(key, OutsideText.shownValue(value, Attribute.MAX_LENGTH));
                }
            };
            engine.quietly("What a call asks for could not be shown", () -> attributes.accept(sink));
        }
    }

    private Opening open(Place place) {
        String session = session(place);
        Context context = place.context();
        LlmSession known = LlmSession.fromContext(context);
        if (session != null && (known == null || !known.id().equals(session))) {
            context = context.with(LlmSession.of(session));
        } else if (session == null && namedSession() != null) { // else clients inside would send another one
            context = context.with(LlmSession.none());
        }
        Span span;
        try {
            span = startSpan(place, context, session);
        } catch (Throwable e) { // of a sampler or a span processor: session and prompt go on without the span
            tellOf(e);
            span = Span.getInvalid();
        }
        Context inside = span.getSpanContext().isValid() ? context.with(span) : context;
        return opening(place, span, inside, session);
    }

    private Opening opening(Place place, Span span, Context inside, @Nullable String session) {
        AgentScope parent = place.parent();
        return new Opening(
                type,
                span,
                inside,
                parent,
                handedDown(place.lineage(), session),
                session,
                engine.open().now(),
                isBackground() || parent == null ? engine.open().ttlNanos(isBackground()) : parent.ttlNanos(),
                cancelSignal != null || parent == null ? cancelSignal : parent.cancelSignal());
    }

    private void tellOf(Throwable failure) {
        engine.diagnostics().accept("A span could not be started; the program goes on without it", failure);
    }

    private @Nullable String session(Place place) {
        Lineage owner = place.lineage();
        if (owner != null && owner.session() != null) {
            return owner.session();
        }
        String named = namedSession();
        if (named == null) {
            return engine.session(place.context());
        }
        String fit = Engine.fit(named);
        if (fit == null) {
            engine.diagnostics()
                    .accept(
                            "A session id is unfit, so a span goes without; use 1 to 256 visible ASCII characters",
                            null);
        }
        return fit;
    }

    private Span startSpan(Place place, Context parent, @Nullable String session) {
        Tracer tracer = engine.tracer();
        SpanBuilder builder = tracer == null ? null : tracer.spanBuilder(spanName());
        if (builder != null) {
            builder.setSpanKind(type.kind).setParent(parent);
            if (callers != null) {
                builder.setAllAttributes(callers.build());
            }
        }
        target = builder;
        set(Attribute.SESSION_ID, session);
        set(Attribute.CONVERSATION_ID, session);
        describe(place);
        if (builder == null) {
            return Span.getInvalid();
        }
        SpanContext link = link();
        if (link != null && link.isValid()) {
            builder.addLink(link, INVOKER);
        }
        if (Span.fromContext(parent).getSpanContext().isValid()) {
            return builder.startSpan();
        }
        // An id generator is asked without a Context, so a root's own must be current: it says whose trace this is.
        try (Scope ignored = engine.current(parent)) {
            return builder.startSpan();
        }
    }

    /** Does the work of a span. */
    @FunctionalInterface
    public interface Work<S, T extends @Nullable Object> {
        T call(S span) throws Exception;
    }

    /** Does the work of a span, without a result. */
    @FunctionalInterface
    public interface Step<S> {
        void run(S span) throws Exception;
    }

    /** Does the work of a span, and says what it throws. */
    @FunctionalInterface
    public interface Body<S, T extends @Nullable Object, E extends Exception> extends Work<S, T> {
        @Override
        T call(S span) throws E;
    }

    /** Does the work of a span, without a result, and says what it throws. */
    @FunctionalInterface
    public interface Action<S, E extends Exception> extends Step<S> {
        @Override
        void run(S span) throws E;
    }
}
