package dev.llmpropagation.agent;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.span.AttributeSink;
import dev.llmpropagation.span.Ending;
import dev.llmpropagation.span.Outcome;
import dev.llmpropagation.span.OutsideText;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One model call, around all its wire attempts: {@code qwen-code.llm_request}. The clients of this library make theirs
 * themselves; this is for calls that go another way. Thread-safe.
 */
public final class LlmRequest extends AgentSpan {

    // Without objects of their own for each call.
    private static final AtomicIntegerFieldUpdater<LlmRequest> CHUNK_SEEN =
            AtomicIntegerFieldUpdater.newUpdater(LlmRequest.class, "chunkSeen");
    private static final AtomicReferenceFieldUpdater<LlmRequest, Turn> TURN =
            AtomicReferenceFieldUpdater.newUpdater(LlmRequest.class, Turn.class, "turn");

    private final ModelMetrics.Call call;
    private final @Nullable Consumer<AttributeSink> atEnd;
    private volatile int chunkSeen;
    private volatile Turn turn = Turn.CALL;

    // What metrics show as well. Written before the end, or by who ends it.
    private volatile @Nullable Double timeToFirstChunk;
    private volatile @Nullable String responseModel;
    private volatile @Nullable Long inputTokens;
    private volatile @Nullable Long outputTokens;

    /** Whose turn it is in a streamed answer. */
    private enum Turn {
        CALL,
        SERVICE,
        CONSUMER
    }

    private LlmRequest(
            Engine engine, Opening opening, ModelMetrics.Call call, @Nullable Consumer<AttributeSink> atEnd) {
        super(engine, opening);
        this.call = call;
        this.atEnd = atEnd;
    }

    /** Whether a model call of ours is around that has not ended, so that one inside would be the same once more. */
    public static boolean isAround(Context context) {
        return fromContext(context) instanceof LlmRequest request && !request.isEnded();
    }

    /** Whether this is the innermost of our spans that this context is in. */
    public boolean isInnermostIn(Context context) {
        return fromContext(context) == this;
    }

    /** The first chunk of a streamed answer with anything for the user in it has come. Later calls do nothing. */
    public void firstChunk() {
        if (chunkSeen == 0 && CHUNK_SEEN.compareAndSet(this, 0, 1)) {
            double seconds = (engine.open().now() - startNanos()) / 1e9;
            timeToFirstChunk = seconds;
            engine.quietly("An attribute could not be set", () -> set(Attribute.TIME_TO_FIRST_CHUNK, seconds));
        }
    }

    /**
     * The next chunk of a streamed answer is asked for. If none comes for {@link
     * AgentTracingBuilder#streamIdleTimeout}, the safety net ends the span as timed out.
     */
    public void awaitsService() {
        turns(Turn.SERVICE, engine.open().now());
    }

    /**
     * A chunk of a streamed answer has come. If no other is asked for for {@link AgentTracingBuilder#streamIdleTimeout},
     * the safety net ends the span as abandoned: the service is not to blame.
     */
    public void awaitsConsumer() {
        turns(Turn.CONSUMER, engine.open().now());
    }

    /** @param nanos now, by {@link System#nanoTime()}, of one who has just asked */
    public void awaitsConsumer(long nanos) {
        turns(Turn.CONSUMER, nanos);
    }

    /** What the service calls the answer and the model, as far as it says. */
    public void response(@Nullable String id, @Nullable String model) {
        engine.quietly("An attribute could not be set", () -> {
            if (id != null) {
                showRead(Attribute.RESPONSE_ID.<String>key(), id);
            }
            if (model != null) {
                showRead(Attribute.RESPONSE_MODEL.<String>key(), model);
            }
        });
    }

    /** Why each candidate ended, in their order. */
    public void finishReasons(List<String> reasons) {
        List<String> copy = List.copyOf(reasons);
        engine.quietly(
                "An attribute could not be set", () -> showRead(Attribute.FINISH_REASONS.<List<String>>key(), copy));
    }

