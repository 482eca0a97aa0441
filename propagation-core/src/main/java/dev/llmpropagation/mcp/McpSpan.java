package dev.llmpropagation.mcp;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.ExceptionEvent;
import dev.llmpropagation.internal.span.Outcome;
import dev.llmpropagation.internal.span.SpanCallbacks;
import dev.llmpropagation.internal.span.SpanLife;
import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.StartedSpan;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import java.lang.ref.WeakReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/** One request over MCP, at the side that sends it or at the one that answers. It ends once. Thread-safe. */
final class McpSpan {

    private static final ContextKey<SpanLife<McpSpan>> KEY = ContextKey.named("llm-propagation-mcp-span");

    private final McpInstruments instruments;
    private final McpPeer peer;
    private final McpRequest request;
    private final SpanType type;
    private final Consumer<McpSpan> ended;
    private final SpanLife<McpSpan> life;
    private final @Nullable SpanLife<McpSpan> around;
    private volatile @Nullable Disposable timer;
    private volatile @Nullable WeakReference<Object> body;
    private volatile @Nullable Object key;

    McpSpan(
            McpInstruments instruments,
            McpPeer peer,
            McpRequest request,
            SpanType type,
            StartedSpan<McpSpan> started,
            Consumer<McpSpan> ended) {
        this.instruments = instruments;
        this.peer = peer;
        this.request = request;
        this.type = type;
        this.ended = ended;
        this.around = started.context().get(KEY);
        this.life = new SpanLife<>(started, KEY, this, new Callbacks());
    }

    void started() {
        life.started();
    }

    Context context() {
        return life.context();
    }

    Span span() {
        return life.span();
    }

    McpRequest request() {
        return request;
    }

    McpPeer peer() {
        return peer;
    }

    boolean hasEnded() {
        return life.isEnded();
    }

    /** The id of the request, as its connection knows it; null if it does not. */
    @Nullable
    Object key() {
        return key;
    }

    void key(Object id) {
        key = id;
    }

    /**
     * Somebody works on it who will end it, however long that takes.
     *
     * @param worker is held by nothing of ours: work that nobody refers to any more can end no more
     */
    void heldBy(Object worker) {
        body = new WeakReference<>(worker);
    }

    void letGoBy(Object worker) {
        WeakReference<Object> known = body;
        if (known != null && known.refersTo(worker)) {
            body = null;
        }
        life.touch();
    }

    /**
     * Whether a time limit will end it, or somebody works on it or on the request that led to it, as when a person is
     * asked.
     */
    private boolean isHeld() {
        WeakReference<Object> worker = body;
        return timer != null
                || (worker != null && !worker.refersTo(null))
                || (around != null && !around.isEnded() && around.handle().isHeld());
    }

    /** The same work; while it runs, the safety net leaves the span alone. */
    <T> Mono<T> during(Mono<T> work) {
        return Mono.defer(() -> {
            Object worker = new Object();
            heldBy(worker);
            return work.doFinally(signal -> letGoBy(worker));
        });
    }

    /** Ends it as timed out when the time is up. */
    void endsBy(Disposable deadline) {
        timer = deadline;
        if (life.isEnded()) {
            deadline.dispose();
        }
    }

    void timedOut() {
        life.end(new Ending(Outcome.TIMED_OUT, "timeout", null, null, null));
    }

    void end(Outcome outcome) {
        life.end(Ending.of(outcome));
    }

    void failed(Throwable failure) {
        life.failed(failure);
    }

    /** A handler threw: the SDK tells the other side a code for it. */
    void threw(Throwable failure) {
        McpResponse response = McpResponse.of(failure);
        if (response == null) {
            life.failed(failure);
        } else {
            responded(response);
        }
    }

    /** The other side, or the way to it, is gone. */
    void lost(String errorType) {
        life.end(Ending.failed(errorType, null));
    }

    /** @param response what the request led to */
    void responded(McpResponse response) {
        if (!life.isEnded()) {
            life.quietly("The result of a call over MCP could not be recorded", () -> {
                if (request.isToolCall() && !response.isError()) {
                    set(Attribute.TOOL_RESULT, instruments.content(response.result()));
                }
            });
        }
        life.end(response.ending(type));
    }

    /** The same, with this span current where it is subscribed to. */
    <T> Mono<T> around(Mono<T> work) {
        return McpInstruments.in(life.context(), life.instrumentation(), work);
    }

    private void set(Attribute attribute, @Nullable String value) {
        attribute.put(life, value);
    }

    private static @Nullable String errorType(Ending ending) {
        if (ending.errorType() != null) {
            return ending.errorType();
        }
        if (!ending.outcome().isError()) {
            return null;
        }
        if (ending.outcome() == Outcome.TIMED_OUT) {
            return "timeout";
        }
        return ending.failure() == null ? "_OTHER" : ending.failure().getClass().getName();
    }

    private final class Callbacks implements SpanCallbacks {

        /** Metrics know no outcome: without a type of error it would count as a success that took this long. */
        @Override
        public Ending howItEnds(Ending ending) {
            return ending.outcome() == Outcome.ABANDONED
                    ? new Ending(Outcome.ABANDONED, Outcome.ABANDONED.value(), null, null, null)
                    : ending;
        }

        @Override
        public boolean isHeld(long now) {
            return McpSpan.this.isHeld();
        }

        @Override
        public void onEnding(Ending ending, long nanos) {
            set(Attribute.OUTCOME, ending.outcome().value());
            set(Attribute.ERROR_TYPE, errorType(ending));
            set(Attribute.RPC_STATUS_CODE, McpResponse.code(ending));
            // At the end: the version is agreed on by the first request.
            peer.describe(life);
            if (ending.failure() != null && ending.outcome().isError()) {
                ExceptionEvent.add(life.span(), ending.failure());
            }
        }

        /** Never the other side's words, which can hold what it works on. */
        @Override
        public String errorStatus(Outcome outcome) {
            return "MCP request " + outcome.value().replace('_', ' ');
        }

        @Override
        public void onEnded(Ending ending, long nanos) {
            Disposable deadline = timer;
            if (deadline != null) {
                deadline.dispose();
            }
            ended.accept(McpSpan.this);
            life.measure(() -> instruments
                    .metrics()
                    .operation(
                            request, type, peer, errorType(ending), McpResponse.code(ending), nanos, life.context()));
        }

        @Override
        public String howToEnd() {
            return "A request that is never answered ends by the requestTimeout of the client's options";
        }
    }
}
