package dev.llmpropagation.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Base64;
import java.util.Objects;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

/** The self-signed certificate of every {@link LlmServer}, for localhost. Its key protects nothing: it is in the jar. */
final class TestCertificate {

    static final String RESOURCE = "dev/llmpropagation/testkit/localhost.p12";
    static final String PASSWORD = "localhost";
    static final String TYPE = "PKCS12";

    private static final String ALIAS = "localhost";

    private TestCertificate() {}

    static X509TrustManager trustManager() {
        try {
            KeyStore trusted = KeyStore.getInstance(TYPE);
            trusted.load(null, null);
            trusted.setCertificateEntry(ALIAS, certificate());
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(trusted);
            return (X509TrustManager) factory.getTrustManagers()[0];
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("The certificate of LlmServer cannot be trusted on this JVM", e);
        }
    }

    static String pem() {
        try {
            return "-----BEGIN CERTIFICATE-----\n"
                    + Base64.getMimeEncoder(64, new byte[] {'\n'})
                            .encodeToString(certificate().getEncoded())
                    + "\n-----END CERTIFICATE-----\n";
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("The certificate of LlmServer cannot be read on this JVM", e);
        }
    }

    private static Certificate certificate() throws GeneralSecurityException, IOException {
        try (InputStream stored = TestCertificate.class.getResourceAsStream("localhost.p12")) {
            KeyStore keys = KeyStore.getInstance(TYPE);
            keys.load(Objects.requireNonNull(stored), PASSWORD.toCharArray());
            return keys.getCertificate(ALIAS);
        }
    }
}
