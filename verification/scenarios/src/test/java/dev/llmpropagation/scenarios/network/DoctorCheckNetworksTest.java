package dev.llmpropagation.scenarios.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import okhttp3.tls.HeldCertificate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code doctor check} through squid and microsocks, and with client certificates, at nginx too. */
class DoctorCheckNetworksTest extends DoctorCheckSetUp {

    private static final ScriptedService SERVICE = ScriptedService.http(ScriptedService.Shape.OPENAI);

    @RegisterExtension
    static final Squid squid = new Squid();

    @RegisterExtension
    static final Microsocks microsocks = new Microsocks();

    @RegisterExtension
    static final Nginx nginx = new Nginx(CERTIFICATES, SERVICE.port());

    private String ca;

    @BeforeEach
    void start() throws IOException {
        service = ScriptedService.https(ScriptedService.Shape.OPENAI, CERTIFICATES);
        ca = write("ca.pem", CERTIFICATES.authority.certificatePem());
    }

    /** Through which proxy, and how its address is written. */
    enum Way {
        SQUID("http", Squid.USER, Squid.PASSWORD),
        MICROSOCKS("socks5", Microsocks.USER, Microsocks.PASSWORD);

        private final String scheme;
        private final String user;
        private final String password;

        Way(String scheme, String user, String password) {
            this.scheme = scheme;
            this.user = user;
            this.password = password;
        }

        String url() {
            return scheme + "://127.0.0.1:" + (this == SQUID ? squid.port() : microsocks.port());
        }

        /** By a name that this machine's resolver does not know, where the proxy knows it. */
        String host() {
            return this == SQUID ? Squid.KNOWN_HOST : "localhost";
        }
    }

    @ParameterizedTest
    @EnumSource
    void throughTheProxy_allStagesPass(Way way) throws Exception {
        JsonNode report = doctor.json(0, through(way, way.password, url(way), "--model", "m", "--live"));

        assertThat(DoctorOutput.statuses(report))
                .containsExactly("passed", "passed", "passed", "warning", "passed", "passed", "passed", "passed");
        assertThat(report.at("/stages/2/detail").asText()).contains("with credentials");
        assertThat(report.at("/stages/3/remedy").asText()).contains("company CA");
        assertThat(service.received()).hasSize(2);
    }

