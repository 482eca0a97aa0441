package dev.llmpropagation.agent;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeNames;
import dev.llmpropagation.internal.span.AttributeSink;
import dev.llmpropagation.internal.span.CallContent;
import dev.llmpropagation.internal.span.ContentGate;
import dev.llmpropagation.internal.span.Convention;
import dev.llmpropagation.internal.span.Ending;
import dev.llmpropagation.internal.span.ModelCallSpan;
import dev.llmpropagation.internal.span.ModelCallTracer;
import dev.llmpropagation.internal.span.SpanText;
import dev.llmpropagation.internal.span.SpanType;
import dev.llmpropagation.internal.span.Throwables;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One model call, around all its wire attempts: {@code qwen-code.llm_request}. The clients of this library make theirs
 * themselves; this is for calls that go another way. Thread-safe.
 */
public final class LlmRequest extends AgentSpan {

    private final AgentTelemetry telemetry;
    final ModelCallSpan call;
    private final ModelMetrics.Call asked;
    private final @Nullable Consumer<AttributeSink> atEnd;
    private final @Nullable Supplier<@Nullable CallContent> content;
    private final ModelResponse response;
    private volatile @Nullable Throwable failure;
    private volatile @Nullable String failureWords;
    private @Nullable Attributes chunkLabels; // of the thread that reads the stream

    private LlmRequest(
            AgentTelemetry telemetry,
            AgentSpanStart start,
            ModelMetrics.Call asked,
            @Nullable Consumer<AttributeSink> atEnd,
            @Nullable Supplier<@Nullable CallContent> content) {
        super(start);
        this.telemetry = telemetry;
        this.asked = asked;
        this.call = new ModelCallSpan(life, new Told());
        this.response = new ModelResponse(life, telemetry.convention(), "fetch_response".equals(asked.operation()));
        this.atEnd = atEnd;
        this.content = content;
    }

    /** The first chunk of a streamed response with anything for the user in it has come. Later calls do nothing. */
    public void firstChunk() {
        response.firstChunk();
    }

    /** What the service calls the response and the model, as far as it says. */
    public void response(@Nullable String id, @Nullable String model) {
        if (id != null) {
            response.put(Attribute.RESPONSE_ID.<String>key(), id);
        }
        if (model != null) {
            response.put(Attribute.RESPONSE_MODEL.<String>key(), model);
        }
    }

    /** Why each candidate ended, in their order. */
    public void finishReasons(@Nullable List<? extends @Nullable String> reasons) {
        if (reasons != null) {
            response.put(
                    Attribute.FINISH_REASONS.<List<String>>key(),
                    reasons.stream().flatMap(Stream::ofNullable).toList());
        }
    }

    /** Tokens that the call has used, as the service reports them; null, or a negative number, for what it does not. */
    public void usage(@Nullable Long input, @Nullable Long output) {
        response.count(Attribute.INPUT_TOKENS, input);
        response.count(Attribute.OUTPUT_TOKENS, output);
    }

    /**
     * Adds what was read on the wire, by the names of the GenAI conventions; what else the library
     * tells of the span is its own, as by {@link #attribute}. Content is left out.
     */
    public void attributes(@Nullable Attributes read) {
        if (read == null) {
            return;
        }
        life.quietly("Attributes could not be set", () -> read.forEach(this::setShown));
    }

    @Override
    boolean isHeld(long now) {
        return call.isHeld(now);
    }

    @Override
    void onSweep(long now) {
        call.endIfIdle(now, telemetry.limits().streamIdleNanos());
    }

    @Override
    void onEnding(Ending ending) {
        if (atEnd != null) {
            atEnd.accept(response);
        }
        String idle = ModelCallSpan.idle(ending);
        if (idle != null) {
            set(Attribute.STREAM_TIMED_OUT, true);
            set(Attribute.STREAM_IDLE, idle);
        }
        CallContent said = content == null ? null : content.get();
        if (said != null) {
            tell(said, ending.errorType());
        }
    }

