package dev.llmpropagation.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.network.ProxySettings;
import dev.llmpropagation.testkit.LlmServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;

/** What of a network the properties make, each by its value, and which of them contradict each other. */
class ClientNetworkTest {

    @RegisterExtension
    static final LlmServer server = LlmServer.openAi();

    @TempDir
    static Path folder;

    /** The same certificate and key in both forms. */
    @BeforeAll
    static void certificate() throws IOException, GeneralSecurityException {
        try (InputStream stored = LlmServer.class.getResourceAsStream("/dev/llmpropagation/testkit/localhost.p12")) {
            Files.copy(stored, folder.resolve("client.p12"));
        }
        KeyStore keys = KeyStore.getInstance(folder.resolve("client.p12").toFile(), "localhost".toCharArray());
        byte[] key = keys.getKey("localhost", "localhost".toCharArray()).getEncoded();
        Files.writeString(
                folder.resolve("client.key"),
                "-----BEGIN PRIVATE KEY-----\n" + Base64.getMimeEncoder().encodeToString(key)
                        + "\n-----END PRIVATE KEY-----\n");
        Files.writeString(folder.resolve("client.pem"), server.certificatePem());
    }

    /** @param properties name and value in turn, each name without that of all */
    private static ClientNetwork network(String... properties) {
        Map<String, String> all = new HashMap<>();
        for (int i = 0; i < properties.length; i += 2) {
            all.put(LlmPropagationProperties.PREFIX + "." + properties[i], properties[i + 1]);
        }
        return ClientNetwork.of(new Binder(new MapConfigurationPropertySource(all))
                .bindOrCreate(LlmPropagationProperties.PREFIX, LlmPropagationProperties.class));
    }

    private static String file(String name) {
        return folder.resolve(name).toString();
    }

    @Test
    void withoutProperties_nothingIsSet() {
        assertThat(network()).isEqualTo(new ClientNetwork(null, null, null));
        assertThat(network("proxy.url", " ", "proxy.user", " ", "tls.trust", " ", "tls.client-certificate.key", ""))
                .isEqualTo(new ClientNetwork(null, null, null));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            none              | http://api.example is reached directly: no proxy is set for http.
            system            | http://api.example is reached as the JVM's ProxySelector says.
            system-properties | http://api.example is reached through the proxy http://of.property:99.
            """)
    void proxyFromElsewhere_isReadThere(String from, String told) {
        String before = System.getProperty("http.proxyHost");
        String port = System.getProperty("http.proxyPort");
        System.setProperty("http.proxyHost", "of.property");
        System.setProperty("http.proxyPort", "99");
        try {
            assertThat(network("proxy.from", from).proxy().explain("http://api.example/"))
                    .isEqualTo(told);
        } finally {
            restore("http.proxyHost", before);
            restore("http.proxyPort", port);
        }
    }

    private static void restore(String property, String before) {
        if (before == null) {
            System.clearProperty(property);
        } else {
            System.setProperty(property, before);
        }
    }

    @Test
    void proxyOfTheEnvironment_isWhatTheLibraryReadsThere() {
        assertThat(network("proxy.from", "environment").proxy().toString())
                .isEqualTo(ProxySettings.fromEnvironment().toString());
    }

    @Test
    void proxyWithUser_needsNoPassword() {
        assertThat(network("proxy.url", "http://proxy.example:3128", "proxy.user", "u")
                        .proxy()
                        .explain("http://api.example/"))
                .isEqualTo(
                        "http://api.example is reached through the proxy http://proxy.example:3128 with credentials.");
        assertThat(network("proxy.url", "http://proxy.example:3128").proxy().explain("http://api.example/"))
                .isEqualTo("http://api.example is reached through the proxy http://proxy.example:3128.");
    }

    @ParameterizedTest
    @CsvSource({"true, through the proxy", "false, directly"})
    void loopback_goesThroughTheProxyIfAsked(boolean including, String way) {
        assertThat(network("proxy.url", "http://p:1", "proxy.including-loopback", "" + including)
                        .proxy()
                        .explain("http://127.0.0.1/"))
                .contains(way);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            proxy.user              | u        | llm.propagation.proxy: there is no proxy
            proxy.password          | p        | llm.propagation.proxy.password: a password needs its user
            proxy.except            | a.b      | llm.propagation.proxy: there is no proxy
            proxy.including-loopback| true     | llm.propagation.proxy: there is no proxy
            tls.system-trust        | false    | llm.propagation.tls.system-trust: false trusts nobody
            tls.client-certificate.chain | a   | llm.propagation.tls.client-certificate: a PEM certificate has two parts
            tls.client-certificate.key   | a   | llm.propagation.tls.client-certificate: a PEM certificate has two parts
            tls.client-certificate.password | p | llm.propagation.tls.client-certificate.password: it is of a PKCS12 file
            connections.keep-alive  | -1s      | llm.propagation.connections.keep-alive:
            """)
    void settingWithoutItsOther_isTold(String property, String value, String told) {
        assertThatThrownBy(() -> network(property, value))
                .isInstanceOf(InvalidPropertyException.class)
                .hasMessageStartingWith(told);
    }

