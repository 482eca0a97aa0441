package dev.llmpropagation.network;

import java.net.Proxy;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import javax.net.SocketFactory;
import okhttp3.Authenticator;
import okhttp3.Dns;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/** Puts settings into a client. */
final class ProxyInstaller {

    private ProxyInstaller() {}

    static OkHttpClient.Builder install(ProxySettings settings, OkHttpClient.Builder builder) {
        OkHttpClient client = builder.build();
        SocketFactory sockets = client.socketFactory() instanceof ProxySocketFactory
                ? SocketFactory.getDefault()
                : client.socketFactory();
        Dns dns = client.dns() instanceof ProxyDns ours ? ours.program() : client.dns();
        builder.proxy(null).socketFactory(sockets).dns(dns);

        ProxyServer http = settings.http();
        ProxyServer https = settings.https();
        boolean plain = sockets == SocketFactory.getDefault();
        boolean needed = needsOurSockets(http) || needsOurSockets(https);
        if (needed && !plain) {
            throw new IllegalArgumentException("ProxySettings: " + settings + " needs sockets of its own, and this"
                    + " OkHttpClient has a socketFactory already. Leave one of the two out.");
        }
        boolean any = http != null || https != null;
        // Otherwise OkHttp's own CONNECT would do; ours says more when it fails.
        if (needed || (any && plain && client.proxyAuthenticator() == Authenticator.NONE)) {
            Set<String> hosts = new HashSet<>();
            Stream.of(http, https)
                    .flatMap(Stream::ofNullable)
                    .map(ProxyServer::host)
                    .forEach(hosts::add);
            builder.socketFactory(new ProxySocketFactory(http, https))
                    .dns(new ProxyDns(dns, Set.copyOf(hosts)))
                    .proxyAuthenticator(Authenticator.NONE);
        } else if (plain && !settings.isSystem()) {
            // Otherwise the JVM would connect to the proxy of these settings through its socksProxyHost.
            builder.socketFactory(new ProxySocketFactory(null, null));
        }
        return builder.proxySelector(settings.selector(ProxyInstaller::asHttp));
    }

    private static boolean needsOurSockets(@Nullable ProxyServer server) {
        return server != null && (server.kind() == ProxyServer.Kind.SOCKS5 || server.credentials() != null);
    }

    /** SOCKS too: as a SOCKS proxy, OkHttp would leave it to sockets of its own, and the JVM-wide Authenticator. */
    private static Proxy asHttp(ProxyServer server) {
        return new Proxy(Proxy.Type.HTTP, server.address());
    }
}