    private void tell(CallContent said, @Nullable String errorType) {
        ContentGate gate = telemetry.content().gate();
        if (gate.onSpans()) {
            life.put(Attribute.SYSTEM_INSTRUCTIONS.<String>key(), said.systemInstructions());
            life.put(Attribute.INPUT_MESSAGES.<String>key(), said.inputMessages());
            life.put(Attribute.TOOL_DEFINITIONS.<String>key(), said.toolDefinitions());
            life.put(Attribute.OUTPUT_MESSAGES.<String>key(), said.outputMessages());
        }
        if (gate.onEvents()) {
            life.log(() -> telemetry.events().modelCall(this, asked, response.model(), errorType, said));
        }
    }

    @Override
    void onEnded(Ending ending, @Nullable String errorType, long nanos) {
        Throwables.inTurn(
                () -> life.measure(() -> telemetry
                        .modelMetrics()
                        .record(asked, response.measured(nanos), errorType, session(), context())),
                () -> tellFailure(ending),
                this::letGo);
    }

    private void tellFailure(Ending ending) {
        Throwable thrown = ending.failure() != null ? ending.failure() : failure;
        if (thrown != null && ending.outcome().isError()) {
            // Words that were checked: the message of an exception can hold the credentials of the request.
            String words = failureWords;
            boolean ofTheResponse = thrown == failure;
            life.log(() -> telemetry
                    .events()
                    .exception(this, asked.isInference(), thrown, ofTheResponse ? words : thrown.getMessage()));
        }
    }

    private void letGo() {
        failure = null;
        failureWords = null;
    }

    @SuppressWarnings("unchecked") // Attributes pair keys with values of their type
    private void setShown(AttributeKey<?> key, Object value) {
        if (AttributeNames.isOfACall(key)
                || (!isOfTheService(key) && AttributeNames.admits(key, life.instrumentation()))) {
            response.put((AttributeKey<Object>) key, value);
        }
    }

    /** What a client of ours tells while the call runs. */
    private final class Told implements ModelCallSpan.Listener {

        @Override
        public void onRetry(String model) {
            telemetry.metrics().retry(SpanText.visible(model, Attribute.MAX_LENGTH), session());
        }

        @Override
        public boolean wantsChunks() {
            return telemetry.convention() != Convention.EARLIER && asked.isInference();
        }

        @Override
        public void onChunk(long gapNanos, @Nullable String model) {
            Attributes labels = chunkLabels;
            if (labels == null) {
                String shown = model == null ? null : SpanText.shownValue(model, Attribute.MAX_LENGTH);
                labels = telemetry
                        .modelMetrics()
                        .labels(asked, shown, null, session())
                        .ofCall();
                chunkLabels = labels;
            }
            telemetry.modelMetrics().chunk(gapNanos / 1e9, labels, context());
        }

        @Override
        public void onFailure(Throwable thrown, @Nullable String words) {
            failure = thrown;
            failureWords = words;
        }
    }

    /** A conversation that the service keeps has the same attribute as the session, but is not the session. */
    private static boolean isOfTheService(AttributeKey<?> key) {
        return Attribute.CONVERSATION_ID.is(key);
    }

    /** A model call that is about to start. */
    public static final class Builder extends AgentSpanBuilder<LlmRequest, Builder> {

        private final @Nullable String operation;
        private final @Nullable String provider;
        private @Nullable String model;
        private @Nullable String promptId;
        private @Nullable String session;
        private @Nullable String serverAddress;
        private @Nullable Long serverPort;
        private @Nullable Consumer<AttributeSink> parameters;
        private @Nullable Consumer<AttributeSink> atEnd;
        private @Nullable Supplier<@Nullable CallContent> content;

        Builder(
                AgentTelemetry telemetry,
                @Nullable AgentSpan within,
                @Nullable String operation,
                @Nullable String provider) {
            super(telemetry, SpanType.LLM_REQUEST, within);
            this.operation = operation;
            this.provider = provider;
        }

        /** The model that is asked for. */
        public Builder model(@Nullable String name) {
            model = name == null ? null : SpanText.visible(name, Attribute.MAX_LENGTH);
            return this;
        }

