package dev.llmpropagation.internal.url;

import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * OkHttp's parser of URLs, for text that anybody may have written. At some addresses, as {@code [0:0:0:0:0:0:0::1]}, OkHttp
 * throws another exception than its own documentation says; here nothing is thrown. All methods are thread-safe.
 */
public final class UrlParser {

    private UrlParser() {}

    /** @return null if this is no absolute http or https URL */
    public static @Nullable HttpUrl parse(@Nullable String url) {
        try {
            return url == null ? null : HttpUrl.parse(url);
        } catch (RuntimeException e) { // more than OkHttp says that it throws
            return null;
        }
    }

    /** @return null if this is no link from there to an http or https URL */
    public static @Nullable HttpUrl resolve(HttpUrl from, @Nullable String link) {
        try {
            return link == null ? null : from.resolve(link);
        } catch (RuntimeException e) { // as above
            return null;
        }
    }

    /** @return as {@link HttpUrl#host()} spells it; null if this is no host */
    public static @Nullable String host(String host) {
        try {
            return new HttpUrl.Builder().scheme("http").host(host).build().host();
        } catch (RuntimeException e) { // as above
            return null;
        }
    }
}
