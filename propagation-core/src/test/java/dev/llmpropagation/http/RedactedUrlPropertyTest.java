package dev.llmpropagation.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import okhttp3.HttpUrl;

class RedactedUrlPropertyTest {

    private static final Set<String> SECRET = Set.of(
            "x-amz-signature",
            "x-amz-credential",
            "x-amz-security-token",
            "awsaccesskeyid",
            "signature",
            "sig",
            "x-goog-signature",
            "key",
            "api_key",
            "api-key",
            "access_token",
            "token");

    /** The oracle is OkHttp's own reading of the names. */
    @Property(tries = 20_000)
    void of_replacesExactlyTheSecretValues(@ForAll("url") String text) {
        HttpUrl url = HttpUrl.get(text);

        String redacted = RedactedUrl.of(url);
        HttpUrl shown = HttpUrl.get(redacted);

        assertThat(redacted).hasToString(shown.toString());
        assertThat(shown.querySize()).isEqualTo(url.querySize());
        for (int i = 0; i < url.querySize(); i++) {
            String name = url.queryParameterName(i);
            String value = url.queryParameterValue(i);
            boolean secret = value != null
                    && SECRET.contains(name.substring(name.lastIndexOf('?') + 1).toLowerCase(Locale.ROOT));
            assertThat(shown.queryParameterName(i)).isEqualTo(name);
            assertThat(shown.queryParameterValue(i)).isEqualTo(secret ? "REDACTED" : value);
        }
        boolean userInfo = !url.username().isEmpty() || !url.password().isEmpty();
        assertThat(shown.username() + ":" + shown.password()).isEqualTo(userInfo ? "REDACTED:REDACTED" : ":");
        assertThat(shown.encodedPath()).isEqualTo(url.encodedPath());
        assertThat(shown.host()).isEqualTo(url.host());
        assertThat(shown.port()).isEqualTo(url.port());
        assertThat(RedactedUrl.of(shown)).isEqualTo(redacted);
    }

    @Property(tries = 20_000)
    void ofText_showsNoSecret(
            @ForAll("scheme") String scheme,
            @ForAll("odd") String odd,
            @ForAll("host") String host,
            @ForAll("secretName") String name,
            @ForAll boolean fragment) {
        String text = scheme + "user:" + odd + "hunter2" + odd + "@" + host + (fragment ? "#" : "?") + "a=b&" + name
                + "=" + odd + "hunter2";

        assertThat(RedactedUrl.ofText(text)).doesNotContain("hunter2");
    }

    @Property(tries = 10_000)
    void ofText_neverThrows(@ForAll String text) {
        assertThat(RedactedUrl.ofText(text)).isNotNull();
        assertThat(RedactedUrl.ofText("https://h/" + text)).isNotNull();
        assertThat(RedactedUrl.ofText("https://" + text)).isNotNull();
    }

    @Example
    void ofText_regressions() {
        for (String text :
                List.of("https://h/?", "https://h/#", "https://h?#", "https://h/?&", "https://h/?%", "https:"))
            assertThat(RedactedUrl.ofText(text)).isNotNull();
    }

    @Provide
    Arbitrary<String> secretName() {
        return Combinators.combine(
                        Arbitraries.of(SECRET), Arbitraries.integers().between(0, 1 << 20))
                .as(RedactedUrlPropertyTest::spelling);
    }

    /** Two bits of the choice per letter: as it is, upper case, percent-encoded in either case. */
    private static String spelling(String name, int choice) {
        StringBuilder spelled = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            switch (choice >> (2 * (i % 10)) & 3) {
                case 0 -> spelled.append(c);
                case 1 -> spelled.append(Character.toUpperCase(c));
                case 2 -> spelled.append(String.format("%%%02x", (int) c));
                default -> spelled.append(String.format("%%%02X", (int) Character.toUpperCase(c)));
            }
        }
        return spelled.toString();
    }

    @Provide
    Arbitrary<String> url() {
        Arbitrary<String> value =
                Arbitraries.strings().withChars("ab1=%+;:@/?é ").ofMaxLength(6);
        Arbitrary<String> plain = Arbitraries.strings().withChars("keyab%6+;?").ofMaxLength(5);
        Arbitrary<String> pair = Combinators.combine(
                        Arbitraries.oneOf(secretName(), plain), Arbitraries.of("=", ""), value)
                .as((name, equals, v) -> name + equals + v);
        return Combinators.combine(
                        Arbitraries.of("http://", "https://"),
                        Arbitraries.of("", "u@", "u:p@", ":p@", "u%40:%3A@", "@"),
                        Arbitraries.of("h", "H.Example.", "[::1]:8080", "bücher.example", "10.0.0.1:81"),
                        Arbitraries.of("", "/", "/a@b/key=c", "/%2F;x"),
                        pair.list().ofMaxSize(4).map(pairs -> pairs.isEmpty() ? "" : "?" + String.join("&", pairs)),
                        Arbitraries.of("", "#", "#part", "#a&b"))
                .as((scheme, user, host, path, query, part) -> scheme + user + host + path + query + part);
    }

    @Provide
    Arbitrary<String> scheme() {
        return Arbitraries.of("http://", "https://", "HTTP:/", "https:\\\\", "//", "", "ftp://", "ws://", " https://");
    }

    @Provide
    Arbitrary<String> odd() {
        return Arbitraries.strings().withChars("!$'()*+,;=~:@%. \t\n\u0000é").ofMaxLength(3);
    }

    @Provide
    Arbitrary<String> host() {
        return Arbitraries.of(
                "h", "h h", "h:99999", "[::1]", "[::1", "[fe80::1%25eth0]", "EXAMPLE.com.", "bücher.de", "");
    }
}
