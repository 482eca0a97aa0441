package dev.llmpropagation.internal.http;

import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.internal.span.CredentialPatterns;
import dev.llmpropagation.internal.span.SpanText;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.Request;

/**
 * Where a request goes, as spans and metrics show it. The place that a redirect names is the service's choice: it can be
 * made of the key that the service was sent. Immutable.
 *
 * @param sentTo where the request goes
 * @param isElsewhere whether the service has named another origin
 * @param host shown
 * @param hidden whether no more than the host may be shown of the URL
 */
record ShownPlace(HttpUrl sentTo, boolean isElsewhere, String host, boolean hidden) {

    private static final int MAX_HOST = 255;

    /** @param first of the call: the same unless this one is redirected */
    static ShownPlace of(Request request, Request first) {
        HttpUrl url = request.url();
        if (request == first) {
            return new ShownPlace(url, false, url.host(), false); // the program's own
        }
        RequestCredentials credentials = RequestCredentials.of(first, request);
        String host =
                credentials.areIn(url.host()) ? CredentialPatterns.REDACTED : SpanText.shown(url.host(), MAX_HOST);
        return new ShownPlace(url, !Origin.of(first.url()).contains(url), host, credentials.areIn(url));
    }

    /** Not the URL, which can hold a key. */
    @Override
    public String toString() {
        return host + ':' + port();
    }

    int port() {
        return sentTo.port();
    }

    /** @param shownQueryParameters as of {@link RedactedUrl#of(HttpUrl, Set)} */
    String url(Set<String> shownQueryParameters) {
        if (!hidden) {
            return RedactedUrl.of(sentTo, shownQueryParameters);
        }
        boolean standard = HttpUrl.defaultPort(sentTo.scheme()) == port();
        return sentTo.scheme() + "://" + host + (standard ? "" : ":" + port()) + '/' + CredentialPatterns.REDACTED;
    }
}
