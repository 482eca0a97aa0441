package dev.llmpropagation.openai;

import com.openai.core.http.Headers;
import com.openai.core.http.HttpResponseFor;
import java.io.InputStream;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** A raw response of the SDK, from which calls can follow too: those of the page that is parsed from it. */
final class RawResponse<T> implements HttpResponseFor<T> {

    private final HttpResponseFor<T> delegate;
    private final UnaryOperator<@Nullable Object> adopt;

    /** @param adopt what the program gets for what was parsed: an object of the same class */
    RawResponse(HttpResponseFor<T> delegate, UnaryOperator<@Nullable Object> adopt) {
        this.delegate = delegate;
        this.adopt = adopt;
    }

    @Override
    @SuppressWarnings({"unchecked", "NullAway"}) // of the same class; the SDK's null contract is Kotlin's
    public T parse() {
        return (T) adopt.apply(delegate.parse());
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
