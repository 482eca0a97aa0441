package dev.llmpropagation.doctor.check;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.Principal;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509TrustManager;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.jspecify.annotations.Nullable;

/** What a server shows of itself. */
final class Certificates {

    private Certificates() {}

    /**
     * The chain that the server shows, its own certificate first; empty if it shows none. No request goes to a server that
     * nobody vouches for.
     */
    static List<X509Certificate> shownTo(CheckPlan plan) {
        AtomicReference<List<X509Certificate>> shown = new AtomicReference<>(List.of());
        X509TrustManager looking = new Anybody() {
            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
                shown.set(List.of(chain));
                throw new CertificateException("only looking");
            }
        };
        shake(plan, looking, null);
        return requireNonNull(shown.get());
    }

    /**
     * Whether the server asks for a certificate of the client. No request is sent: with TLS 1.3 a server hangs up after
     * the handshake where it misses one, and then nobody is told why.
     */
    static boolean askedOfClient(CheckPlan plan) {
        AtomicBoolean asked = new AtomicBoolean();
        X509ExtendedKeyManager listening = new X509ExtendedKeyManager() {
            @Override
            public @Nullable String chooseClientAlias(String[] types, Principal[] issuers, Socket socket) {
                asked.set(true);
                return null;
            }

            @Override
            public String @Nullable [] getClientAliases(String type, Principal[] issuers) {
                return null;
            }

            @Override
            public String @Nullable [] getServerAliases(String type, Principal[] issuers) {
                return null;
            }

            @Override
            public @Nullable String chooseServerAlias(String type, Principal[] issuers, Socket socket) {
                return null;
            }

            @Override
            public X509Certificate @Nullable [] getCertificateChain(String alias) {
                return null;
            }

            @Override
            public @Nullable PrivateKey getPrivateKey(String alias) {
                return null;
            }
        };
        shake(plan, new Anybody(), listening);
        return asked.get();
    }

    /** A handshake, and never a request. */
    private static void shake(CheckPlan plan, X509TrustManager trust, @Nullable KeyManager keys) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keys == null ? null : new KeyManager[] {keys}, new TrustManager[] {trust}, null);
            OkHttpClient client = plan.proxy()
                    .applyTo(plan.connections().applyTo(new OkHttpClient.Builder()))
                    .sslSocketFactory(context.getSocketFactory(), trust)
                    .retryOnConnectionFailure(false)
                    .addNetworkInterceptor(chain -> {
                        throw new IOException("only looking");
                    })
                    .build();
            client.newCall(new Request.Builder().url(plan.url()).head().build())
                    .execute()
                    .close();
        } catch (IOException | GeneralSecurityException e) {
            // What was to be seen has been seen.
        }
    }

    /** Whether Java trusts it as it comes, without what was added. */
    static boolean isPublic(List<X509Certificate> chain) {
        try {
            TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init((KeyStore) null);
            for (TrustManager manager : factory.getTrustManagers()) {
                if (manager instanceof X509TrustManager trust) {
                    trust.checkServerTrusted(chain.toArray(new X509Certificate[0]), "UNKNOWN");
                    return true;
                }
            }
            return false;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** Who vouches for the chain: the issuer of its last certificate. */
    static String issuer(List<X509Certificate> chain) {
        return name(chain.get(chain.size() - 1).getIssuerX500Principal().getName());
    }

    static boolean hasExpired(X509Certificate certificate) {
        return certificate.getNotAfter().toInstant().isBefore(Instant.now());
    }

    /** The common name, else the organisation, else all of it. */
    private static String name(String distinguished) {
        String organisation = value(distinguished, "O");
        String common = value(distinguished, "CN");
        if (common == null) {
            return organisation == null ? distinguished : organisation;
        }
        return organisation == null || common.contains(organisation) ? common : common + ", " + organisation;
    }

    private static @Nullable String value(String distinguished, String type) {
        try {
            return new LdapName(distinguished)
                    .getRdns().stream()
                            .filter(rdn -> rdn.getType().equalsIgnoreCase(type))
                            .map(Rdn::getValue)
                            .map(Object::toString)
                            .findFirst()
                            .orElse(null);
        } catch (InvalidNameException e) {
            return null;
        }
    }

    /** Trusts any server, and so nothing may be said to it. */
    private static class Anybody implements X509TrustManager {

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw new CertificateException("only looking");
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }
}
