package dev.llmpropagation.openai;

import com.openai.core.http.Headers;
import com.openai.core.http.HttpResponseFor;
import dev.llmpropagation.internal.http.LogicalCall;
import java.io.InputStream;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A raw response of the SDK. The program reads it by itself, or has it parsed, which can fail; and calls can follow from
 * what was parsed.
 */
final class RawResponse<T> implements HttpResponseFor<T> {

    private final HttpResponseFor<T> delegate;
    private final LogicalCall call;
    private final UnaryOperator<@Nullable Object> adopt;
    private @Nullable Object parsed;
    private boolean isParsed;

    /** @param adopt what the program gets for what was parsed: an object of the same type */
    RawResponse(HttpResponseFor<T> delegate, LogicalCall call, UnaryOperator<@Nullable Object> adopt) {
        this.delegate = delegate;
        this.call = call;
        this.adopt = adopt;
    }

    /** The same object each time, as from the SDK, which holds a lock meanwhile as well. */
    @Override
    @SuppressWarnings({"unchecked", "NullAway"}) // of the same type; the SDK's null contract is Kotlin's
    public synchronized T parse() {
        if (!isParsed) {
            parsed = adopt.apply(parsedByTheSdk());
            isParsed = true;
        }
        return (T) parsed;
    }

    private @Nullable Object parsedByTheSdk() {
        Object result;
        call.resumed();
        try {
            result = delegate.parse();
        } catch (Throwable e) { // rethrown
            call.finished(e);
            throw e;
        }
        CallResponse.handOver(result, call);
        return result;
    }

    @Override
    public int statusCode() {
        return delegate.statusCode();
    }

    @Override
    public Headers headers() {
        return delegate.headers();
    }

    @Override
    public Optional<String> requestId() {
        return delegate.requestId();
    }

    @Override
    public InputStream body() {
        return delegate.body();
    }

    @Override
    public void close() {
        delegate.close();
    }
}
