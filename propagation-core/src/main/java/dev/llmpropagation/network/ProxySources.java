package dev.llmpropagation.network;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/** Settings that others have made: the environment and the JVM's properties. */
final class ProxySources {

    private ProxySources() {}

    static ProxySettings environment(Map<String, String> environment) {
        // There the header "Proxy" of a request arrives as HTTP_PROXY, from whoever sent it; and where names have no
        // case, as http_proxy.
        boolean cgi = environment.containsKey("REQUEST_METHOD");
        ProxyServer http = cgi ? null : server(environment, "http_proxy");
        ProxyServer https = server(environment, "https_proxy");
        // Desktops set it beside the other two, as socks://…, which is no proxy of a version that is known.
        ProxyServer all = http != null && https != null ? null : server(environment, "all_proxy");
        Variable exceptions = variable(environment, "no_proxy");
        return new ProxySettings(
                http != null ? http : all,
                https != null ? https : all,
                false,
                NoProxy.lenient(exceptions == null ? null : exceptions.value),
                false);
    }

    private static @Nullable ProxyServer server(Map<String, String> environment, String name) {
        Variable variable = variable(environment, name);
        return variable == null ? null : ProxyUrl.parse(variable.name, variable.value);
    }

    /** The spelling that is set to something, if one is. */
    private static @Nullable Variable variable(Map<String, String> environment, String lowerCase) {
        for (String name : List.of(lowerCase, lowerCase.toUpperCase(Locale.ROOT))) {
            String value = environment.get(name);
            if (value != null && !value.isBlank()) {
                return new Variable(name, value);
            }
        }
        return null;
    }

    private record Variable(String name, String value) {}

    static ProxySettings systemProperties(Properties properties) {
        ProxyServer http = http(properties, "http", 80);
        ProxyServer https = http(properties, "https", 443);
        ProxyServer socks = http != null && https != null ? null : socks(properties);
        NoProxy exceptions = NoProxy.EMPTY;
        if (http != null || https != null) {
            exceptions = NoProxy.javaHosts(properties.getProperty("http.nonProxyHosts"));
        }
        if (socks != null) {
            exceptions = exceptions.and(NoProxy.javaHosts(properties.getProperty("socksNonProxyHosts")));
        }
        return new ProxySettings(http != null ? http : socks, https != null ? https : socks, false, exceptions, false);
    }

    private static @Nullable ProxyServer http(Properties properties, String scheme, int defaultPort) {
        return server(
                properties,
                ProxyServer.Kind.HTTP,
                scheme + ".proxyHost",
                scheme + ".proxyPort",
                defaultPort,
                scheme + ".proxyUser",
                scheme + ".proxyPassword");
    }

    private static @Nullable ProxyServer socks(Properties properties) {
        return server(
                properties,
                ProxyServer.Kind.SOCKS5,
                "socksProxyHost",
                "socksProxyPort",
                1080,
                "java.net.socks.username",
                "java.net.socks.password");
    }

    private static @Nullable ProxyServer server(
            Properties properties,
            ProxyServer.Kind kind,
            String hostName,
            String portName,
            int defaultPort,
            String userName,
            String passwordName) {
        String host = properties.getProperty(hostName);
        if (host == null || host.isBlank()) {
            return null;
        }
        String port = properties.getProperty(portName);
        ProxyServer server = ProxyServer.of(hostName, kind, host, defaultPort);
        if (port != null && !port.isBlank()) {
            String digits = port.strip();
            server = ProxyServer.of(portName, kind, host, digits.matches("[0-9]{1,5}") ? Integer.parseInt(digits) : -1);
        }
        String user = properties.getProperty(userName);
        String password = properties.getProperty(passwordName, "");
        return user == null || user.isEmpty() ? server : server.with(new ProxyCredentials(user, () -> password));
    }
}
