package dev.llmpropagation.internal.http;

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

    private static final Set<String> SHOWN = Set.of("alt", "api-version", "pagesize", "tenant");
    private static final Set<String> HIDDEN =
            Set.of("key", "sig", "token", "a", "alt2", "al", "apiversion", "tenants", "x-amz-signature", "alt ");

    /** The oracle is OkHttp's own reading of the names, where no value has a delimiter inside. */
    @Property
    void of_showsExactlyTheAllowedValues(@ForAll("url") String text) {
        HttpUrl url = HttpUrl.get(text);

        String redacted = RedactedUrl.of(url, Set.of("tenant"));
        HttpUrl shown = HttpUrl.get(redacted);

        assertThat(redacted).hasToString(shown.toString());
        assertThat(shown.querySize()).isEqualTo(url.querySize());
        for (int i = 0; i < url.querySize(); i++) {
            String name = url.queryParameterName(i);
            String value = url.queryParameterValue(i);
            boolean visible = SHOWN.contains(name.toLowerCase(Locale.ROOT));
            if (value == null) {
                assertThat(shown.queryParameterName(i)).isEqualTo(visible || name.isEmpty() ? name : "REDACTED");
            } else {
                assertThat(shown.queryParameterName(i)).isEqualTo(name);
                assertThat(shown.queryParameterValue(i)).isEqualTo(visible ? value : "REDACTED");
            }
        }
        boolean userInfo = !url.username().isEmpty() || !url.password().isEmpty();
        assertThat(shown.username() + ":" + shown.password()).isEqualTo(userInfo ? "REDACTED:REDACTED" : ":");
        assertThat(shown.encodedPath()).isEqualTo(url.encodedPath());
        assertThat(shown.host()).isEqualTo(url.host());
        assertThat(shown.port()).isEqualTo(url.port());
        assertThat(RedactedUrl.of(shown, Set.of("tenant"))).isEqualTo(redacted);
    }

    /** Whatever the name is, and wherever the value ends up. */
    @Property
    void of_showsNoSecretUnderAnyName(
            @ForAll("anyName") String name, @ForAll("between") String between, @ForAll boolean fragment) {
        String text = "https://h/p" + (fragment ? "#" : "?") + "alt=sse" + between + name + "=hunter2";

        assertThat(RedactedUrl.of(HttpUrl.get(text), Set.of())).doesNotContain("hunter2");
    }

    @Property
    void ofText_showsNoSecret(
            @ForAll("scheme") String scheme,
            @ForAll("odd") String odd,
            @ForAll("host") String host,
            @ForAll("anyName") String name,
            @ForAll boolean fragment) {
        String text = scheme + "user:" + odd + "hunter2" + odd + "@" + host + (fragment ? "#" : "?") + "a=b&" + name
                + "=" + odd + "hunter2";

        assertThat(RedactedUrl.ofText(text, Set.of())).doesNotContain("hunter2");
    }

    @Property
    void ofText_neverThrows(@ForAll String text) {
        assertThat(RedactedUrl.ofText(text, Set.of())).isNotNull();
        assertThat(RedactedUrl.ofText("https://h/" + text, Set.of())).isNotNull();
        assertThat(RedactedUrl.ofText("https://" + text, Set.of())).isNotNull();
    }

    @Example
    void ofText_regressions() {
        for (String text :
                List.of("https://h/?", "https://h/#", "https://h?#", "https://h/?&", "https://h/?%", "https:"))
            assertThat(RedactedUrl.ofText(text, Set.of())).isNotNull();
    }

    @Provide
    Arbitrary<String> spelledName() {
        return Combinators.combine(
                        Arbitraries.oneOf(Arbitraries.of(SHOWN), Arbitraries.of(HIDDEN)),
                        Arbitraries.integers().between(0, 1 << 20))
                .as(RedactedUrlPropertyTest::spelling);
    }

    /** None that is known to be harmless. */
    @Provide
    Arbitrary<String> anyName() {
        return Arbitraries.strings()
                .withChars("keyTOKENsig_-.%69$[]")
                .ofMinLength(1)
                .ofMaxLength(12)
                .map(name -> name + "_q");
    }

    @Provide
    Arbitrary<String> between() {
        return Arbitraries.of("&", ";", "?", "&&", "&x&", "%26", "%3B", "%3F", "=", "#", "%23", "/?");
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
        Arbitrary<String> value = Arbitraries.strings().withChars("ab1-._~:,/").ofMaxLength(6);
        Arbitrary<String> plain = Arbitraries.strings().withChars("keyab%6+").ofMaxLength(5);
        Arbitrary<String> pair = Combinators.combine(
                        Arbitraries.oneOf(spelledName(), plain), Arbitraries.of("=", ""), value)
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
