package dev.llmpropagation.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Base64;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import okhttp3.tls.HeldCertificate;

/** Damaged PEM: a clear refusal or a use, and never a piece of the key in the message. */
class PemPropertyTest {

    private static final HeldCertificate CLIENT =
            new HeldCertificate.Builder().commonName("agent").build();
    private static final String CHAIN = CLIENT.certificatePem();
    private static final String KEY = CLIENT.privateKeyPkcs8Pem();
    private static final int PIECE = 12;

    @Property
    void damagedText_isRefusedByNameOrUsed(
            @ForAll @IntRange(max = 2000) int at, @ForAll @IntRange(max = 40) int removed, @ForAll String inserted) {
        String key = damage(KEY, at, removed, inserted);
        String chain = damage(CHAIN, at, removed, inserted);
        checked(() -> TlsSettings.systemTrust().clientCertificatePem(CHAIN, key));
        checked(() -> TlsSettings.systemTrust().clientCertificatePem(chain, KEY));
        checked(() -> TlsSettings.systemTrust().trustPem(chain));
    }

    @Property
    void anyBytesInABlock_areRefusedByNameOrUsed(@ForAll byte[] content) {
        for (String label : new String[] {"CERTIFICATE", "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"}) {
            String pem = "-----BEGIN " + label + "-----\n" + Base64.getEncoder().encodeToString(content) + "\n-----END "
                    + label + "-----\n";
            checked(() -> TlsSettings.systemTrust().trustPem(pem));
            checked(() -> TlsSettings.systemTrust().clientCertificatePem(CHAIN, pem));
        }
    }

    private static void checked(Runnable use) {
        try {
            use.run();
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).startsWith("TlsSettings.");
            String key = KEY.lines().skip(1).reduce("", String::concat);
            for (int i = 0; i + PIECE <= key.length(); i += PIECE) {
                assertThat(e.getMessage()).doesNotContain(key.substring(i, i + PIECE));
            }
        }
    }

    private static String damage(String text, int at, int removed, String inserted) {
        int start = at % text.length();
        return text.substring(0, start) + inserted + text.substring(Math.min(text.length(), start + removed));
    }
}