        /** The response is streamed. */
        public Builder stream() {
            Attribute.REQUEST_STREAM.put(known(), true);
            return this;
        }

        /** The service that is asked: {@code server.address} and {@code server.port}; a port below 1, or without an address, is none. */
        public Builder server(@Nullable String address, int port) {
            serverAddress = address;
            serverPort = address == null || port < 1 ? null : (long) port;
            return this;
        }

        /** As {@link Tool.Builder#promptId}. */
        public Builder promptId(@Nullable String id) {
            promptId = id;
            return this;
        }

        /** The session of a call that stands in no span of ours. Default: that of the Context, else the supplier's. */
        public Builder session(@Nullable String id) {
            session = id;
            return this;
        }

        /** Parameters of the request, as {@code gen_ai.request.temperature}; content is left out. */
        public Builder parameters(@Nullable Attributes asked) {
            if (asked != null) {
                asked.forEach(this::parameter);
            }
            return this;
        }

        /** Asked when the span starts; see {@link ModelCallTracer.Start#request}. */
        Builder atStart(Consumer<AttributeSink> read) {
            parameters = read;
            return this;
        }

        /** Asked when the span ends; see {@link ModelCallTracer.Start#response}. */
        Builder atEnd(Consumer<AttributeSink> read) {
            atEnd = read;
            return this;
        }

        /** Asked when the span ends; see {@link ModelCallTracer.Start#content}. */
        Builder content(Supplier<@Nullable CallContent> said) {
            content = said;
            return this;
        }

        @SuppressWarnings("unchecked") // Attributes pair keys with values of their type
        private void parameter(AttributeKey<?> key, Object value) {
            if (!AttributeNames.isOf(telemetry.convention(), key.getKey())) {
                return;
            }
            if (AttributeNames.isOfACall(key)) {
                known().put((AttributeKey<Object>) key, SpanText.shownValue(value, Attribute.MAX_LENGTH));
            } else if (!isOfTheService(key)) {
                attribute((AttributeKey<Object>) key, value);
            }
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
        void describe(SpanParent parent, AttributeSink to) {
            Inherited inherited = parent.inherited();
            Attribute.OPERATION_NAME.put(to, operation);
            Attribute.PROVIDER_NAME.put(to, provider);
            Attribute.REQUEST_MODEL.put(to, model);
            Attribute.SERVER_ADDRESS.put(to, serverAddress);
            if (serverPort != null) {
                Attribute.SERVER_PORT.put(to, serverPort);
            }
            Attribute.PROMPT_ID.put(to, inherited == null ? promptId : inherited.promptId());
            Attribute.USER_ID.put(to, inherited == null ? null : inherited.userId());
            Attribute.LLM_CONTEXT.put(to, context(parent));
            Consumer<AttributeSink> read = parameters;
            if (read != null) {
                AttributeSink shown = new AttributeSink() {
                    @Override
                    public <T> void put(AttributeKey<T> key, T value) {
                        if (!AttributeNames.isOf(telemetry.convention(), key.getKey())) {
                            return;
                        }
                        to.put(key, SpanText.shownValue(value, Attribute.MAX_LENGTH));
                    }
                };
                telemetry
                        .instrumentation()
                        .quietly("What a call asks for could not be shown", () -> read.accept(shown));
            }
        }

        private static String context(SpanParent parent) {
            if (parent.parent() == null) {
                return "standalone";
            }
            Inherited inherited = parent.inherited();
            return inherited != null && inherited.subagents() > 0 ? "subagent" : "interaction";
        }

        @Override
        String spanName() {
            return telemetry.names().of(type, operation, model);
        }

        @Override
        void count(InvocationCalls calls) {
            if (asked().isInference()) {
                calls.inference.incrementAndGet();
            }
        }

        private ModelMetrics.Call asked() {
            return new ModelMetrics.Call(operation, provider, model, serverAddress, serverPort);
        }

        @Override
        LlmRequest create(AgentSpanStart start) {
            return new LlmRequest(telemetry, start, asked(), atEnd, content);
        }
    }
}