    /** Tokens that the call has used, as the service reports them; null for what it does not. */
    public void usage(@Nullable Long input, @Nullable Long output) {
        inputTokens = input;
        outputTokens = output;
        engine.quietly("An attribute could not be set", () -> {
            if (input != null) {
                set(Attribute.INPUT_TOKENS, input);
            }
            if (output != null) {
                set(Attribute.OUTPUT_TOKENS, output);
            }
        });
    }

    /**
     * Adds what was read on the wire, by the names of the GenAI conventions; what else the library
     * tells of the span is its own, as by {@link #attribute}. Content is left out.
     */
    public void attributes(Attributes read) {
        requireNonNull(read, "attributes");
        engine.quietly("Attributes could not be set", () -> {
            read.forEach(this::setShown);
        });
    }

    /** Counts a wire attempt after the first. */
    public void retried(String model) {
        requireNonNull(model, "model");
        String shown = OutsideText.visible(model, Attribute.MAX_LENGTH);
        engine.quietly("A metric could not be recorded", () -> engine.metrics().retry(shown, session()));
    }

    /** Nobody reads the answer any more, and nobody has said so. */
    public void abandoned() {
        end(Ending.of(Outcome.ABANDONED));
    }

    /** As {@link #abandoned()} or timed out, by whose turn it was, if nothing came or was asked for for so long. */
    void endIfIdle(long now, long limitNanos) {
        Turn whose = turn;
        if (whose != Turn.CALL && idleNanos(now) >= limitNanos) {
            end(
                    whose == Turn.SERVICE
                            ? new Ending(Outcome.TIMED_OUT, "timeout", null, null, whose)
                            : Ending.of(Outcome.ABANDONED, whose));
        }
    }

    @Override
    void onEnding(Ending ending) {
        if (atEnd != null) {
            AttributeSink shown = this::showRead;
            atEnd.accept(shown);
        }
        if (ending.detail() instanceof Turn whose) {
            set(Attribute.STREAM_TIMED_OUT, true);
            set(Attribute.STREAM_IDLE, whose == Turn.SERVICE ? "service" : "consumer");
        }
    }

    @Override
    void onEnded(Ending ending, @Nullable String errorType, long nanos) {
        engine.quietly("A metric could not be recorded", () -> engine.modelMetrics()
                .record(
                        call,
                        new ModelMetrics.Answer(
                                nanos / 1e9, responseModel, timeToFirstChunk, inputTokens, outputTokens),
                        errorType,
                        session(),
                        context()));
    }

    @Override
    String howToEnd() {
        return "Read each answer to its end, or close it";
    }

    /** Each chunk of each stream comes here, so it is without a fence: a sweep may see it a little later. */
    private void turns(Turn whose, long nanos) {
        active(nanos); // first, so that a sweep never sees the new turn with the old time
        TURN.lazySet(this, whose);
    }

    @SuppressWarnings("unchecked") // Attributes pair keys with values of their type
    private void setShown(AttributeKey<?> key, Object value) {
        if (Attribute.isOfACall(key.getKey()) || (!isOfTheService(key) && engine.admits(key))) {
            showRead((AttributeKey<Object>) key, value);
        }
    }

    /** Metrics show some of it too. */
    private <T> void showRead(AttributeKey<T> key, T read) {
        T value = OutsideText.shownValue(read, Attribute.MAX_LENGTH);
        span().setAttribute(key, value);
        String name = key.getKey();
        if (value instanceof Long count) {
            if (name.equals(Attribute.INPUT_TOKENS.name)) {
                inputTokens = count;
            } else if (name.equals(Attribute.OUTPUT_TOKENS.name)) {
                outputTokens = count;
            }
        } else if (value instanceof String model && name.equals(Attribute.RESPONSE_MODEL.name)) {
            responseModel = model;
        } else if (value instanceof Double seconds && name.equals(Attribute.TIME_TO_FIRST_CHUNK.name)) {
            timeToFirstChunk = seconds;
        }
    }

    /** A conversation that the service keeps is not the session, of which the span tells by the same name. */
    private static boolean isOfTheService(AttributeKey<?> key) {
        return key.equals(Attribute.CONVERSATION_ID.key);
    }

    /** A model call that is about to start. */
    public static final class Builder extends AgentSpanBuilder<LlmRequest, Builder> {

