package dev.llmpropagation.network;

import static java.util.Objects.requireNonNull;

import dev.llmpropagation.destination.Origin;
import dev.llmpropagation.internal.url.UrlParser;
import java.net.Proxy;
import java.net.ProxySelector;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.function.Function;
import java.util.function.Supplier;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * Through which proxy a client reaches which destination. The same for the clients of both SDKs, by {@code
 * proxy(settings)} on their factories, and for any OkHttpClient, by {@link #applyTo}.
 *
 * <pre>{@code
 * ProxySettings proxy = ProxySettings.http("proxy.corp.example", 3128)
 *         .credentials("user", secrets::proxyPassword)
 *         .except(".corp.example", "10.0.0.0/8");
 * }</pre>
 *
 * <p>Loopback destinations ({@code localhost}, {@code 127.0.0.0/8}, {@code ::1}) are reached directly, unless {@link
 * #includingLoopback()} says otherwise. All other names are resolved by the proxy. User name and password go to the
 * proxy when a connection to it opens, without waiting to be asked; no request, span, exception or log holds them.
 *
 * <p>Immutable and thread-safe. Nothing takes null. Settings of different clients do not touch each other, and nothing of
 * the JVM is set.
 */
public final class ProxySettings {

    private static final ProxySettings NONE = new ProxySettings(null, null, false, NoProxy.EMPTY, false);

    private final @Nullable ProxyServer http;
    private final @Nullable ProxyServer https;
    private final boolean system;
    private final NoProxy exceptions;
    private final boolean loopback;

    ProxySettings(
            @Nullable ProxyServer http,
            @Nullable ProxyServer https,
            boolean system,
            NoProxy exceptions,
            boolean loopback) {
        this.http = http;
        this.https = https;
        this.system = system;
        this.exceptions = exceptions;
        this.loopback = loopback;
    }

    /** No proxy, whatever the JVM or the environment says. */
    public static ProxySettings none() {
        return NONE;
    }

    /**
     * An HTTP proxy for all destinations: CONNECT for https, forwarding for http.
     *
     * @param host name or IP address, IPv6 with or without brackets
     * @throws IllegalArgumentException if host or port (1 to 65535) is none
     */
    public static ProxySettings http(String host, int port) {
        return of(ProxyServer.of("ProxySettings.http", ProxyServer.Kind.HTTP, host, port));
    }

    /**
     * A SOCKS 5 proxy for all destinations. It resolves their names, as curl's {@code socks5h} does.
     *
     * @param host name or IP address, IPv6 with or without brackets
     * @throws IllegalArgumentException if host or port (1 to 65535) is none
     */
    public static ProxySettings socks5(String host, int port) {
        return of(ProxyServer.of("ProxySettings.socks5", ProxyServer.Kind.SOCKS5, host, port));
    }

    /**
     * A proxy for all destinations, as curl writes it: {@code http://user:p%40ss@host:port}, {@code
     * socks5://user:password@host:port}, {@code host:port} for http. {@code socks5h} is the same as {@code socks5}: the
     * proxy resolves names. User and password are percent-encoded. Without a port: 80 for http, 1080 for SOCKS.
     *
     * @throws IllegalArgumentException for anything else, a proxy spoken to by TLS ({@code https://}) included; the
     *     message does not show the value, since it can hold a password
     */
    public static ProxySettings parse(String url) {
        return of(ProxyUrl.parse("ProxySettings.parse", requireNonNull(url, "url")));
    }

    /**
     * What the environment says, as curl reads it: {@code https_proxy} for https, {@code http_proxy} for http, {@code
     * all_proxy} where these are missing, and {@code no_proxy} for exceptions, each in lower case first, then in upper
     * case; empty values count as missing. In a CGI program ({@code REQUEST_METHOD} is set) {@code http_proxy} is
     * ignored in both spellings, because there the header {@code Proxy} of a request arrives as {@code HTTP_PROXY}.
     *
     * <p>Entries of {@code no_proxy} are those of {@link #except}; blanks separate as well as commas, and an entry that
     * is none of them matches nothing. Without any variable, {@link #none()}.
     *
     * @throws IllegalArgumentException for a proxy that {@link #parse} refuses; the message names the variable
     */
    public static ProxySettings fromEnvironment() {
        return fromEnvironment(System.getenv());
    }

    static ProxySettings fromEnvironment(Map<String, String> environment) {
        return ProxySources.environment(environment);
    }

    /**
     * What Java's own properties say: {@code https.proxyHost} and {@code https.proxyPort} (default 443), {@code
     * http.proxyHost} and {@code http.proxyPort} (80), with {@code http.nonProxyHosts}; where a scheme has none of them,
     * {@code socksProxyHost} and {@code socksProxyPort} (1080), with {@code socksNonProxyHosts}. User and password are
     * those of {@code https.proxyUser} and {@code https.proxyPassword}, the same of {@code http}, {@code
     * java.net.socks.username} and {@code java.net.socks.password}. All are read now, once. Without any, {@link
     * #none()}.
     *
     * @throws IllegalArgumentException for a host or port that is none; the message names the property
     */
    public static ProxySettings fromSystemProperties() {
        return fromSystemProperties(System.getProperties());
    }

    static ProxySettings fromSystemProperties(Properties properties) {
        return ProxySources.systemProperties(properties);
    }

    /**
     * Asks the JVM's {@link ProxySelector#getDefault()} for each connection. It is what OkHttp and both SDKs do by default.
     * Credentials for its proxies are the JVM's business as well.
     */
    public static ProxySettings system() {
        return new ProxySettings(null, null, true, NoProxy.EMPTY, false);
    }

    boolean isSystem() {
        return system;
    }

    private static ProxySettings of(ProxyServer server) {
        return new ProxySettings(server, server, false, NoProxy.EMPTY, false);
    }

    /** As {@link #credentials(String, Supplier)}, with a password that stays. */
    public ProxySettings credentials(String user, String password) {
        requireNonNull(password, "password");
        return credentials(user, () -> password);
    }

    /**
     * User name and password for the proxy, in place of those of its URL: Basic for HTTP (UTF-8), RFC 1929 for SOCKS. Where
     * the environment named two proxies, for both.
     *
     * @param password asked for each connection, and each plain http request, on the thread that sends. Null sends no
     *     credentials
     * @throws IllegalArgumentException for a user name that the proxy's protocol cannot carry
     * @throws IllegalStateException for {@link #system()}, whose proxies are not known here
     */
    public ProxySettings credentials(String user, Supplier<@Nullable String> password) {
        ProxyCredentials credentials =
                new ProxyCredentials(requireNonNull(user, "user"), requireNonNull(password, "password"));
        if (system) {
            throw new IllegalStateException("ProxySettings.system() does not know its proxies, so it has nobody to give"
                    + " credentials to. Name the proxy with ProxySettings.http(host, port).");
        }
        ProxyServer newHttp = http == null ? null : http.with(credentials);
        ProxyServer newHttps = https == null || https.equals(http) ? newHttp : https.with(credentials);
        return new ProxySettings(newHttp, newHttps, false, exceptions, loopback);
    }

    /**
     * Destinations that are reached directly, beside those already set. Each text holds one entry or more, separated by
     * commas or blanks, as {@code NO_PROXY} does:
     *
     * <ul>
     *   <li>{@code example.com}, {@code .example.com}: this host and its subdomains
     *   <li>{@code *.example.com}: its subdomains
     *   <li>{@code 10.1.2.3}, {@code fd00::1}, {@code [fd00::1]}: this address
     *   <li>{@code 10.0.0.0/8}, {@code fd00::/8}: the addresses in this range
     *   <li>{@code *}: everything
     * </ul>
     *
     * <p>All but the ranges and {@code *} may end in {@code :port}; IPv6 then needs its brackets. Case and a final dot make no
     * difference. The host of the URL is compared as it stands: no name is resolved.
     *
     * <p>Names mean what they mean in {@code NO_PROXY}, which other programs read too, and not what they mean in {@link
     * dev.llmpropagation.destination.DestinationPolicy#hosts}: there {@code example.com} is this host alone, and {@code
     * *.example.com} is it as well.
     *
     * @throws IllegalArgumentException for an entry that is none of these
     */
    public ProxySettings except(String... noProxy) {
        return new ProxySettings(http, https, system, exceptions.and(NoProxy.strict(noProxy)), loopback);
    }

    /** Loopback destinations go through the proxy too, as tests with a proxy on the same machine need it. */
    public ProxySettings includingLoopback() {
        return new ProxySettings(http, https, system, exceptions, true);
    }

    /**
     * Sets this client's proxies, in place of its own {@code proxy} and {@code proxySelector}. Where the settings have
     * credentials, or are SOCKS, the client's sockets are made here as well, and its {@code proxyAuthenticator} is taken
     * out; so OpenAI's WebSockets go on working.
     *
     * @return the same builder
     * @throws IllegalArgumentException if the client has a {@code socketFactory} of its own where ours is needed
     */
    public OkHttpClient.Builder applyTo(OkHttpClient.Builder builder) {
        return ProxyInstaller.install(this, builder);
    }

    /**
     * The same choice of proxies for HTTP clients other than OkHttp, such as an exporter's. Credentials are theirs to
     * send, and most of them cannot.
     */
    public ProxySelector selector() {
        return selector(ProxyServer::javaProxy);
    }

    /** @param spelling how the client that asks wants to see a proxy */
    ProxySelector selector(Function<ProxyServer, Proxy> spelling) {
        List<Proxy> direct = List.of(Proxy.NO_PROXY);
        List<Proxy> viaHttp = http == null ? direct : List.of(spelling.apply(http));
        List<Proxy> viaHttps = https == null ? direct : List.of(spelling.apply(https));
        return new ProxyChoice(uri -> {
            boolean tls = "https".equalsIgnoreCase(uri.getScheme());
            int port = uri.getPort() >= 0 ? uri.getPort() : tls ? 443 : 80;
            if (uri.getHost() != null && whyDirect(uri.getHost(), port) != null) {
                return direct;
            }
            ProxySelector jvm = system ? ProxySelector.getDefault() : null;
            return jvm != null ? jvm.select(uri) : tls ? viaHttps : viaHttp;
        });
    }

    private @Nullable String whyDirect(String host, int port) {
        if (!loopback && NoProxy.isLoopback(host)) {
            return "it is a loopback address";
        }
        String entry = exceptions.match(host, port);
        return entry == null ? null : "it matches the exception " + entry;
    }

    /** One sentence on which way a request to this URL takes, and why; without credentials, path and query. */
    public String explain(String url) {
        HttpUrl parsed = UrlParser.parse(requireNonNull(url, "url"));
        if (parsed == null) {
            return "This is no http or https URL.";
        }
        String origin = Origin.of(parsed).toString();
        // OkHttp then asks no ProxySelector.
        HttpUrl asked = parsed.newBuilder()
                .username("")
                .password("")
                .encodedPath("/")
                .query(null)
                .fragment(null)
                .build();
        boolean unknown = asked.uri().getHost() == null;
        String why = unknown ? "java.net.URI does not take its host for one" : whyDirect(parsed.host(), parsed.port());
        if (why != null) {
            return origin + " is reached directly: " + why + ".";
        }
        if (system) {
            return origin + " is reached as the JVM's ProxySelector says.";
        }
        ProxyServer server = parsed.isHttps() ? https : http;
        return server == null
                ? origin + " is reached directly: no proxy is set for " + parsed.scheme() + "."
                : origin + " is reached through the proxy " + described(server) + ".";
    }

    @Nullable
    ProxyServer http() {
        return http;
    }

    @Nullable
    ProxyServer https() {
        return https;
    }

    /** The proxies without user names and passwords, and the exceptions. */
    @Override
    public String toString() {
        String proxies = system
                ? "system"
                : Objects.equals(http, https)
                        ? described(https)
                        : "https: " + described(https) + ", http: " + described(http);
        String direct = exceptions.toString();
        return "ProxySettings[" + proxies
                + (direct.isEmpty() ? "" : ", except " + direct)
                + (loopback ? ", including loopback" : "") + "]";
    }

    private static String described(@Nullable ProxyServer server) {
        return server == null ? "none" : server + (server.credentials() == null ? "" : " with credentials");
    }
}