    @ParameterizedTest
    @EnumSource
    void wrongPassword_failsAtTheProxy(Way way) throws Exception {
        JsonNode report =
                doctor.assertFailsInBothForms(13, "proxy", "proxy_auth", through(way, "MARKER-wrong", url(way)));

        assertThat(report.at("/stages/2/remedy").asText()).contains("--proxy-user USER");
        assertThat(service.received()).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void noPassword_failsAtTheProxy(Way way) throws Exception {
        doctor.assertFailsInBothForms(
                13, "proxy", "proxy_auth", checkOf(url(way), "--proxy", way.url(), "--proxy-loopback"));
    }

    @ParameterizedTest
    @EnumSource
    void portThatTheProxyCannotReach_failsAtTheProxy(Way way) throws Exception {
        String url = "https://" + way.host() + ':' + RealServer.freePort() + "/v1";

        doctor.assertFails(13, "proxy", "proxy", through(way, way.password, url));
    }

    @ParameterizedTest
    @EnumSource
    void deadProxy_failsAtTcp(Way way) throws Exception {
        String dead = way.scheme + "://127.0.0.1:" + RealServer.freePort();

        JsonNode report = doctor.assertFails(
                12,
                "connect",
                "connect",
                checkOf(
                        url(way),
                        "--proxy",
                        dead,
                        "--proxy-loopback",
                        "--proxy-user",
                        way.user,
                        "--proxy-password-file",
                        password(way)));

        assertThat(report.at("/stages/1/remedy").asText()).contains("of the proxy");
    }

    @ParameterizedTest
    @ValueSource(strings = {"http", "socks5"})
    void proxyThatNobodyKnows_failsAtDns(String scheme) throws Exception {
        JsonNode report = doctor.assertFails(
                11, "dns", "dns", checkOf("https://service.example/v1", "--proxy", scheme + "://nobody.invalid:3128"));

        assertThat(report.at("/stages/0/remedy").asText()).isEqualTo("Check the proxy's name.");
    }

    @Test
    void hostThatSquidForbids_failsAtTheProxy() throws Exception {
        String url = "https://" + Squid.FORBIDDEN_HOST + "/v1";

        JsonNode report = doctor.assertFails(13, "proxy", "proxy", through(Way.SQUID, Squid.PASSWORD, url));

        assertThat(report.at("/stages/2/detail").asText()).contains("403");
        assertThat(report.at("/stages/2/remedy").asText()).contains("Ask for " + Squid.FORBIDDEN_HOST);
    }

    @Test
    void plainRequestThatSquidForbids_namesTheProxyToo() throws Exception {
        JsonNode report = doctor.assertFails(
                15,
                "authentication",
                "forbidden",
                through(Way.SQUID, Squid.PASSWORD, "http://" + Squid.FORBIDDEN_HOST + "/v1"));

        assertThat(report.at("/stages/4/remedy").asText()).contains("the log of the proxy 127.0.0.1");
    }

    @Test
    void plainRequestWithAWrongPassword_failsAtTheProxy() throws Exception {
        String url = "http://" + Squid.KNOWN_HOST + ':' + SERVICE.port() + "/v1";

        doctor.assertFailsInBothForms(13, "proxy", "proxy_auth", through(Way.SQUID, "MARKER-wrong", url));
    }

    /** squid waits for the rest of what it takes for a request. */
    @Test
    void proxyOfTheOtherKind_failsAtTheProxy() throws Exception {
        doctor.assertFails(
                13,
                "proxy",
                "timeout",
                checkOf(url(Way.SQUID), "--proxy", "socks5://127.0.0.1:" + squid.port(), "--timeout", "1"));
        doctor.assertFails(
                13, "proxy", "proxy", checkOf(url(Way.SQUID), "--proxy", "http://127.0.0.1:" + microsocks.port()));
    }

    @ParameterizedTest
    @EnumSource
    void unknownIssuerBehindTheProxy_failsAtTls(Way way) throws Exception {
        List<String> args = through(way, way.password, url(way));
        int trusted = args.indexOf("--ca");
        args.subList(trusted, trusted + 2).clear();

        JsonNode report = doctor.assertFailsInBothForms(14, "tls", "tls", args);

        assertThat(report.at("/stages/2/status").asText()).isEqualTo("passed");
        assertThat(report.at("/stages/3/detail").asText()).contains("company CA");
    }

    @Test
    void expiredCertificateOfNginx_failsAtTls() throws Exception {
        JsonNode report =
                doctor.assertFails(14, "tls", "tls", checkOf("https://localhost:" + nginx.expiredPort() + "/v1"));

        assertThat(report.at("/stages/3/detail").asText()).contains("has expired");
    }

    @Test
    void certificateOfAnotherHost_failsAtTls() throws Exception {
        JsonNode report = doctor.assertFails(14, "tls", "tls", checkOf("https://127.0.0.1:" + service.port() + "/v1"));

        assertThat(report.at("/stages/3/detail").asText()).contains("is not one of 127.0.0.1");
    }

    @Test
    void servicesOwnFailuresBehindTheProxy_failWhereTheyDoWithoutIt() throws Exception {
        List<String> args = through(Way.SQUID, Squid.PASSWORD, url(Way.SQUID), "--model", "m", "--live");
        service.errorMessage = "wrong key: " + KEY;
        service.callStatus = 503;
        doctor.assertFails(16, "model", "service_error", args);
        service.modelsStatus = 401;
        doctor.assertFails(15, "authentication", "unauthorized", args);
        service.modelsStatus = 200;
        service.callStatus = 200;
        service.complete = false;
        service.cut = true;
        doctor.assertFails(18, "end_of_stream", "stream_cut", args);
        service.cut = false;
        service.chunks = 0;
        service.stalls = true;
        args.addAll(List.of("--timeout", "3"));
        doctor.assertFails(17, "first_byte", "timeout", args);
    }

    @Test
    void clientCertificate_isShownToTheService() throws Exception {
        mutual();

        JsonNode report = doctor.json(0, checkOf(url(), withPem(CERTIFICATES.client)));

        assertThat(report.at("/stages/4/status").asText()).isEqualTo("passed");
        assertThat(service.received()).hasSize(1);
    }

    @Test
    void clientCertificateOfAPkcs12File_isShownToTheService() throws Exception {
        mutual();

        JsonNode report = doctor.json(0, checkOf(url(), "--client-cert", pkcs12()));

        assertThat(report.at("/stages/4/status").asText()).isEqualTo("passed");
    }

    @Test
    void clientCertificateThroughTheProxy_isShownToTheService() throws Exception {
        mutual();

        JsonNode report =
                doctor.json(0, through(Way.SQUID, Squid.PASSWORD, url(Way.SQUID), withPem(CERTIFICATES.client)));

        assertThat(report.at("/stages/4/status").asText()).isEqualTo("passed");
    }

    @Test
    void missingClientCertificate_failsAtTls() throws Exception {
        mutual();

        JsonNode report = doctor.assertFailsInBothForms(14, "tls", "tls", checkOf(url()));

        assertThat(report.at("/stages/3/remedy").asText()).contains("--client-cert FILE");
        assertThat(service.received()).isEmpty();
    }

    @Test
    void strangersClientCertificate_failsAtTls() throws Exception {
        mutual();

        doctor.assertFails(14, "tls", "tls", checkOf(url(), withPem(CERTIFICATES.strangersClient)));
    }

    @Test
    void clientCertificate_isShownToNginx() throws Exception {
        JsonNode report = doctor.json(
                0, checkOf("https://localhost:" + nginx.mutualPort() + "/v1", withPem(CERTIFICATES.client)));

        assertThat(report.at("/stages/3/detail").asText()).contains("h2");
        assertThat(report.at("/stages/4/status").asText()).isEqualTo("passed");
    }

    @Test
    void clientCertificateThatNginxMisses_failsAtTls() throws Exception {
        String url = "https://localhost:" + nginx.mutualPort() + "/v1";

        JsonNode report = doctor.assertFails(14, "tls", "tls", checkOf(url));
        assertThat(report.at("/stages/3/detail").asText())
                .contains("status 400")
                .contains("certificate of the client");
        doctor.assertFails(14, "tls", "tls", checkOf(url, withPem(CERTIFICATES.strangersClient)));
    }

    @Test
    void clientKeyOfAnotherCertificate_isWrongUsage() throws Exception {
        List<String> args = checkOf(
                url(),
                "--client-cert",
                write("client.pem", CERTIFICATES.client.certificatePem()),
                "--client-key",
                write("client.key", CERTIFICATES.strangersClient.privateKeyPkcs8Pem()));

        assertThat(doctor.check(args.toArray(String[]::new))).isEqualTo(2);
        assertThat(doctor.printed()).startsWith("--client-cert: ");
    }

    private void mutual() {
        service.close();
        service = ScriptedService.mutual(ScriptedService.Shape.OPENAI, CERTIFICATES);
    }

    private String url() {
        return "https://localhost:" + service.port() + "/v1";
    }

    private String url(Way way) {
        return "https://" + way.host() + ':' + service.port() + "/v1";
    }

    private List<String> through(Way way, String password, String url, String... more) throws IOException {
        return checkOf(
                url,
                Stream.concat(
                                Stream.of(
                                        "--proxy",
                                        way.url(),
                                        "--proxy-loopback",
                                        "--proxy-user",
                                        way.user,
                                        "--proxy-password-file",
                                        write("password", password)),
                                Stream.of(more))
                        .toArray(String[]::new));
    }

    private List<String> checkOf(String url, String... more) {
        List<String> args = new ArrayList<>(List.of("--base-url", url, "--key-file", keyFile, "--ca", ca));
        args.addAll(List.of(more));
        return args;
    }

    private String password(Way way) throws IOException {
        return write("password", way.password);
    }

    private String[] withPem(HeldCertificate client) throws IOException {
        return new String[] {
            "--client-cert",
            write("client.pem", client.certificatePem()),
            "--client-key",
            write("client.key", client.privateKeyPkcs8Pem())
        };
    }

    /** Without a password, as the test's environment has none. */
    private String pkcs12() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        Certificate[] chain = {CERTIFICATES.client.certificate()};
        store.setKeyEntry("client", CERTIFICATES.client.keyPair().getPrivate(), new char[0], chain);
        Path file = folder.resolve("client.p12");
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, new char[0]);
        }
        return file.toString();
    }

    private String write(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text).toString();
    }
}
