package dev.llmpropagation.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.llmpropagation.fuzz.Hosts;
import dev.llmpropagation.fuzz.Parts;
import java.net.URI;
import java.util.Locale;
import java.util.Map;

/** URLs of proxies: the same server as a strict parser finds, and no word of the password. */
class ProxyUrlFuzz {

    private static final String MARKER = "Zq7Hidden9xW";

    @FuzzTest
    void server_isThatOfAStrictParser(byte[] input) throws Exception {
        String text = Parts.of(input).get(0);
        // Any text may be asked about.
        assertThat(ProxySettings.http("proxy.example", 3128).explain(text)).endsWith(".");
        ProxyServer server;
        try {
            server = ProxyUrl.parse("proxy", text);
        } catch (IllegalArgumentException e) {
            assertThat(e.getMessage()).matches("(proxy: |The user name for the proxy )[\\x20-\\x7e]{1,400}");
            return;
        }
        URI strict = Hosts.strict(text.strip());
        if (strict == null) {
            return;
        }
        assertThat(Hosts.isSame(
                        Hosts.host(strict),
                        Hosts.literal(server.host()) != null && server.host().contains(":")
                                ? "[" + server.host() + "]"
                                : server.host()))
                .as(text)
                .isTrue();
        if (strict.getPort() >= 0) {
            assertThat(server.port()).as(text).isEqualTo(strict.getPort());
        }
        boolean socks = strict.getScheme().toLowerCase(Locale.ROOT).startsWith("socks");
        assertThat(server.kind()).isEqualTo(socks ? ProxyServer.Kind.SOCKS5 : ProxyServer.Kind.HTTP);
        String userInfo = strict.getUserInfo();
        if (userInfo != null && !userInfo.isEmpty() && strict.getRawUserInfo().matches("[\\x21-\\x7e]+")) {
            ProxyCredentials credentials = server.credentials();
            assertThat(credentials).isNotNull();
            int colon = strict.getRawUserInfo().indexOf(':');
            String password = colon < 0
                    ? ""
                    : new URI("http://" + strict.getRawUserInfo().substring(colon + 1) + "@h").getUserInfo();
            assertThat(credentials.password(server)).as(text).isEqualTo(password == null ? "" : password);
        }
    }

    @FuzzTest
    void password_isNotShown(byte[] input) {
        Parts parts = Parts.of(input);
        if (parts.all().stream()
                // Punycode puts the ASCII letters of a host side by side.
                .map(part -> part.replaceAll("[^\\x00-\\x7f]", "").toLowerCase(Locale.ROOT))
                .anyMatch(part -> part.contains(MARKER.toLowerCase(Locale.ROOT)))) {
            return;
        }
        String text = parts.get(0) + MARKER + parts.get(1) + "@" + parts.get(2);
        String shown;
        try {
            ProxySettings settings = ProxySettings.fromEnvironment(Map.of("https_proxy", text));
            shown = settings
                    + settings.explain("https://host.example/")
                    + settings.https()
                    + settings.https().credentials();
        } catch (IllegalArgumentException e) {
            shown = e.toString() + e.getCause();
        }
        assertThat(shown).as(text).doesNotContainIgnoringCase(MARKER);
    }
}
