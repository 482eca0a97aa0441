package dev.llmpropagation.agent;

import static java.util.Objects.requireNonNull;

import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One model call, around all its wire attempts: {@code qwen-code.llm_request}. The clients of this library make theirs
 * themselves; this is for calls that go another way. Thread-safe.
 */
public final class LlmRequest extends AgentSpan {

    private final AtomicBoolean chunkSeen = new AtomicBoolean();

    private LlmRequest(Engine engine, Opening opening) {
        super(engine, opening);
    }

    /** The first chunk of a streamed answer with anything for the user in it has come. Later calls do nothing. */
    public void firstChunk() {
        if (!chunkSeen.get() && chunkSeen.compareAndSet(false, true)) {
            long nanos = engine.open().now() - opening().startNanos();
            engine.quietly("An attribute could not be set", () -> set(Attribute.TIME_TO_FIRST_CHUNK, nanos / 1e9));
        }
    }

    /** What the service calls the answer and the model, as far as it says. */
    public void response(@Nullable String id, @Nullable String model) {
        engine.quietly("An attribute could not be set", () -> {
            set(Attribute.RESPONSE_ID, id);
            set(Attribute.RESPONSE_MODEL, model);
        });
    }

    /** Why each candidate ended, in their order. */
    public void finishReasons(List<String> reasons) {
        List<String> copy = List.copyOf(reasons);
        engine.quietly("An attribute could not be set", () -> span().setAttribute(
                        Attribute.FINISH_REASONS.<List<String>>key(), copy));
    }

    /**
     * Adds what was read on the wire, by the names of the GenAI conventions; also those of the table, but for outcome,
     * error and session. Content is left out.
     */
    public void attributes(Attributes read) {
        Attributes shown = read.toBuilder()
                .removeIf(key -> Attribute.isContent(key.getKey()) || Attribute.isFixed(key))
                .build();
        engine.quietly("Attributes could not be set", () -> span().setAllAttributes(shown));
    }

    /** Counts a wire attempt after the first. */
    public void retried(String model) {
        requireNonNull(model, "model");
        engine.quietly("A metric could not be recorded", () -> engine.metrics().retry(model, session()));
    }

    /** A model call that is about to start. */
    public static final class Builder extends AgentSpanBuilder<LlmRequest, Builder> {

        private final String operation;
        private final String provider;
        private @Nullable String model;
        private @Nullable String promptId;
        private @Nullable String session;
        private boolean stream;

        Builder(Engine engine, @Nullable AgentScope within, String operation, String provider) {
            super(engine, SpanType.LLM_REQUEST, within);
            this.operation = requireNonNull(operation, "operation");
            this.provider = requireNonNull(provider, "provider");
        }

        /** The model that is asked for. */
        public Builder model(String name) {
            model = requireNonNull(name, "model");
            return this;
        }

        /** The answer is streamed. */
        public Builder stream() {
            stream = true;
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

        @SuppressWarnings("unchecked") // Attributes pair keys with values of their type
        private void parameter(AttributeKey<?> key, Object value) {
            attribute((AttributeKey<Object>) key, value);
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
            AgentScope owner = place.owner();
            set(Attribute.OPERATION_NAME, operation);
            set(Attribute.PROVIDER_NAME, provider);
            set(Attribute.REQUEST_MODEL, model);
            if (stream) {
                set(Attribute.REQUEST_STREAM, true);
            }
            set(Attribute.PROMPT_ID, owner == null ? promptId : owner.promptId());
            set(Attribute.USER_ID, owner == null ? null : owner.userId());
            set(Attribute.LLM_CONTEXT, context(place.parent()));
        }

        private static String context(@Nullable AgentScope owner) {
            for (AgentScope scope = owner; scope != null; scope = scope.parent()) {
                if (scope instanceof Subagent) {
                    return "subagent";
                }
            }
            return owner == null ? "standalone" : "interaction";
        }

        @Override
        String spanName() {
            return engine.names().of(type, operation, model);
        }

        @Override
        LlmRequest create(Opening opening) {
            return new LlmRequest(engine, opening);
        }
    }
}
