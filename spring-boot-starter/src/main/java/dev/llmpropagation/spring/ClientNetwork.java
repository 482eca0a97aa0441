package dev.llmpropagation.spring;

import dev.llmpropagation.network.ConnectionSettings;
import dev.llmpropagation.network.ProxySettings;
import dev.llmpropagation.network.TlsSettings;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.springframework.util.StringUtils;

/**
 * The network of all clients, as the properties say.
 *
 * @param proxy null if they say nothing
 * @param tls null if they say nothing
 * @param connections null if they say nothing
 */
record ClientNetwork(
        @Nullable ProxySettings proxy,
        @Nullable TlsSettings tls,
        @Nullable ConnectionSettings connections) {

    private static final String PROXY = LlmPropagationProperties.PREFIX + ".proxy";
    private static final String TLS = LlmPropagationProperties.PREFIX + ".tls";
    private static final String CLIENT_CERTIFICATE = TLS + ".client-certificate";
    private static final String CONNECTIONS = LlmPropagationProperties.PREFIX + ".connections";
    private static final int MAX_REQUESTS = 64; // of OkHttp

    static ClientNetwork of(LlmPropagationProperties properties) {
        return new ClientNetwork(
                proxy(properties.proxy()), tls(properties.tls()), connections(properties.connections()));
    }

    /** Hands on what the properties say to these setters of a factory's builder. */
    void applyTo(
            Consumer<ProxySettings> proxySetter,
            Consumer<TlsSettings> tlsSetter,
            Consumer<ConnectionSettings> connectionsSetter) {
        Optional.ofNullable(proxy).ifPresent(proxySetter);
        Optional.ofNullable(tls).ifPresent(tlsSetter);
        Optional.ofNullable(connections).ifPresent(connectionsSetter);
    }

    private static @Nullable ProxySettings proxy(LlmPropagationProperties.OfProxy properties) {
        if (StringUtils.hasText(properties.password()) && !StringUtils.hasText(properties.user())) {
            // A user within the URL has the password there, and would be shown to the proxy without this one.
            throw new InvalidPropertyException(
                    PROXY + ".password", "a password needs its user; set " + PROXY + ".user", null);
        }
        ProxySettings proxy = proxyServer(properties);
        boolean more = StringUtils.hasText(properties.user())
                || !properties.except().isEmpty()
                || properties.includingLoopback();
        if (proxy == null) {
            if (more) {
                throw new InvalidPropertyException(
                        PROXY, "there is no proxy that its settings are for; set " + PROXY + ".url or .from", null);
            }
            return null;
        }
        String user = properties.user();
        if (StringUtils.hasText(user)) {
            ProxySettings anonymous = proxy;
            String password = properties.password() == null ? "" : properties.password();
            proxy = InvalidPropertyException.checked(PROXY + ".user", () -> anonymous.credentials(user, password));
        }
        ProxySettings all = proxy;
        proxy = InvalidPropertyException.checked(
                PROXY + ".except", () -> all.except(properties.except().toArray(new String[0])));
        return properties.includingLoopback() ? proxy.includingLoopback() : proxy;
    }

    private static @Nullable ProxySettings proxyServer(LlmPropagationProperties.OfProxy properties) {
        String url = properties.url();
        if (StringUtils.hasText(url)) {
            if (properties.from() != null) {
                throw new InvalidPropertyException(PROXY, "url and from name two proxies; leave out one of them", null);
            }
            return InvalidPropertyException.checked(PROXY + ".url", () -> ProxySettings.parse(url));
        }
        if (properties.from() == null) {
            return null;
        }
        return switch (properties.from()) {
            case NONE -> ProxySettings.none();
            case SYSTEM -> ProxySettings.system();
            case ENVIRONMENT -> InvalidPropertyException.checked(PROXY + ".from", ProxySettings::fromEnvironment);
            case SYSTEM_PROPERTIES ->
                InvalidPropertyException.checked(PROXY + ".from", ProxySettings::fromSystemProperties);
        };
    }

    private static @Nullable TlsSettings tls(LlmPropagationProperties.OfTls properties) {
        List<String> trust =
                properties.trust().stream().filter(StringUtils::hasText).toList();
        LlmPropagationProperties.OfClientCertificate client = properties.clientCertificate();
        if (StringUtils.hasText(client.password()) && !StringUtils.hasText(client.pkcs12())) {
            throw new InvalidPropertyException(
                    CLIENT_CERTIFICATE + ".password",
                    "it is of a PKCS12 file; set " + CLIENT_CERTIFICATE + ".pkcs12",
                    null);
        }
        boolean shown = StringUtils.hasText(client.chain())
                || StringUtils.hasText(client.key())
                || StringUtils.hasText(client.pkcs12());
        if (trust.isEmpty() && properties.systemTrust() && !shown) {
            return null;
        }
        if (trust.isEmpty() && !properties.systemTrust()) {
            throw new InvalidPropertyException(
                    TLS + ".system-trust", "false trusts nobody; name files in " + TLS + ".trust", null);
        }
        TlsSettings tls = properties.systemTrust() ? TlsSettings.systemTrust() : TlsSettings.ownTrustOnly();
        for (String file : trust) {
            TlsSettings before = tls;
            tls = InvalidPropertyException.checked(TLS + ".trust", () -> before.trust(path(TLS + ".trust", file)));
        }
        return shown ? withClientCertificate(tls, client) : tls;
    }

    private static TlsSettings withClientCertificate(
            TlsSettings tls, LlmPropagationProperties.OfClientCertificate client) {
        String name = CLIENT_CERTIFICATE;
        String chain = client.chain();
        String key = client.key();
        String pkcs12 = client.pkcs12();
        if (StringUtils.hasText(pkcs12)) {
            if (StringUtils.hasText(chain) || StringUtils.hasText(key)) {
                throw new InvalidPropertyException(
                        name, "pkcs12 and PEM files name two certificates; leave out one of them", null);
            }
            return InvalidPropertyException.checked(
                    name + ".pkcs12", () -> tls.clientCertificate(path(name + ".pkcs12", pkcs12), client::password));
        }
        if (!StringUtils.hasText(chain) || !StringUtils.hasText(key)) {
            throw new InvalidPropertyException(
                    name, "a PEM certificate has two parts; set " + name + ".chain and " + name + ".key", null);
        }
        return InvalidPropertyException.checked(
                name, () -> tls.clientCertificate(path(name + ".chain", chain), path(name + ".key", key)));
    }

    private static Path path(String property, String file) {
        try {
            return Path.of(file.strip());
        } catch (InvalidPathException e) {
            throw new InvalidPropertyException(property, "'" + file + "' is no path of a file", e);
        }
    }

    private static @Nullable ConnectionSettings connections(LlmPropagationProperties.OfConnections properties) {
        ConnectionSettings unchanged = ConnectionSettings.unchanged();
        ConnectionSettings set = unchanged;
        set = with(set, "connect-timeout", properties.connectTimeout(), ConnectionSettings::connectTimeout);
        set = with(set, "read-timeout", properties.readTimeout(), ConnectionSettings::readTimeout);
        set = with(set, "write-timeout", properties.writeTimeout(), ConnectionSettings::writeTimeout);
        set = with(set, "call-timeout", properties.callTimeout(), ConnectionSettings::callTimeout);
        set = with(set, "ping-interval", properties.pingInterval(), ConnectionSettings::pingInterval);
        set = with(set, "keep-alive", properties.keepAlive(), ConnectionSettings::keepAlive);
        Integer inAll = properties.maxRequests();
        Integer perHost = properties.maxRequestsPerHost();
        if (inAll != null || perHost != null) {
            ConnectionSettings timed = set;
            int limit = inAll == null ? MAX_REQUESTS : inAll;
            set = InvalidPropertyException.checked(
                    CONNECTIONS + ".max-requests", () -> timed.maxRequests(limit, perHost == null ? limit : perHost));
        }
        return set == unchanged ? null : set;
    }

    private static ConnectionSettings with(
            ConnectionSettings settings,
            String name,
            @Nullable Duration value,
            BiFunction<ConnectionSettings, Duration, ConnectionSettings> setter) {
        if (value == null) {
            return settings;
        }
        return InvalidPropertyException.checked(CONNECTIONS + "." + name, () -> setter.apply(settings, value));
    }
}
