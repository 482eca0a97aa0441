package dev.llmpropagation.sdk;

import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.SessionIds;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.ReadWriteSpan;
import io.opentelemetry.sdk.trace.ReadableSpan;
import io.opentelemetry.sdk.trace.SpanProcessor;
import org.jspecify.annotations.Nullable;

/**
 * Puts {@code session.id} and {@code gen_ai.conversation.id} on every span of the process that belongs to a session, at
 * its start: that of the parent Context, else that of the parent span. A span of a prompt also has {@code
 * qwen-code.prompt_id}, if its parent has it. A span that has one keeps it. Register it before processors that read the
 * attributes at the start. Thread-safe.
 *
 * <pre>{@code
 * SdkTracerProvider.builder().addSpanProcessor(SessionSpanProcessor.create())
 * }</pre>
 */
public final class SessionSpanProcessor implements SpanProcessor {

    private static final AttributeKey<String> SESSION_ID = Attribute.SESSION_ID.key();
    private static final AttributeKey<String> CONVERSATION_ID = Attribute.CONVERSATION_ID.key();

    private static final AttributeKey<String> PROMPT_ID = Attribute.PROMPT_ID.key();

    private SessionSpanProcessor() {}

    /** It holds nothing, so one can serve many tracer providers. */
    public static SessionSpanProcessor create() {
        return new SessionSpanProcessor();
    }

    @Override
    public void onStart(Context parentContext, ReadWriteSpan span) {
        String prompt =
                Span.fromContext(parentContext) instanceof ReadableSpan parent && span.getAttribute(PROMPT_ID) == null
                        ? parent.getAttribute(PROMPT_ID)
                        : null;
        if (prompt != null) {
            span.setAttribute(PROMPT_ID, prompt);
        }
        String own = span.getAttribute(SESSION_ID);
        String id = own != null ? own : session(parentContext);
        if (id == null) {
            return;
        }
        if (own == null) {
            span.setAttribute(SESSION_ID, id);
        }
        if (span.getAttribute(CONVERSATION_ID) == null) {
            span.setAttribute(CONVERSATION_ID, id);
        }
    }

    @Override
    public boolean isStartRequired() {
        return true;
    }

    @Override
    public void onEnd(ReadableSpan span) {}

    @Override
    public boolean isEndRequired() {
        return false;
    }

    private static @Nullable String session(Context parentContext) {
        LlmSession session = LlmSession.fromContext(parentContext);
        if (session != null) {
            return SessionIds.isFit(session.id()) ? session.id() : null;
        }
        return Span.fromContext(parentContext) instanceof ReadableSpan parent ? parent.getAttribute(SESSION_ID) : null;
    }

    @Override
    public String toString() {
        return "SessionSpanProcessor";
    }
}