        private final String operation;
        private final String provider;
        private @Nullable String model;
        private @Nullable String promptId;
        private @Nullable String session;
        private @Nullable String serverAddress;
        private @Nullable Long serverPort;
        private @Nullable Consumer<AttributeSink> parameters;
        private @Nullable Consumer<AttributeSink> atEnd;
        private boolean stream;

        Builder(Engine engine, @Nullable AgentScope within, String operation, String provider) {
            super(engine, SpanType.LLM_REQUEST, within);
            this.operation = requireNonNull(operation, "operation");
            this.provider = requireNonNull(provider, "provider");
        }

        /** The model that is asked for. */
        public Builder model(String name) {
            model = OutsideText.visible(requireNonNull(name, "model"), Attribute.MAX_LENGTH);
            return this;
        }

        /** The answer is streamed. */
        public Builder stream() {
            stream = true;
            return this;
        }

        /** The service that is asked: {@code server.address} and {@code server.port}. */
        public Builder server(String address, int port) {
            serverAddress = requireNonNull(address, "address");
            serverPort = (long) port;
            return this;
        }

        /** As {@link Tool.Builder#promptId}. */
        public Builder promptId(String id) {
            promptId = requireNonNull(id, "promptId");
            return this;
        }

        /** The session of a call that stands in no span of ours. Default: that of the Context, else the supplier's. */
        public Builder session(String id) {
            session = requireNonNull(id, "session");
            return this;
        }

        /** Parameters of the request, as {@code gen_ai.request.temperature}; content is left out. */
        public Builder parameters(Attributes parameters) {
            parameters.forEach(this::parameter);
            return this;
        }

        /**
         * Asked when the span starts for the parameters that this library's clients read: none is content, and each is of
         * the name and type in docs/telemetry-reference.md. That is not checked, as it is by {@link #parameters}.
         */
        public Builder atStart(Consumer<AttributeSink> read) {
            parameters = requireNonNull(read, "atStart");
            return this;
        }

        /**
         * As {@link #atStart}, for what the answer says: asked once when the span ends, however it ends, on the thread
         * that ends it, which can be that of a sweep.
         */
        public Builder atEnd(Consumer<AttributeSink> read) {
            atEnd = requireNonNull(read, "atEnd");
            return this;
        }

        @SuppressWarnings("unchecked") // Attributes pair keys with values of their type
        private void parameter(AttributeKey<?> key, Object value) {
            if (Attribute.isOfACall(key.getKey())) {
                put((AttributeKey<Object>) key, OutsideText.shownValue(value, Attribute.MAX_LENGTH));
            } else if (!isOfTheService(key)) {
                attribute((AttributeKey<Object>) key, value);
            }
        }

        @Override
        Builder self() {
            return this;
        }

        @Override
        @Nullable
        String promptId() {
            return promptId;
        }

        @Override
        @Nullable
        String namedSession() {
            return session;
        }

        @Override
        void describe(Place place) {
            Lineage owner = place.lineage();
            set(Attribute.OPERATION_NAME, operation);
            set(Attribute.PROVIDER_NAME, provider);
            set(Attribute.REQUEST_MODEL, model);
            if (stream) {
                set(Attribute.REQUEST_STREAM, true);
            }
            set(Attribute.SERVER_ADDRESS, serverAddress);
            if (serverPort != null) {
                set(Attribute.SERVER_PORT, serverPort);
            }
            set(Attribute.PROMPT_ID, owner == null ? promptId : owner.promptId());
            set(Attribute.USER_ID, owner == null ? null : owner.userId());
            set(Attribute.LLM_CONTEXT, context(place));
            if (parameters != null) {
                describeBy(parameters);
            }
        }

        private static String context(Place place) {
            if (place.parent() == null) {
                return "standalone";
            }
            Lineage owner = place.lineage();
            return owner != null && owner.subagents() > 0 ? "subagent" : "interaction";
        }

        @Override
        String spanName() {
            return engine.names().of(type, operation, model);
        }

        @Override
        LlmRequest create(Opening opening) {
            return new LlmRequest(
                    engine,
                    opening,
                    new ModelMetrics.Call(operation, provider, model, serverAddress, serverPort),
                    atEnd);
        }
    }
}
