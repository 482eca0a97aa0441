package dev.llmpropagation.verification.doctor.check;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** What a server shows of itself. */
final class Certificates {

    private Certificates() {}

    /**
     * The chain that the server shows, its own certificate first; empty if it shows none. The handshake is always broken
     * off, so no request goes to a server that nobody vouches for.
     */
    static List<X509Certificate> shownTo(Plan plan) {
        AtomicReference<List<X509Certificate>> shown = new AtomicReference<>(List.of());
        X509TrustManager looking = new X509TrustManager() {
            @Override
            public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
                throw new CertificateException("only looking");
            }

            @Override
            public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
                shown.set(List.of(chain));
                throw new CertificateException("only looking");
            }

            @Override
            public X509Certificate[] getAcceptedIssuers() {
                return new X509Certificate[0];
            }
        };
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, new TrustManager[] {looking}, null);
            OkHttpClient client = plan.proxy()
                    .applyTo(plan.connections().applyTo(new OkHttpClient.Builder()))
                    .sslSocketFactory(context.getSocketFactory(), looking)
                    .retryOnConnectionFailure(false)
                    .build();
            try (Response response = client.newCall(
                            new Request.Builder().url(plan.url()).head().build())
                    .execute()) {
                throw new IllegalStateException("A handshake succeeded that cannot: " + response.code());
            }
        } catch (IOException | GeneralSecurityException e) {
            return requireNonNull(shown.get());
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
}