    /** Else the proxy would be shown an empty password, and nobody would know why it refuses. */
    @ParameterizedTest
    @ValueSource(
            strings = {"http://proxy.example:3128", "http://agent@proxy.example:3128", "http://agent:x@p.example:1"})
    void passwordBesideTheUrl_needsTheUserBesideIt(String url) {
        assertThatThrownBy(() -> network("proxy.url", url, "proxy.password", "MARKER"))
                .isInstanceOf(InvalidPropertyException.class)
                .hasMessage("llm.propagation.proxy.password: a password needs its user; set llm.propagation.proxy.user")
                .hasMessageNotContaining("MARKER");
        assertThat(network("proxy.url", url, "proxy.password", "MARKER", "proxy.user", "agent")
                        .proxy()
                        .explain("http://api.example/"))
                .endsWith(" with credentials.");
        assertThat(network("proxy.url", url, "proxy.password", " ").proxy()).isNotNull();
    }

    @Test
    void passwordOfAPemKey_isTold() {
        assertThatThrownBy(() -> network(
                        "tls.client-certificate.chain",
                        file("client.pem"),
                        "tls.client-certificate.key",
                        file("client.key"),
                        "tls.client-certificate.password",
                        "MARKER"))
                .isInstanceOf(InvalidPropertyException.class)
                .hasMessage("llm.propagation.tls.client-certificate.password: it is of a PKCS12 file; set"
                        + " llm.propagation.tls.client-certificate.pkcs12")
                .hasMessageNotContaining("MARKER");
    }

    @Test
    void contradictions_areTold() {
        assertThatThrownBy(() -> network("proxy.url", "http://p:1", "proxy.from", "none"))
                .hasMessage("llm.propagation.proxy: url and from name two proxies; leave out one of them");
        for (String pem : new String[] {"chain", "key"}) {
            assertThatThrownBy(() -> network(
                            "tls.client-certificate.pkcs12", file("client.p12"), "tls.client-certificate." + pem, "a"))
                    .hasMessage(
                            "llm.propagation.tls.client-certificate: pkcs12 and PEM files name two certificates; leave"
                                    + " out one of them");
        }
        assertThatThrownBy(() -> network("tls.trust", "a\0b"))
                .hasMessage("llm.propagation.tls.trust: 'a\0b' is no path of a file");
    }

    @Test
    void trust_isOfAllFiles_withTheSystemsOrAlone() {
        assertThat(network("tls.trust", file("client.pem") + ", ," + file("client.pem"))
                        .tls())
                .hasToString("TlsSettings{system trust, 2 certificates added}");
        assertThat(network("tls.trust", file("client.pem"), "tls.system-trust", "false")
                        .tls())
                .hasToString("TlsSettings{own trust only, 1 certificates added}");
    }

    @Test
    void clientCertificate_isOfEitherForm() {
        String shown = "TlsSettings{system trust, 0 certificates added, client certificate CN=LlmServer,OU=for tests}";
        assertThat(network(
                                "tls.client-certificate.chain",
                                file("client.pem"),
                                "tls.client-certificate.key",
                                file("client.key"))
                        .tls())
                .hasToString(shown);
        assertThat(network(
                                "tls.client-certificate.pkcs12",
                                file("client.p12"),
                                "tls.client-certificate.password",
                                "localhost")
                        .tls())
                .hasToString(shown);
        assertThatThrownBy(() -> network(
                        "tls.client-certificate.pkcs12",
                        file("client.p12"),
                        "tls.client-certificate.password",
                        "other"))
                .hasMessageContaining("llm.propagation.tls.client-certificate.pkcs12", "password");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            connect-timeout | 1s | connectTimeout=PT1S
            read-timeout    | 2s | readTimeout=PT2S
            write-timeout   | 3s | writeTimeout=PT3S
            call-timeout    | 4s | callTimeout=PT4S
            ping-interval   | 5s | pingInterval=PT5S
            keep-alive      | 6s | keepAlive=PT6S
            max-requests    | 7  | maxRequests=7, 7 per host
            max-requests-per-host | 3 | maxRequests=64, 3 per host
            """)
    void connections_areOneSettingEach(String property, String value, String told) {
        assertThat(network("connections." + property, value).connections())
                .hasToString("ConnectionSettings{" + told + "}");
    }

    @Test
    void requestsInAllAndPerHost_areApart() {
        assertThat(network("connections.max-requests", "9", "connections.max-requests-per-host", "3")
                        .connections())
                .hasToString("ConnectionSettings{maxRequests=9, 3 per host}");
    }
}
