package dev.llmpropagation.gemini;

import com.google.auth.oauth2.GoogleCredentials;
import com.google.genai.ApiResponse;
import com.google.genai.HttpApiClient;
import com.google.genai.types.ClientOptions;
import com.google.genai.types.HttpOptions;
import dev.llmpropagation.internal.http.LogicalCall;
import dev.llmpropagation.internal.span.CurrentContext;
import io.opentelemetry.context.Context;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/**
 * What the SDK's services send their requests by, with a memory of one caller: a request that the SDK makes on a thread
 * of its own is that caller's. Its futures carry the caller's Context through their stages, and a cancel to the wire.
 */
final class CallerApiClient extends HttpApiClient implements Cloneable {

    // The SDK makes the request and its future on one thread, but in a method that nobody can replace.
    private static final ThreadLocal<@Nullable LogicalCall> ASYNC = new ThreadLocal<>();

    private final CurrentContext current;
    private Context caller = Context.root();

    /** Of the Gemini API. */
    CallerApiClient(
            Optional<String> apiKey,
            Optional<HttpOptions> httpOptions,
            Optional<ClientOptions> clientOptions,
            CurrentContext current) {
        super(apiKey, httpOptions, clientOptions);
        this.current = current;
    }

    /** Of Vertex AI. */
    CallerApiClient(
            Optional<String> apiKey,
            Optional<String> project,
            Optional<String> location,
            Optional<GoogleCredentials> credentials,
            Optional<HttpOptions> httpOptions,
            Optional<ClientOptions> clientOptions,
            CurrentContext current) {
        super(apiKey, project, location, credentials, httpOptions, clientOptions);
        this.current = current;
    }

    /**
     * The same one for the program that asks now. A copy, because the constructor reads the environment, looks for
     * credentials and may log.
     */
    CallerApiClient ofCaller() {
        try {
            CallerApiClient copy = (CallerApiClient) clone();
            copy.caller = current.caller();
            return copy;
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public CompletableFuture<ApiResponse> asyncRequest(
            String httpMethod, String path, String requestJson, Optional<HttpOptions> requestHttpOptions) {
        return carried(() -> super.asyncRequest(httpMethod, path, requestJson, requestHttpOptions));
    }

    @Override
    public CompletableFuture<ApiResponse> asyncRequest(
            String httpMethod, String url, byte[] requestBytes, Optional<HttpOptions> requestHttpOptions) {
        return carried(() -> super.asyncRequest(httpMethod, url, requestBytes, requestHttpOptions));
    }

    private CompletableFuture<ApiResponse> carried(Supplier<CompletableFuture<ApiResponse>> request) {
        LogicalCall call = newCall();
        ASYNC.set(call);
        try {
            return CallerFuture.of(request.get(), call, current);
        } finally {
            ASYNC.remove();
        }
    }

    @Override
    protected Request buildRequest(
            String httpMethod, String path, String requestJson, Optional<HttpOptions> requestHttpOptions) {
        return told(super.buildRequest(httpMethod, path, requestJson, requestHttpOptions));
    }

    @Override
    protected Request buildRequest(
            String httpMethod, String url, byte[] requestBytes, Optional<HttpOptions> requestHttpOptions) {
        return told(super.buildRequest(httpMethod, url, requestBytes, requestHttpOptions));
    }

    private Request told(Request request) {
        LogicalCall call = ASYNC.get();
        return request.newBuilder()
                .tag(LogicalCall.class, call == null ? newCall() : call)
                .build();
    }

    /** Who has a Context on this thread is the caller: the program itself, or a stage of one of our futures. */
    private LogicalCall newCall() {
        Context here = current.caller();
        return LogicalCall.ofOneRequest(here == Context.root() ? caller : here);
    }
}
