package dev.llmpropagation.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import dev.llmpropagation.fixtures.Requests;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLParameters;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What a server sees of a client with these settings, and what is said of files that are not what they should be. */
class TlsSettingsTest {

    private static final HeldCertificate AUTHORITY = new HeldCertificate.Builder()
            .commonName("CA")
            .certificateAuthority(0)
            .build();
    private static final HeldCertificate SERVER = new HeldCertificate.Builder()
            .addSubjectAlternativeName("localhost")
            .signedBy(AUTHORITY)
            .build();
    private static final HeldCertificate EC_CLIENT = client().ecdsa256().build();
    private static final HeldCertificate RSA_CLIENT = client().rsa2048().build();

    private static HttpsServer open;
    private static HttpsServer mutual;

    @TempDir
    Path directory;

    private static HeldCertificate.Builder client() {
        return new HeldCertificate.Builder().commonName("agent").signedBy(AUTHORITY);
    }

    @BeforeAll
    static void start() throws IOException {
        open = server(false);
        mutual = server(true);
    }

    @AfterAll
    static void stop() {
        open.stop(0);
        mutual.stop(0);
    }

    @Test
    void systemTrust_doesNotKnowThePrivateAuthority() {
        assertThatThrownBy(() -> get(TlsSettings.systemTrust(), open)).isInstanceOf(SSLHandshakeException.class);
    }

    @Test
    void trust_addsToTheSystemsOrStandsAlone() throws IOException {
        Path file = write("ca.pem", "# of the company\n" + AUTHORITY.certificatePem());
        assertThat(get(TlsSettings.systemTrust().trust(file), open)).isEqualTo(200);
        assertThat(get(TlsSettings.ownTrustOnly().trustPem(AUTHORITY.certificatePem()), open))
                .isEqualTo(200);
        int system = trusted(TlsSettings.systemTrust());
        assertThat(system).isPositive();
        assertThat(trusted(TlsSettings.systemTrust().trust(file))).isEqualTo(system + 1);
        assertThat(trusted(TlsSettings.ownTrustOnly().trust(file))).isEqualTo(1);
    }

    @Test
    void trust_takesSeveralOfOneFile() {
        TlsSettings both = TlsSettings.ownTrustOnly().trustPem(SERVER.certificatePem() + AUTHORITY.certificatePem());
        assertThat(trusted(both)).isEqualTo(2);
    }

    @Test
    void hostNames_areVerifiedStill() {
        TlsSettings tls = TlsSettings.systemTrust().trustPem(AUTHORITY.certificatePem());
        OkHttpClient client = tls.applyTo(new OkHttpClient.Builder()).build();
        Request request = Requests.get("https://127.0.0.1:" + open.getAddress().getPort());
        assertThatThrownBy(() -> client.newCall(request).execute()).hasMessageContaining("127.0.0.1 not verified");
    }

    @Test
    void serverThatAsks_refusesClientsWithoutCertificate() {
        assertThatThrownBy(() -> get(trusting(), mutual)).isInstanceOf(IOException.class);
    }

    /** Each form in which OpenSSL writes a key. */
    static Stream<List<String>> keys() {
        return Stream.of(
                List.of("EC PKCS#8", EC_CLIENT.certificatePem(), EC_CLIENT.privateKeyPkcs8Pem()),
                List.of("EC SEC 1", EC_CLIENT.certificatePem(), bareEc(EC_CLIENT.keyPair())),
                List.of("RSA PKCS#8", RSA_CLIENT.certificatePem(), RSA_CLIENT.privateKeyPkcs8Pem()),
                List.of("RSA PKCS#1", RSA_CLIENT.certificatePem(), RSA_CLIENT.privateKeyPkcs1Pem()));
    }

    @ParameterizedTest
    @MethodSource("keys")
    void clientCertificate_isShown(List<String> form) throws IOException {
        Path chain = write("chain.pem", form.get(1) + AUTHORITY.certificatePem());
        Path key = write("key.pem", form.get(2));
        assertThat(get(trusting().clientCertificate(chain, key), mutual)).isEqualTo(200);
        assertThat(get(trusting().clientCertificatePem(form.get(1), form.get(2)), mutual))
                .isEqualTo(200);
        Path both = write("both.pem", form.get(2) + form.get(1));
        assertThat(get(trusting().clientCertificate(both, both), mutual)).isEqualTo(200);
    }

