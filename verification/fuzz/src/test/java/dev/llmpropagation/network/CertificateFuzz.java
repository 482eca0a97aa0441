package dev.llmpropagation.network;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.llmpropagation.fuzz.Parts;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Files with certificates and keys. */
class CertificateFuzz {

    // The dashes behind an end may be those before the next begin.
    private static final Pattern BLOCK = Pattern.compile(
            "-----BEGIN ((?![A-Z0-9 ]*[A-Z0-9]{15})[A-Z0-9 ]{1,40})-----((?:(?!-----BEGIN |-----END ).)*)-----END \\1(?=-----)",
            Pattern.DOTALL);
    private static final Pattern BEGIN =
            Pattern.compile("-----BEGIN (?![A-Z0-9 ]*[A-Z0-9]{15})[A-Z0-9 ]{1,40}(?=-----)");
    /** As long as a part of a key that would be of use to anybody. */
    private static final int LONG = 24;

    @FuzzTest
    void pem_isReadBlockByBlock_andShowsNothingOfThem(byte[] input) {
        String text = new String(input, ISO_8859_1);
        List<String> labels = new ArrayList<>();
        Matcher blocks = BLOCK.matcher(text);
        while (blocks.find()) {
            labels.add(blocks.group(1));
        }
        Pem pem = null;
        try {
            pem = Pem.parse("file", text);
            assertThat(labels).isNotEmpty();
            assertThat(BEGIN.matcher(text).results().count()).isEqualTo(labels.size());
            assertThat(pem.privateKey().label).endsWith(firstKey(labels));
        } catch (IllegalArgumentException e) {
            tellsNothingOf(text, e);
            assertThat(pem == null || firstKey(labels) == null).isTrue();
        }
        if (pem != null) {
            try {
                assertThat(pem.certificates()).hasSize((int) labels.stream()
                        .filter(label -> label.equals("CERTIFICATE") || label.equals("TRUSTED CERTIFICATE"))
                        .count());
            } catch (IllegalArgumentException e) {
                tellsNothingOf(text, e);
            }
        }
        try {
            ClientCertificate.pem("chain", text, "key", text);
        } catch (IllegalArgumentException e) {
            tellsNothingOf(text, e);
        }
        if (input.length > 0 && input[0] == '-') {
            try {
                Pem.parse("file", new String(Parts.manyTimes(input), ISO_8859_1));
            } catch (IllegalArgumentException e) {
                assertThat(e.getMessage().length()).isLessThan(400);
            }
        }
    }

    @FuzzTest
    void pkcs12_isRefusedWithOneWordToItsUser(byte[] input) {
        try {
            assertThat(ClientCertificate.pkcs12("file", input, "secret").toString())
                    .isNotNull();
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).matches("file[ :][\\x20-\\x7e]{1,200}").doesNotContain("secret");
            assertThat(e.getCause()).isNull();
        }
    }

    /** As ours names a key that is encrypted inside its block. */
    private static @Nullable String firstKey(List<String> labels) {
        return labels.stream()
                .filter(label -> label.endsWith("PRIVATE KEY"))
                .findFirst()
                .orElse(null);
    }

    private static void tellsNothingOf(String text, IllegalArgumentException e) {
        StringBuilder all = new StringBuilder();
        for (Throwable cause = e; cause != null; cause = cause.getCause()) {
            all.append(cause.getMessage()).append('\n');
        }
        // A name in a certificate may have letters of any language.
        assertThat(e.getMessage()).matches("[^\\p{Cc}\\p{Cf}\\p{Cs}\\p{Cn}\\p{Zl}\\p{Zp}]{1,400}");
        String message = all.toString();
        for (int i = 0; i + LONG <= message.length(); i++) {
            String part = message.substring(i, i + LONG);
            if (part.matches("[A-Za-z0-9+/=]*")) {
                assertThat(text).doesNotContain(part);
            }
        }
    }
}
