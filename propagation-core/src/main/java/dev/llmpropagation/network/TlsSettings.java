package dev.llmpropagation.network;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;

/**
 * Whom a client trusts, and what it shows of itself: for a proxy that inspects TLS, a gateway with a certificate of the
 * company's, mutual TLS. The same for the clients of both SDKs, by {@code tls(settings)} on their factories, and for any
 * OkHttpClient, by {@link #applyTo}. Nothing of the JVM is set.
 *
 * <pre>{@code
 * TlsSettings tls = TlsSettings.systemTrust()
 *         .trust(Path.of("/etc/ssl/corp-ca.pem"))
 *         .clientCertificate(Path.of("agent.pem"), Path.of("agent.key"));
 * }</pre>
 *
 * <p>Files are read, once, by the method that names them: a file that is missing or is not what it should be is an
 * {@link IllegalArgumentException} there, with the name of the file and never with its content; so is one that is longer
 * than 4 MiB. Host names are verified as always. Immutable and thread-safe. Nothing takes null.
 */
public final class TlsSettings {

    private final boolean system;
    private final List<X509Certificate> authorities;
    private final @Nullable ClientCertificate client;

    private TlsSettings(boolean system, List<X509Certificate> authorities, @Nullable ClientCertificate client) {
        this.system = system;
        this.authorities = List.copyOf(authorities);
        this.client = client;
    }

    /** Trusts what the JVM trusts, and what is added here. */
    public static TlsSettings systemTrust() {
        return new TlsSettings(true, List.of(), null);
    }

    /** Trusts only what is added here. */
    public static TlsSettings ownTrustOnly() {
        return new TlsSettings(false, List.of(), null);
    }

    /**
     * Trusts the certificates of this PEM file as well: authorities, or a server's own.
     *
     * @throws IllegalArgumentException if it cannot be read, or holds no certificate
     */
    public TlsSettings trust(Path pem) {
        requireNonNull(pem, "TlsSettings.trust");
        return trust(pem.toString(), text(pem));
    }

    /** As {@link #trust(Path)}, for the PEM text itself. */
    public TlsSettings trustPem(String pem) {
        return trust("TlsSettings.trustPem", requireNonNull(pem, "pem"));
    }

    private TlsSettings trust(String source, String pem) {
        List<X509Certificate> all = new ArrayList<>(authorities);
        all.addAll(Pem.parse(source, pem).certificates());
        return new TlsSettings(system, all, client);
    }

    /**
     * Shows this certificate to servers that ask for one.
     *
     * @param chain PEM file: the client's certificate, then those that signed it
     * @param key PEM file: its private key, not encrypted, as PKCS#8, PKCS#1 (RSA) or SEC 1 (EC); may be the same file
     * @throws IllegalArgumentException if a file cannot be read, or the key is not that of the first certificate
     */
    public TlsSettings clientCertificate(Path chain, Path key) {
        requireNonNull(chain, "TlsSettings.clientCertificate: chain");
        requireNonNull(key, "TlsSettings.clientCertificate: key");
        return with(ClientCertificate.pem(chain.toString(), text(chain), key.toString(), text(key)));
    }

    /** As {@link #clientCertificate(Path, Path)}, for the PEM texts themselves. */
    public TlsSettings clientCertificatePem(String chain, String key) {
        return with(ClientCertificate.pem(
                "TlsSettings.clientCertificatePem chain",
                requireNonNull(chain, "chain"),
                "TlsSettings.clientCertificatePem key",
                requireNonNull(key, "key")));
    }

    /**
     * Shows the certificate of this PKCS12 file ({@code .p12}, {@code .pfx}) to servers that ask for one. Opening it takes
     * as long as its rounds of hashing do; the JDK refuses more than 5 million.
     *
     * @param password asked once, now; null opens a file without password
     * @throws IllegalArgumentException if the file cannot be read or opened, or holds no key
     */
    public TlsSettings clientCertificate(Path pkcs12, Supplier<@Nullable String> password) {
        requireNonNull(pkcs12, "TlsSettings.clientCertificate: pkcs12");
        requireNonNull(password, "TlsSettings.clientCertificate: password");
        return with(ClientCertificate.pkcs12(pkcs12.toString(), bytes(pkcs12), password.get()));
    }

    private TlsSettings with(ClientCertificate certificate) {
        return new TlsSettings(system, authorities, certificate);
    }

    /**
     * Puts these settings into a client, in place of its {@code sslSocketFactory}. Returns the same builder.
     *
     * @throws IllegalArgumentException for {@link #ownTrustOnly} without any certificate: no server could be reached
     */
    public OkHttpClient.Builder applyTo(OkHttpClient.Builder builder) {
        if (!system && authorities.isEmpty()) {
            throw new IllegalArgumentException("TlsSettings.ownTrustOnly() trusts nobody: add trust(pem)");
        }
        try {
            X509TrustManager trust = trustManager();
            KeyManager @Nullable [] keys = client == null ? null : client.keyManagers();
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys, new TrustManager[] {trust}, null);
            return builder.sslSocketFactory(context.getSocketFactory(), trust);
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalStateException("This JVM cannot do TLS with " + this, e);
        }
    }

    private X509TrustManager trustManager() throws GeneralSecurityException, IOException {
        if (authorities.isEmpty()) {
            return x509(null);
        }
        // One store for all: OkHttp builds its chains from the issuers of one trust manager.
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        store.load(null, null);
        Stream<X509Certificate> inherited = system ? Stream.of(x509(null).getAcceptedIssuers()) : Stream.empty();
        List<X509Certificate> all =
                Stream.concat(inherited, authorities.stream()).toList();
        for (int i = 0; i < all.size(); i++) {
            store.setCertificateEntry(Integer.toString(i), all.get(i));
        }
        return x509(store);
    }

    /** @param store null for what the JVM trusts */
    private static X509TrustManager x509(@Nullable KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509TrustManager x509) {
                return x509;
            }
        }
        throw new GeneralSecurityException("no X.509 trust manager");
    }

    private static String text(Path file) {
        return new String(bytes(file), StandardCharsets.ISO_8859_1); // PEM is ASCII; comments may be anything
    }

    private static byte[] bytes(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(Pem.MAX_LENGTH + 1); // a device has no end
            if (bytes.length > Pem.MAX_LENGTH) {
                throw Pem.tooLong("TlsSettings: the file " + file);
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw new IllegalArgumentException("TlsSettings: there is no file " + file, e);
        } catch (IOException e) {
            throw new IllegalArgumentException("TlsSettings: the file " + file + " cannot be read", e);
        }
    }

    /** Whom it trusts, as numbers, and the subject of the client's certificate. */
    @Override
    public String toString() {
        return "TlsSettings{" + (system ? "system trust" : "own trust only") + ", " + authorities.size()
                + " certificates added" + (client == null ? "" : ", client certificate " + client) + '}';
    }
}
