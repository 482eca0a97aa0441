package dev.llmpropagation.scenarios.network;

import java.io.IOException;
import java.io.InputStream;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** The self-signed certificate that WireMock brings, for servers that WireMock cannot be. */
final class LocalTls {

    private static final char[] PASSWORD = "password".toCharArray();

    private LocalTls() {}

    static SSLContext server() throws IOException, GeneralSecurityException {
        try (InputStream stored = LocalTls.class.getResourceAsStream("/keystore")) {
            KeyStore keys = KeyStore.getInstance("JKS");
            keys.load(stored, PASSWORD);
            KeyManagerFactory managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            managers.init(keys, PASSWORD);
            SSLContext tls = SSLContext.getInstance("TLS");
            tls.init(managers.getKeyManagers(), null, null);
            return tls;
        }
    }
}
