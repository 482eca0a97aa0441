package dev.llmpropagation.scenarios.network;

import java.util.concurrent.TimeUnit;
import okhttp3.tls.HeldCertificate;

/** A company's own certificate authority, and what it has signed. Made anew in each run. */
final class Certificates {

    private static final long DAY = TimeUnit.DAYS.toMillis(1);

    final HeldCertificate authority = authority("company CA");
    final HeldCertificate server = signed("server").build();
    final HeldCertificate expiredServer = signed("expired")
            .validityInterval(System.currentTimeMillis() - 2 * DAY, System.currentTimeMillis() - DAY)
            .build();
    final HeldCertificate client = signed("client").build();

    /** By an authority that nobody here knows. */
    final HeldCertificate strangersClient = new HeldCertificate.Builder()
            .commonName("stranger")
            .signedBy(authority("stranger CA"))
            .build();

    private static HeldCertificate authority(String name) {
        return new HeldCertificate.Builder()
                .commonName(name)
                .certificateAuthority(0)
                .build();
    }

    private HeldCertificate.Builder signed(String name) {
        return new HeldCertificate.Builder()
                .commonName(name)
                .addSubjectAlternativeName("localhost")
                .addSubjectAlternativeName(Squid.KNOWN_HOST)
                .addSubjectAlternativeName(Squid.FORBIDDEN_HOST)
                .signedBy(authority);
    }
}
