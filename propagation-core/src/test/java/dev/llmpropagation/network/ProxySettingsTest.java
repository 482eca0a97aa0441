package dev.llmpropagation.network;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.fixtures.OwnSockets;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import javax.net.SocketFactory;
import okhttp3.Authenticator;
import okhttp3.OkHttpClient;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxySettingsTest {

    /** Go's table of proxy URLs, and curl's documentation; the port of SOCKS is the same in both. */
    @ParameterizedTest
    @CsvSource({
        "127.0.0.1:8080, http://127.0.0.1:8080",
        "cache.corp.example.com:1234, http://cache.corp.example.com:1234",
        "cache.corp.example.com, http://cache.corp.example.com:80",
        "http://127.0.0.1:8080, http://127.0.0.1:8080",
        "http://127.0.0.1:8080/, http://127.0.0.1:8080",
        "HTTP://Proxy.Example:8080, http://proxy.example:8080",
        "socks5://127.0.0.1, socks5://127.0.0.1:1080",
        "socks5h://127.0.0.1, socks5://127.0.0.1:1080",
        "http://[fd00::1]:3128, http://[fd00::1]:3128",
        "[::1]:3128, http://[::1]:3128",
        "[::1], http://[::1]:80",
        "' http://proxy:3128 ', http://proxy:3128",
        "http://b\u00fccher.example:1, http://xn--bcher-kva.example:1",
    })
    void url_isReadAsCurlAndGoReadIt(String url, String proxy) {
        assertThat(ProxySettings.parse(url)).hasToString("ProxySettings[" + proxy + "]");
    }

    @ParameterizedTest
    @CsvSource({
        "http://user:p%40ss@host:1, user:p@ss",
        "http://user:p%3Ass%2F@host:1, user:p:ss/",
        "http://user:p:ss@host:1, user:p:ss",
        "http://user:p@ss@host:1, user:p@ss",
        "user:pass@host:1, user:pass",
        "http://user@host:1, user:",
        "http://:pass@host:1, :pass",
        "http://%C3%BC:%e2%82%ac@host:1, \u00fc:\u20ac",
        "http://us+er:pa+ss@host:1, us+er:pa+ss",
    })
    void userInfo_isDecoded(String url, String expected) throws Exception {
        ProxyServer server = ProxySettings.parse(url).https();

        assertThat(server.credentials().basic(server))
                .isEqualTo("Basic " + Base64.getEncoder().encodeToString(expected.getBytes(UTF_8)));
        assertThat(ProxySettings.parse(url)).hasToString("ProxySettings[http://host:1 with credentials]");
    }

    @ParameterizedTest
    @CsvSource({
        "https://user:marker@proxy:443, OkHttp cannot speak TLS to a proxy",
        "socks4://user:marker@proxy, only version 5",
        "ftp://user:marker@proxy, its scheme is none of",
        "http://user:marker@proxy:0, the port is not a number",
        "http://user:marker@proxy:65536, the port is not a number",
        "http://user:marker@proxy:x, the port is not a number",
        "http://user:marker@proxy:, the port is not a number",
        "http://user:marker@, the host is not a name",
        "http://user:marker%@proxy, write '%' itself as %25",
        "http://user:marker%4@proxy, write '%' itself as %25",
        "http://user:marker%zz@proxy, write '%' itself as %25",
        "http://user:mar/ker@proxy:1, percent-encoded",
        "http://user:marker#1@proxy:1, percent-encoded",
        "http://user:marker?1@proxy:1, percent-encoded",
        "http://us%3Aer:marker@proxy:1, has a colon",
        "http://user:marker@fd00::1, an IPv6 address needs brackets",
        "http://user:marker@[fd00::1, the port is not a number",
        "http://user:marker@pro xy, the host is not a name",
        "http://user:marker@[0:0:0:0:0:0:0::1]:1, the host is not a name",
        "http://user:marker@proxy:1/path, behind host and port",
        "'', the host is not a name",
    })
    void urlThatIsNone_isRefusedWithoutItsSecrets(String url, String reason) {
        assertThatThrownBy(() -> ProxySettings.parse(url))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(reason)
                .hasMessageNotContainingAny("marker", "mar/ker")
                .hasNoCause();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "pro xy",
                "user@proxy",
                "http://proxy",
                "proxy/",
                "proxy:1",
                "pro%78y",
                "a\u0000b",
                "[0:0:0:0:0:0:0::1]"
            })
    void hostThatIsNone_isRefused(String host) {
        assertThatThrownBy(() -> ProxySettings.http(host, 1))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("ProxySettings.http: the host is not a name");
        assertThatThrownBy(() -> ProxySettings.socks5("proxy", 0))
                .hasMessage("ProxySettings.socks5: the port is not a number from 1 to 65535.");
    }

    @Test
    void environment_hasOneProxyForEachScheme() {
        ProxySettings settings = environment("HTTP_PROXY", "http.proxy.tld", "HTTPS_PROXY", "secure.proxy.tld:1");

        assertThat(settings)
                .hasToString("ProxySettings[https: http://secure.proxy.tld:1, http: http://http.proxy.tld:80]");
        assertThat(settings.explain("http://insecure.tld/?key=marker"))
                .isEqualTo("http://insecure.tld is reached through the proxy http://http.proxy.tld:80.");
        assertThat(settings.explain("https://secure.tld/"))
                .isEqualTo("https://secure.tld is reached through the proxy http://secure.proxy.tld:1.");
    }

    @Test
    void environment_prefersLowerCaseAndTheScheme() {
        assertThat(environment("https_proxy", "lower", "HTTPS_PROXY", "upper", "ALL_PROXY", "all"))
                .hasToString("ProxySettings[https: http://lower:80, http: http://all:80]");
        assertThat(environment("https_proxy", " ", "HTTPS_PROXY", "upper", "all_proxy", "", "http_proxy", ""))
                .hasToString("ProxySettings[https: http://upper:80, http: none]");
        assertThat(environment("HTTPS_PROXY", "p", "no_proxy", "lower.example", "NO_PROXY", "upper.example")
                        .explain("https://lower.example/"))
                .contains("directly");
        assertThat(environment("all_proxy", "socks5h://s")).hasToString("ProxySettings[socks5://s:1080]");
        assertThat(environment()).hasToString("ProxySettings[none]");
    }

    /** Desktops set it beside the other two, in a spelling of their own. */
    @Test
    void environmentVariableThatNobodyNeeds_isNotRead() {
        String desktop = "socks://127.0.0.1:1080/";
        assertThat(environment("ALL_PROXY", desktop, "HTTPS_PROXY", "secure:1", "HTTP_PROXY", "plain:2"))
                .hasToString("ProxySettings[https: http://secure:1, http: http://plain:2]");
        assertThatThrownBy(() -> environment("ALL_PROXY", desktop, "HTTPS_PROXY", "secure:1"))
                .hasMessageStartingWith("ALL_PROXY: ");
        assertThatThrownBy(() -> environment(
                        "ALL_PROXY", desktop, "HTTPS_PROXY", "p", "HTTP_PROXY", "p", "REQUEST_METHOD", "GET"))
                .hasMessageStartingWith("ALL_PROXY: ");
    }

    @Test
    void environmentOfCgi_isNotAskedForTheProxyOfHttp() {
        assertThat(environment(
                        "REQUEST_METHOD", "POST", "HTTP_PROXY", "evil", "http_proxy", "evil", "HTTPS_PROXY", "good"))
                .hasToString("ProxySettings[https: http://good:80, http: none]");
    }

    @Test
    void environmentVariableThatIsWrong_isNamedWithoutItsValue() {
        assertThatThrownBy(() -> environment("HTTPS_PROXY", "https://user:marker@proxy"))
                .hasMessageStartingWith("HTTPS_PROXY: the proxy is refused: OkHttp cannot speak TLS to a proxy")
                .hasMessageNotContaining("marker");
    }

    @Test
    void systemProperties_areReadAsJavaNamesThem() throws Exception {
        Properties properties = new Properties();
        properties.setProperty("https.proxyHost", "secure");
        properties.setProperty("http.proxyHost", "plain");
        properties.setProperty("http.proxyPort", "3128");
        properties.setProperty("http.proxyUser", "user");
        properties.setProperty("http.proxyPassword", "marker");
        properties.setProperty("http.nonProxyHosts", "localhost|10.*|*.corp.example|EXACT.example");
        ProxySettings settings = ProxySettings.fromSystemProperties(properties);

        assertThat(settings.toString())
                .startsWith("ProxySettings[https: http://secure:443, http: http://plain:3128 with credentials,");
        assertThat(settings.explain("http://10.1.2.3/")).contains("directly");
        assertThat(settings.explain("http://a.corp.example/")).contains("directly");
        assertThat(settings.explain("http://exact.example/")).contains("directly");
        assertThat(settings.explain("http://a.exact.example/")).contains("through");
        assertThat(settings.explain("http://corp.example/")).contains("through");
        assertThat(ProxySettings.fromSystemProperties(new Properties())).hasToString("ProxySettings[none]");
    }

    @Test
    void systemPropertiesOfSocks_serveWhatHasNoOther() {
        Properties properties = new Properties();
        properties.setProperty("socksProxyHost", "socks");
        properties.setProperty("http.proxyHost", "plain");

        assertThat(ProxySettings.fromSystemProperties(properties))
                .hasToString("ProxySettings[https: socks5://socks:1080, http: http://plain:80]");
        properties.setProperty("http.proxyPort", "many");
        assertThatThrownBy(() -> ProxySettings.fromSystemProperties(properties))
                .hasMessage("http.proxyPort: the port is not a number from 1 to 65535.");
    }

    @Test
    void systemPropertiesOfSocks_thatNobodyNeeds_areNotRead() {
        Properties properties = new Properties();
        properties.setProperty("socksProxyHost", "socks");
        properties.setProperty("socksProxyPort", "many");
        properties.setProperty("socksNonProxyHosts", "b.example");
        properties.setProperty("http.proxyHost", "plain");
        assertThatThrownBy(() -> ProxySettings.fromSystemProperties(properties))
                .hasMessageStartingWith("socksProxyPort: ");
        properties.setProperty("https.proxyHost", "secure");
        assertThat(ProxySettings.fromSystemProperties(properties).explain("https://b.example/"))
                .isEqualTo("https://b.example is reached through the proxy http://secure:443.");
    }

    @Test
    void system_asksTheJvmEachTime() {
        ProxySelector before = ProxySelector.getDefault();
        ProxySelector selector = ProxySettings.system().except("a.example").selector();
        try {
            ProxySelector.setDefault(ProxySettings.http("jvm", 1).selector());
            assertThat(selector.select(URI.create("https://b.example/")))
                    .singleElement()
                    .hasToString("HTTP @ jvm/<unresolved>:1");
            assertThat(selector.select(URI.create("https://a.example/"))).containsExactly(Proxy.NO_PROXY);
        } finally {
            ProxySelector.setDefault(before);
        }
        assertThatThrownBy(() -> ProxySettings.system().credentials("u", "p"))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void selector_tellsOthersOfSocks() {
        assertThat(ProxySettings.socks5("s", 1).selector().select(URI.create("https://h/")))
                .extracting(Proxy::type)
                .containsExactly(Proxy.Type.SOCKS);
    }

    @Test
    void credentials_replaceThoseOfTheUrl() throws Exception {
        ProxySettings settings = ProxySettings.parse("http://old:old@p:1").credentials("new", "secret");

        assertThat(settings.http()).isSameAs(settings.https());
        assertThat(settings.https().credentials().basic(settings.https())).isEqualTo("Basic bmV3OnNlY3JldA==");
        assertThat(ProxySettings.none().credentials("u", "p")).hasToString("ProxySettings[none]");
        assertThatThrownBy(() -> ProxySettings.socks5("s", 1).credentials("u".repeat(256), "p"))
                .hasMessage("The user name for the proxy socks5://s:1 is empty or longer than 255 bytes.");
    }

    @Test
    void client_keepsItsOwnWhereOursIsNotNeeded() {
        OkHttpClient own = new OkHttpClient.Builder()
                .proxyAuthenticator(Authenticator.JAVA_NET_AUTHENTICATOR)
                .proxy(new Proxy(Proxy.Type.HTTP, new InetSocketAddress("other", 1)))
                .build();

        OkHttpClient client =
                ProxySettings.http("p", 1).applyTo(own.newBuilder()).build();
        assertThat(client.proxyAuthenticator()).isSameAs(own.proxyAuthenticator());
        assertThat(client.proxy()).isNull();
        assertThat(ProxySettings.system().applyTo(client.newBuilder()).build().socketFactory())
                .isSameAs(SocketFactory.getDefault());

        OkHttpClient authenticated = ProxySettings.http("p", 1)
                .credentials("u", "p")
                .applyTo(own.newBuilder())
                .build();
        assertThat(authenticated.proxyAuthenticator()).isSameAs(Authenticator.NONE);
        OkHttpClient again =
                ProxySettings.none().applyTo(authenticated.newBuilder()).build();
        assertThat(again.dns()).isSameAs(own.dns());
        assertThat(again.proxySelector().select(URI.create("https://h/"))).containsExactly(Proxy.NO_PROXY);
    }

    @Test
    void socketFactoryOfTheClient_isNotReplacedInSilence() {
        OkHttpClient own =
                new OkHttpClient.Builder().socketFactory(new OwnSockets()).build();

        assertThatThrownBy(() -> ProxySettings.socks5("s", 1).applyTo(own.newBuilder()))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("socketFactory");
        assertThat(ProxySettings.http("p", 1).applyTo(own.newBuilder()).build().socketFactory())
                .isSameAs(own.socketFactory());
    }

    private static ProxySettings environment(String... namesAndValues) {
        Map<String, String> variables = new HashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            variables.put(namesAndValues[i], namesAndValues[i + 1]);
        }
        return ProxySettings.fromEnvironment(variables);
    }

    @Test
    void nullHost_isRefusedByTheNameOfItsSetting() {
        assertThatThrownBy(() -> ProxySettings.http(null, 3128))
                .isInstanceOf(NullPointerException.class)
                .hasMessage("ProxySettings.http: the host");
        assertThatThrownBy(() -> ProxySettings.socks5(null, 1080)).hasMessage("ProxySettings.socks5: the host");
    }

    /** OkHttp takes these URLs, java.net.URI does not. */
    @ParameterizedTest
    @ValueSource(
            strings = {"http://us\u00ff4%\u00ff@host.example/", "http://host.example/%zz?a=%", "http://u%@host.example/"
            })
    void explain_tellsTheWayToAnOddUrl(String url) {
        ProxySettings settings = ProxySettings.http("proxy.example", 3128);

        assertThat(settings.explain(url))
                .isEqualTo("http://host.example is reached through the proxy http://proxy.example:3128.");
    }

    /** OkHttp reads this host, but would not build a URL with it. */
    @Test
    void explain_tellsTheWayToAnOddHost() {
        assertThat(ProxySettings.http("proxy.example", 3128).explain("http://pr\u00f6*x/"))
                .contains("xn--pr*x");
    }
}
