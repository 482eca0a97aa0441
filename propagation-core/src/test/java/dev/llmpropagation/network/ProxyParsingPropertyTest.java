package dev.llmpropagation.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import okhttp3.HttpUrl;

/** Whatever is in the environment: an answer or one kind of exception, and never a secret in it. */
class ProxyParsingPropertyTest {

    private static final String SECRET = "s3cr3tMarker";

    @Property
    void proxyUrl_isReadOrRefusedWithoutItsSecrets(@ForAll @From("proxyLike") String url) {
        Throwable failure = catchThrowable(
                () -> assertThat(ProxySettings.parse(url).toString()).doesNotContain(secretOf(url)));

        if (failure != null) {
            assertThat(failure)
                    .isExactlyInstanceOf(IllegalArgumentException.class)
                    .hasNoCause();
            assertThat(failure.getMessage()).doesNotContain(SECRET);
        }
    }

    /** As a host name it is none. */
    private static String secretOf(String url) {
        return url.matches(".*:" + SECRET + "@.*") ? SECRET : "never";
    }

    @Property
    void credentials_comeBackFromTheUrl(@ForAll @From("texts") String user, @ForAll @From("texts") String password)
            throws Exception {
        if (user.indexOf(':') >= 0 || (user.isEmpty() && password.isEmpty())) {
            return;
        }
        ProxyServer server = ProxySettings.parse("http://" + encoded(user) + ":" + encoded(password) + "@proxy:1")
                .https();

        assertThat(server.credentials().user()).isEqualTo(user);
        assertThat(server.credentials().password(server)).isEqualTo(password);
    }

    @Property
    void noProxy_isReadWhateverItIs(
            @ForAll @From("entryLike") String noProxy, @ForAll @From("hosts") String host, @ForAll boolean tls) {
        String url = (tls ? "https://" : "http://") + host + "/";
        ProxySettings settings = ProxySettings.fromEnvironment(Map.of("ALL_PROXY", "proxy", "NO_PROXY", noProxy));

        assertThat(settings.explain(url)).isNotEmpty();
        assertThat(settings.selector().select(HttpUrl.get(url).uri())).hasSize(1);
        Throwable failure = catchThrowable(() -> ProxySettings.none().except(noProxy));
        if (failure != null) {
            assertThat(failure).isExactlyInstanceOf(IllegalArgumentException.class);
            assertThat(failure.getMessage()).doesNotContain(SECRET + "@");
        }
    }

    @Property
    void entry_matchesItsHostAndSubdomainsAndNoLookalike(
            @ForAll @From("names") String name, @ForAll @From("names") String other, @ForAll boolean dotted) {
        NoProxy entry = NoProxy.strict((dotted ? "." : "") + name);

        assertThat(entry.match(name, 443)).isNotNull();
        assertThat(entry.match(other + "." + name, 443)).isNotNull();
        assertThat(entry.match(other + name, 443)).isNull();
        assertThat(NoProxy.strict("*." + name).match(name, 443)).isNull();
    }

    @Property
    void range_matchesByItsBits(@ForAll int address, @ForAll int other, @ForAll @IntRange(max = 32) int prefix) {
        boolean same = prefix == 0 || (address ^ other) >>> (32 - prefix) == 0;

        assertThat(NoProxy.strict(dotted(address) + "/" + prefix).match(dotted(other), 443) != null)
                .isEqualTo(same);
    }

    private static String dotted(int address) {
        return (address >>> 24) + "." + (address >> 16 & 255) + "." + (address >> 8 & 255) + "." + (address & 255);
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Provide
    Arbitrary<String> proxyLike() {
        return pieces(
                "http://",
                "socks5://",
                "https://",
                "://",
                ":",
                "@",
                "/",
                "%40",
                "%",
                "[",
                "]",
                "::1",
                "proxy",
                ":3128",
                "user:" + SECRET + "@",
                SECRET,
                " ",
                "#",
                "?",
                "\u00fc",
                "\u0000",
                "-1",
                "0x7f.1");
    }

    @Provide
    Arbitrary<String> entryLike() {
        return pieces(
                "*",
                ".",
                ",",
                " ",
                "|",
                "/8",
                "/129",
                ":443",
                "[",
                "]",
                "::1",
                "10.0.0.0",
                "example.com",
                "fd00::",
                "%eth0",
                "http://",
                SECRET + "@",
                "\u00fc",
                "\u0000",
                "0x7f.1",
                "\t");
    }

    private static Arbitrary<String> pieces(String... pieces) {
        return Arbitraries.frequencyOf(
                        net.jqwik.api.Tuple.of(8, Arbitraries.of(pieces)),
                        net.jqwik.api.Tuple.of(1, Arbitraries.strings().ofMaxLength(4)))
                .list()
                .ofMaxSize(7)
                .map(parts -> String.join("", parts));
    }

    @Provide
    Arbitrary<String> texts() {
        return Arbitraries.strings()
                .withCharRange(' ', '\u017f')
                .withChars("%@:/?#\u20ac")
                .ofMaxLength(12);
    }

    @Provide
    Arbitrary<String> hosts() {
        return Arbitraries.of("example.com", "www.example.com.", "10.1.2.3", "[::1]", "[fd00::1]", "localhost", "a_b");
    }

    @Provide
    Arbitrary<String> names() {
        return Arbitraries.strings().withCharRange('a', 'f').ofMinLength(1).ofMaxLength(3);
    }
}
