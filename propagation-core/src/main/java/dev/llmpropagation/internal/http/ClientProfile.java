package dev.llmpropagation.internal.http;

import dev.llmpropagation.destination.Origin;
import java.util.function.Function;
import java.util.function.Supplier;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * What the steps must know of the client that they are put into. For the provider modules; a program that instruments
 * its own OkHttpClient needs only a base URL. Immutable.
 *
 * @param origin asked on each call for the service that the program named; null if a facade names it on each request by
 *     {@link PrivateHeaders#baseUrl()}, or nobody does
 * @param calls where a facade registers its calls, or null without a facade
 * @param retry the SDK's retry, as a step around {@link RedirectInterceptor}, or null
 * @param retryCountHeader request header in which the SDK counts its retries from 0, or null
 * @param cancelledResponse answers an attempt of a call that was cancelled before, without a wire; null throws {@code
 *     IOException("Canceled")}
 * @param provider {@code gen_ai.provider.name} of the service at this URL, or null where only the path tells; null if
 *     calls of this client are not looked at as model calls
 */
public record ClientProfile(
        Supplier<@Nullable Origin> origin,
        @Nullable LogicalCalls calls,
        @Nullable Interceptor retry,
        @Nullable String retryCountHeader,
        @Nullable Function<Request, Response> cancelledResponse,
        @Nullable Function<HttpUrl, @Nullable String> provider) {

    /** A client that talks to this origin and has no facade and no retry of its own. */
    public static ClientProfile of(@Nullable Origin origin) {
        return ofLater(() -> origin);
    }

    /** As {@link #of}, for an SDK that settles its base URL only after it has got its OkHttpClient. */
    public static ClientProfile ofLater(Supplier<@Nullable Origin> origin) {
        return new ClientProfile(origin, null, null, null, null, null);
    }

    public ClientProfile withRetry(Interceptor step) {
        return new ClientProfile(origin, calls, step, retryCountHeader, cancelledResponse, provider);
    }

    /** For an SDK whose retries stand above HTTP and whose facade registers calls here. */
    public ClientProfile withFacade(
            LogicalCalls registry, String countHeader, Function<Request, Response> responseAfterCancel) {
        return new ClientProfile(origin, registry, retry, countHeader, responseAfterCancel, provider);
    }

    /** For the client of an SDK for models: each call to a model gets a span around its attempts. */
    public ClientProfile withModelCalls(Function<HttpUrl, @Nullable String> providerName) {
        return new ClientProfile(origin, calls, retry, retryCountHeader, cancelledResponse, providerName);
    }
}
