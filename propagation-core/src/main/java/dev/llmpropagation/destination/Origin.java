package dev.llmpropagation.destination;

import dev.llmpropagation.internal.url.UrlParser;
import java.util.Objects;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * Scheme, host and effective port of a URL, in OkHttp's canonical spelling: lower case, punycode, {@code
 * https://h} equal to {@code https://h:443}. The comparison is exact, so {@code h.} with a final dot is another
 * origin than {@code h}. Immutable and thread-safe.
 */
public final class Origin {

    private final String scheme;
    private final String host;
    private final int port;

    private Origin(String scheme, String host, int port) {
        this.scheme = scheme;
        this.host = host;
        this.port = port;
    }

    /** The origin of this URL; its user info, path, query and fragment are left behind. */
    public static Origin of(HttpUrl url) {
        return new Origin(url.scheme(), url.host(), url.port());
    }

    /**
     * The origin of a configured base URL.
     *
     * @param setting what the user calls this value, for the message
     * @param baseUrl an absolute http or https URL; spaces around it are ignored
     * @throws IllegalArgumentException if it is not such a URL; the message names the setting and the remedy, and
     *     shows the value without user info, query and fragment
     */
    public static Origin parse(String setting, String baseUrl) {
        return of(httpUrl(setting, baseUrl));
    }

    static HttpUrl httpUrl(String setting, @Nullable String value) {
        HttpUrl url = UrlParser.parse(value);
        if (url == null) {
            throw new IllegalArgumentException(setting + ": '" + SettingText.of(value)
                    + "' is not an absolute http or https URL. Write it as https://host[:port][/path].");
        }
        return url;
    }

    /** Whether this URL has the same scheme, host and effective port. Allocates nothing and never throws. */
    public boolean contains(HttpUrl url) {
        return url != null && port == url.port() && host.equals(url.host()) && scheme.equals(url.scheme());
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Origin that
                && port == that.port
                && host.equals(that.host)
                && scheme.equals(that.scheme);
    }

    @Override
    public int hashCode() {
        return Objects.hash(scheme, host, port);
    }

    /** As a browser prints it: {@code https://host}, with the port only if it is not the scheme's own. */
    @Override
    public String toString() {
        String name = host.indexOf(':') < 0 ? host : "[" + host + "]";
        return scheme + "://" + name + (port == HttpUrl.defaultPort(scheme) ? "" : ":" + port);
    }
}