    @Test
    void pkcs12_isOpenedByItsPassword() throws Exception {
        Path file = pkcs12("s3cret-MARKER", "s3cret-MARKER");
        Path otherKey = pkcs12("s3cret-MARKER", "other");
        assertThatThrownBy(() -> trusting().clientCertificate(otherKey, () -> "s3cret-MARKER"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(otherKey + ": the password opens the file but not the key in it; both need the same one");
        TlsSettings tls = trusting().clientCertificate(file, () -> "s3cret-MARKER");
        assertThat(get(tls, mutual)).isEqualTo(200);
        assertThat(tls.toString()).contains("CN=agent").doesNotContain("MARKER");
        assertThatThrownBy(() -> trusting().clientCertificate(file, () -> "wrong-MARKER"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(file + ": the password does not open it")
                .hasNoCause();
    }

    /** A file that would keep a program from starting for an hour. */
    @Test
    void pkcs12OfEndlessRounds_isRefusedAtOnce() throws Exception {
        System.setProperty("keystore.pkcs12.macIterationCount", "70000");
        Path file;
        try {
            file = pkcs12("MARKER", "MARKER");
        } finally {
            System.clearProperty("keystore.pkcs12.macIterationCount");
        }
        byte[] content = Files.readAllBytes(file);
        content[content.length - 3] = 0x7f; // the count of rounds is the last number of the file
        Files.write(file, content);
        assertThatThrownBy(() -> trusting().clientCertificate(file, () -> "MARKER"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(file + " is protected in a way that this JVM does not read")
                .hasNoCause();
    }

    @Test
    void filesThatAreNotWhatTheyShouldBe_areNamedWithTheRemedy() throws Exception {
        TlsSettings tls = TlsSettings.systemTrust();
        Path missing = directory.resolve("missing.pem");
        Path text = write("text.pem", "MARKER");
        Path key = write("key.pem", EC_CLIENT.privateKeyPkcs8Pem());
        Path certificate = write("certificate.pem", EC_CLIENT.certificatePem());
        Path otherKey = write("other.pem", new HeldCertificate.Builder().build().privateKeyPkcs8Pem());
        Path rsaKey = write("rsa.pem", RSA_CLIENT.privateKeyPkcs8Pem());
        Path damaged = write("damaged.pem", block("CERTIFICATE", "TUFSS0VS"));
        Path notBase64 = write("not64.pem", block("CERTIFICATE", "T"));
        Path encrypted = write("enc.pem", block("ENCRYPTED PRIVATE KEY", "TUFSS0VS"));
        Path oldEncrypted = write(
                "old.pem", block("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: DES-EDE3-CBC,00\n\nTUFSS0VS"));
        refused(() -> tls.trust(missing), "there is no file " + missing);
        refused(() -> tls.trust(directory), "the file " + directory + " cannot be read");
        refused(() -> tls.trust(text), text + " is not PEM", "openssl x509");
        refused(() -> tls.trust(key), key + " holds no certificate, but PRIVATE KEY");
        refused(() -> tls.trust(damaged), damaged + ": a certificate in it cannot be read");
        refused(() -> tls.trust(notBase64), notBase64 + ": the block CERTIFICATE is not base64");
        refused(() -> tls.trustPem("MARKER"), "TlsSettings.trustPem is not PEM");
        refused(() -> tls.clientCertificate(certificate, certificate), "holds no private key, but CERTIFICATE");
        refused(
                () -> tls.clientCertificate(certificate, otherKey),
                otherKey + ": this key does not belong",
                "CN=agent");
        refused(() -> tls.clientCertificate(certificate, rsaKey), rsaKey + ": this is no EC key");
        refused(() -> tls.clientCertificate(certificate, encrypted), encrypted + ": the key is encrypted", "PKCS12");
        refused(() -> tls.clientCertificate(certificate, oldEncrypted), oldEncrypted + ": the key is encrypted");
        refused(() -> tls.clientCertificate(text, () -> "MARKER"), text + " is not a PKCS12 file");
        refused(() -> TlsSettings.ownTrustOnly().applyTo(new OkHttpClient.Builder()), "trusts nobody: add trust(pem)");
    }

    /** A search from each BEGIN line to the end of the text would take an hour here. */
    @Test
    @Timeout(120)
    void pemOfManyBeginLines_isReadInOnePass() {
        TlsSettings tls = TlsSettings.systemTrust();
        int length = 4 * 1024 * 1024 - 100;
        String open = "-----BEGIN CERTIFICATE-----\n";
        refused(() -> tls.trustPem(open.repeat(length / open.length())), "the block CERTIFICATE has no -----END line");
        String comment = "-----BEGIN comment-----\n";
        refused(() -> tls.trustPem(comment.repeat(length / comment.length())), "TlsSettings.trustPem is not PEM");
        String other = "-----BEGIN A-----\n-----END B-----\n";
        refused(() -> tls.trustPem(other.repeat(length / other.length())), "the block A has no -----END line");
        String blocks = block("A", "").repeat(50_000);
        refused(() -> tls.trustPem(blocks), "holds no certificate, but A");
    }

    @Test
    void blockThatIsCutOff_isRefusedAndNotPassedOver() {
        String whole = AUTHORITY.certificatePem();
        String cut = whole.substring(0, whole.indexOf("-----END"));
        refused(() -> TlsSettings.systemTrust().trustPem(cut + whole), "the block CERTIFICATE has no -----END line");
        refused(() -> TlsSettings.systemTrust().trustPem(whole + cut), "the block CERTIFICATE has no -----END line");
    }

    @Test
    void fileWithoutEnd_isRefusedByItsLength() {
        Path endless = Path.of("/dev/zero");
        assumeThat(endless).exists();
        refused(() -> TlsSettings.systemTrust().trust(endless), "/dev/zero is longer than 4 MiB");
        refused(() -> TlsSettings.systemTrust().clientCertificate(endless, () -> "MARKER"), "longer than 4 MiB");
        refused(() -> TlsSettings.systemTrust().trustPem(" ".repeat(4 * 1024 * 1024 + 1)), "longer than 4 MiB");
    }

    private static void refused(ThrowingCallable call, String... parts) {
        assertThatThrownBy(call)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll(parts)
                .satisfies(thrown -> {
                    for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
                        assertThat("" + cause).doesNotContain("MARKER", "TUFSS0VS");
                    }
                });
    }

    private static String block(String label, String content) {
        return "-----BEGIN " + label + "-----\n" + content + "\n-----END " + label + "-----\n";
    }

    private static TlsSettings trusting() {
        return TlsSettings.systemTrust().trustPem(AUTHORITY.certificatePem());
    }

    private static int get(TlsSettings tls, HttpsServer server) throws IOException {
        OkHttpClient client = tls.applyTo(new OkHttpClient.Builder()).build();
        Request request =
                Requests.get("https://localhost:" + server.getAddress().getPort() + "/");
        return Requests.status(client, request);
    }

    private static int trusted(TlsSettings tls) {
        return tls.applyTo(new OkHttpClient.Builder())
                .build()
                .x509TrustManager()
                .getAcceptedIssuers()
                .length;
    }

    /** The key without the algorithm around it, as older OpenSSL writes it. */
    private static String bareEc(KeyPair pair) {
        byte[] pkcs8 = pair.getPrivate().getEncoded();
        int algorithm = 2 + 3; // behind the header and the version; all lengths take one byte
        int key = algorithm + 2 + pkcs8[algorithm + 1];
        byte[] bare = Arrays.copyOfRange(pkcs8, key + 2, pkcs8.length);
        return block("EC PRIVATE KEY", Base64.getMimeEncoder().encodeToString(bare));
    }

    private Path pkcs12(String password, String keyPassword) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("agent", EC_CLIENT.keyPair().getPrivate(), keyPassword.toCharArray(), new Certificate[] {
            EC_CLIENT.certificate()
        });
        Path file = directory.resolve(keyPassword.length() + ".p12");
        try (var out = Files.newOutputStream(file)) {
            store.store(out, password.toCharArray());
        }
        return file;
    }

    private Path write(String name, String content) throws IOException {
        return Files.writeString(directory.resolve(name), content);
    }

    private static HttpsServer server(boolean asksForCertificate) throws IOException {
        HandshakeCertificates certificates = new HandshakeCertificates.Builder()
                .heldCertificate(SERVER)
                .addTrustedCertificate(AUTHORITY.certificate())
                .build();
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(certificates.sslContext()) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters ssl = getSSLContext().getDefaultSSLParameters();
                ssl.setNeedClientAuth(asksForCertificate);
                parameters.setSSLParameters(ssl);
            }
        });
        server.createContext("/", exchange -> {
            exchange.sendResponseHeaders(200, -1);
            exchange.close();
        });
        server.start();
        return server;
    }

    @Test
    void nullFile_isRefusedByTheNameOfItsSetting() {
        TlsSettings tls = TlsSettings.systemTrust();
        Path file = Path.of("agent.pem");

        assertThatThrownBy(() -> tls.trust(null)).hasMessage("TlsSettings.trust");
        assertThatThrownBy(() -> tls.clientCertificate(null, file)).hasMessage("TlsSettings.clientCertificate: chain");
        assertThatThrownBy(() -> tls.clientCertificate(file, (Path) null))
                .hasMessage("TlsSettings.clientCertificate: key");
        assertThatThrownBy(() -> tls.clientCertificate(null, () -> ""))
                .hasMessage("TlsSettings.clientCertificate: pkcs12");
    }
}
