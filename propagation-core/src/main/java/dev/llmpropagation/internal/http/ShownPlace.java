package dev.llmpropagation.internal.http;

import dev.llmpropagation.internal.span.OutsideText;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.Request;

/**
 * Where a request goes, as spans and metrics show it. The place that a redirect names is the service's choice: it can be
 * made of the key that the service was sent. Immutable.
 *
 * @param request that is sent
 * @param first of the call: the same unless this one is redirected
 * @param host shown
 * @param hidden whether no more than the host may be shown of the URL
 */
record ShownPlace(Request request, Request first, String host, boolean hidden) {

    private static final int MAX_HOST = 255;

    static ShownPlace of(Request request, Request first) {
        HttpUrl url = request.url();
        if (request == first) {
            return new ShownPlace(request, first, url.host(), false); // the program's own
        }
        RequestCredentials credentials = RequestCredentials.of(first, request);
        String host = credentials.areIn(url.host()) ? OutsideText.REDACTED : OutsideText.shown(url.host(), MAX_HOST);
        return new ShownPlace(request, first, host, credentials.areIn(url));
    }

    int port() {
        return request.url().port();
    }

    /** @param shownQueryParameters as of {@link RedactedUrl#of(HttpUrl, Set)} */
    String url(Set<String> shownQueryParameters) {
        HttpUrl url = request.url();
        if (!hidden) {
            return RedactedUrl.of(url, shownQueryParameters);
        }
        boolean standard = HttpUrl.defaultPort(url.scheme()) == url.port();
        return url.scheme() + "://" + host + (standard ? "" : ":" + url.port()) + '/' + OutsideText.REDACTED;
    }

    /** Whether the service has named another origin. */
    boolean isElsewhere() {
        return request != first && !JudgingAuthenticator.isSameOrigin(request.url(), first.url());
    }
}
