package dev.llmpropagation.internal.http;

import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.internal.span.CredentialPatterns;
import dev.llmpropagation.internal.url.UrlParser;
import java.io.IOException;
import java.net.ProtocolException;
import java.util.Collection;
import java.util.Set;
import java.util.TreeSet;
import okhttp3.Headers;
import okhttp3.HttpUrl;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.RequestBody;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Last step: sends the request and follows redirects as OkHttp does, so that each hop is an attempt of its own; but across origins it drops credentials,
 * cookies and the headers of this library, and it never goes from https to http.
 */
final class RedirectInterceptor implements Interceptor {

    private static final int MAX_FOLLOW_UPS = 20; // OkHttp's

    private final boolean follow;
    private final boolean followAcrossSchemes;
    private final AttemptHandler attempts;
    private final Set<String> dropAcrossOrigins = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);

    /**
     * @param follow the client's own {@code followRedirects}
     * @param followAcrossSchemes the client's own {@code followSslRedirects}
     * @param correlationHeaders names of the trace and session headers
     */
    RedirectInterceptor(
            boolean follow,
            boolean followAcrossSchemes,
            Collection<String> correlationHeaders,
            AttemptHandler attempts) {
        this.follow = follow;
        this.followAcrossSchemes = followAcrossSchemes;
        this.attempts = attempts;
        dropAcrossOrigins.addAll(correlationHeaders);
    }

    boolean follow() {
        return follow;
    }

    boolean followAcrossSchemes() {
        return followAcrossSchemes;
    }

    @Override
    public Response intercept(Chain chain) throws IOException {
        Request request = chain.request();
        Response response = attempts.send(chain, request);
        if (!follow || !isRedirect(response.code()) || isUpgrade(request)) {
            return response;
        }
        for (int followUps = 1; ; followUps++) {
            Request next = next(request, response);
            if (next == null) {
                return response;
            }
            RequestBody body = next.body();
            if (body != null && body.isOneShot()) {
                return response;
            }
            // The attempt has done what it was for, even if nobody reads its body.
            try {
                TrackedBody.complete(response);
            } finally {
                response.close();
            }
            if (followUps > MAX_FOLLOW_UPS) {
                throw new ProtocolException("Too many follow-up requests: " + followUps);
            }
            if (chain.call().isCanceled()) {
                throw new IOException("Canceled");
            }
            request = next;
            response = withPrior(attempts.send(chain, request), response);
        }
    }

    /** The request that this response asks for, or null if it is not to be followed. */
    private @Nullable Request next(Request request, Response response) {
        if (!isRedirect(response.code())) {
            return null;
        }
        HttpUrl from = request.url();
        HttpUrl to = UrlParser.resolve(from, response.header("Location"));
        if (to == null) {
            return null;
        }
        boolean sameScheme = from.scheme().equals(to.scheme());
        if (!sameScheme && (!followAcrossSchemes || !to.isHttps())) {
            return null;
        }
        Request.Builder next = request.newBuilder().url(to);
        adaptMethod(next, request, response.code());
        if (!Origin.of(from).contains(to)) {
            dropWhatIsForOneOrigin(next, request.headers());
        }
        return next.build();
    }

    private void dropWhatIsForOneOrigin(Request.Builder next, Headers headers) {
        for (String name : headers.names()) {
            if (dropAcrossOrigins.contains(name)
                    || CredentialHeaders.suggestedBy(name)
                    || headers.values(name).stream().anyMatch(RedirectInterceptor::isCredential)) {
                next.removeHeader(name);
            }
        }
    }

    /** Whether this value of a header is a credential, whatever the header is called. */
    private static boolean isCredential(String value) {
        return value.regionMatches(true, 0, "Bearer ", 0, 7)
                || value.regionMatches(true, 0, "Basic ", 0, 6)
                || CredentialPatterns.areIn(value);
    }

    private static void adaptMethod(Request.Builder next, Request request, int code) {
        String method = request.method();
        if (method.equals("GET") || method.equals("HEAD") || code == 307 || code == 308 || method.equals("PROPFIND")) {
            return;
        }
        next.method("GET", null)
                .removeHeader("Transfer-Encoding")
                .removeHeader("Content-Length")
                .removeHeader("Content-Type");
    }

    private static boolean isRedirect(int code) {
        return switch (code) {
            case 300, 301, 302, 303, 307, 308 -> true;
            default -> false;
        };
    }

    private static boolean isUpgrade(Request request) {
        return request.header("Upgrade") != null;
    }

    /** As OkHttp links the responses of a redirect. A prior response must have no body, which only OkHttp can make. */
    private static Response withPrior(Response response, Response prior) {
        Response bodiless = prior.networkResponse();
        if (bodiless == null || response.priorResponse() != null) {
            return response;
        }
        return response.newBuilder()
                .priorResponse(bodiless.newBuilder()
                        .request(prior.request())
                        .priorResponse(prior.priorResponse())
                        .build())
                .build();
    }
}
