package dev.llmpropagation.network;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.UnrecoverableKeyException;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Collections;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import org.jspecify.annotations.Nullable;

/** A client's certificate chain and key. It shows no key. */
final class ClientCertificate {

    private static final char[] IN_MEMORY = new char[0];
    private static final int MAX_SUBJECT = 200;

    private final KeyStore store;
    private final String subject;

    private ClientCertificate(KeyStore store, String subject) {
        this.store = store;
        this.subject = subject;
    }

    static ClientCertificate pem(String chainSource, String chain, String keySource, String key) {
        List<X509Certificate> certificates = Pem.parse(chainSource, chain).certificates();
        X509Certificate own = certificates.get(0);
        PrivateKey privateKey = privateKey(keySource, Pem.parse(keySource, key).privateKey(), own.getPublicKey());
        if (!belongTogether(privateKey, own.getPublicKey())) {
            throw new IllegalArgumentException(keySource + ": this key does not belong to the first certificate in "
                    + chainSource + " (" + subject(own)
                    + "). The client's own certificate comes first, then those that signed it.");
        }
        try {
            return of(privateKey, certificates.toArray(new X509Certificate[0]));
        } catch (GeneralSecurityException | IOException e) {
            throw new IllegalArgumentException(chainSource + ": this chain and key cannot be used by TLS", e);
        }
    }

    private static ClientCertificate of(Key key, Certificate[] chain) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry("client", key, IN_MEMORY, chain);
        return new ClientCertificate(store, subject((X509Certificate) chain[0]));
    }

    /** Bounded and printable: the file may have anything there. */
    private static String subject(X509Certificate certificate) {
        String name = certificate.getSubjectX500Principal().getName();
        String bounded = name.length() <= MAX_SUBJECT ? name : name.substring(0, MAX_SUBJECT) + "…";
        return bounded.replaceAll("[^\\x20-\\x7e…\\p{L}\\p{M}\\p{N}]", "?");
    }

    static ClientCertificate pkcs12(String source, byte[] content, @Nullable String password) {
        char[] secret = password == null ? IN_MEMORY : password.toCharArray();
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(new ByteArrayInputStream(content), secret);
            for (String alias : Collections.list(store.aliases())) {
                if (store.isKeyEntry(alias) && store.getCertificate(alias) instanceof X509Certificate) {
                    // Only this entry is kept. It is opened here, where a message can name the file.
                    return of(store.getKey(alias, secret), store.getCertificateChain(alias));
                }
            }
        } catch (UnrecoverableKeyException e) {
            throw new IllegalArgumentException(
                    source + ": the password opens the file but not the key in it; both need the same one");
        } catch (IOException e) {
            // what KeyStore.load names as the cause of a wrong password
            boolean wrongPassword = e.getCause() instanceof UnrecoverableKeyException;
            // A cipher that this JVM has not, or more rounds of hashing than it would ever do: 5 million.
            boolean unreadable = e.getCause() instanceof GeneralSecurityException;
            throw new IllegalArgumentException(
                    wrongPassword
                            ? source + ": the password does not open it"
                            : unreadable
                                    ? source + " is protected in a way that this JVM does not read"
                                    : source + " is not a PKCS12 file. For PEM, call clientCertificate(chain, key).",
                    null);
        } catch (GeneralSecurityException | RuntimeException e) {
            throw new IllegalArgumentException(source + " is not a PKCS12 file that can be read", null);
        }
        throw new IllegalArgumentException(source + " holds no private key with its certificate");
    }

    KeyManager[] keyManagers() throws GeneralSecurityException {
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, IN_MEMORY);
        return factory.getKeyManagers();
    }

    /** The subject of the certificate, which every server sees that asks for it. */
    @Override
    public String toString() {
        return subject;
    }

    private static PrivateKey privateKey(String source, Pem.Block block, PublicKey publicKey) {
        if (block.label.startsWith("ENCRYPTED")) {
            throw new IllegalArgumentException(source + ": the key is encrypted. Put key and chain into a PKCS12 file"
                    + " (openssl pkcs12 -export -inkey KEY -in CHAIN -out FILE.p12) and give its password.");
        }
        byte[] pkcs8 = block.label.equals("PRIVATE KEY") ? block.der : Der.pkcs8(publicKey.getEncoded(), block.der);
        try {
            return KeyFactory.getInstance(publicKey.getAlgorithm()).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
        } catch (GeneralSecurityException | RuntimeException e) {
            // without the cause, whose text could show what was read
            throw new IllegalArgumentException(source + ": this is no " + publicKey.getAlgorithm()
                    + " key, as the certificate needs it, or it is damaged. openssl pkcs8 -topk8 -nocrypt -in KEY makes"
                    + " one that every program reads.");
        }
    }

    private static boolean belongTogether(PrivateKey privateKey, PublicKey publicKey) {
        String algorithm =
                switch (publicKey.getAlgorithm()) {
                    case "RSA" -> "SHA256withRSA";
                    case "EC" -> "SHA256withECDSA";
                    default -> publicKey.getAlgorithm();
                };
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(privateKey);
            signature.update((byte) 1);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update((byte) 1);
            return signature.verify(signed);
        } catch (GeneralSecurityException | RuntimeException e) {
            return false;
        }
    }
}
