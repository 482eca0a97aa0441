package dev.llmpropagation.sdk;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.internal.span.Throwables;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.session.SessionIds;
import dev.llmpropagation.session.TraceIds;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.trace.IdGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Derives the trace id of each root span from the session that is current when it starts, so that all of a session is one
 * trace: the first 32 hex digits of the SHA-256 of the session id. The root is a real one, so no span points to a parent
 * that was never exported, and the configured sampler decides. Without a session, ids are those of the generator inside.
 *
 * <p>A trace as long as a session can be more than a viewer shows; the default of one trace for each prompt, joined by
 * {@code session.id}, is right for most. Thread-safe.
 *
 * <pre>{@code
 * SdkTracerProvider.builder().setIdGenerator(SessionIdGenerator.create())
 * }</pre>
 */
public final class SessionIdGenerator implements IdGenerator {

    private final IdGenerator delegate;

    private SessionIdGenerator(IdGenerator delegate) {
        this.delegate = delegate;
    }

    /** Around {@link IdGenerator#random()}. */
    public static SessionIdGenerator create() {
        return wrapping(IdGenerator.random());
    }

    /** @param delegate makes span ids, and trace ids where there is no session */
    public static SessionIdGenerator wrapping(IdGenerator delegate) {
        return new SessionIdGenerator(requireNonNull(delegate, "delegate"));
    }

    @Override
    public String generateSpanId() {
        return delegate.generateSpanId();
    }

    @Override
    public String generateTraceId() {
        LlmSession session = current();
        return session != null && SessionIds.isFit(session.id())
                ? TraceIds.ofSession(session.id())
                : delegate.generateTraceId();
    }

    private static @Nullable LlmSession current() {
        try {
            return LlmSession.fromContext(Context.current());
        } catch (Throwable e) { // the storage is the program's; the SDK's generator goes on, and has nobody to tell
            Throwables.propagateIfFatal(e);
            return null;
        }
    }

    /** The digits of a SHA-256 are as evenly spread as those of the generator inside. */
    @Override
    public boolean generatesRandomTraceIds() {
        return delegate.generatesRandomTraceIds();
    }

    @Override
    public String toString() {
        return "SessionIdGenerator{" + delegate + '}';
    }
}
