package dev.llmpropagation.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class DestinationPolicyTest {

    private static final HttpUrl GATEWAY = HttpUrl.get("https://gw.example.com/v1?key=secret");
    private static final Origin ORIGIN = Origin.of(GATEWAY);

    @ParameterizedTest
    @CsvSource({
        // exact
        "gw.example.com, https://gw.example.com/v1",
        "gw.example.com, http://GW.Example.COM:8080/",
        "GW.Example.com., https://gw.example.com/",
        "gw.example.com, https://gw.example.com./",
        "gw.example.com, https://attacker.tld@gw.example.com/",
        "localhost, http://localhost:1234/",
        "my_host-1, http://my_host-1/",
        "'  gw.example.com ', https://gw.example.com/",
        // suffix
        "*.example.com, https://example.com/",
        "*.example.com, https://a.b.EXAMPLE.com./",
        "*.Example.COM., https://a.example.com/",
        // ports
        "gw.example.com:443, https://gw.example.com/",
        "gw.example.com:80, http://gw.example.com/",
        "*.example.com:8443, https://a.example.com:8443/",
        "10.0.0.0/8:8080, http://10.1.2.3:8080/",
        "[fd00::]/8:8080, http://[fd12::3]:8080/",
        "[::1]:11434, http://[::1]:11434/",
        // addresses
        "127.0.0.1, http://127.0.0.1:11434/",
        "::1, http://[0:0::1]/",
        "[::1], http://[::1]/",
        "FD00::ABCD, http://[fd00:0::abcd]/",
        "::ffff:10.0.0.1, http://[::ffff:10.0.0.1]/",
        "10.0.0.1, http://[::ffff:a00:1]/",
        "10.0.0.0/8, http://10.255.255.255/",
        "10.9.9.9/8, http://10.1.1.1/",
        "0.0.0.0/0, http://255.255.255.255/",
        "192.168.1.4/30, http://192.168.1.7/",
        "192.168.1.4/32, http://192.168.1.4/",
        "[fd00::]/8, http://[fdff:ffff::1]/",
        "fd00::/8, http://[fdff:ffff::1]/",
        "::/0, http://[ff::]/",
        "::/0, http://[::]/",
        "0.0.0.0/8, http://0.0.0.0/",
        "2001::/16, http://[2001:0:0:0:8000::1]/",
        "2001:db8::/32, http://[2001:db8:0:ffff::1]/",
        "[fd00::1]/128, http://[fd00::1]/",
        "gw.example.com:1, http://gw.example.com:1/",
        "gw.example.com:65535, http://gw.example.com:65535/",
        "2001:db8:0:0:1::/80, http://[2001:db8::1:2:3:4]/",
        // IDN
        "bücher.example, https://xn--bcher-kva.example/",
        "*.BÜCHER.example, https://a.bücher.example/",
        "xn--bcher-kva.example, https://Bücher.example/",
        // everything
        "*, http://[::1]/",
        "' * ', https://anything.example:1/"
    })
    void hosts_allows(String pattern, String url) {
        assertThat(DestinationPolicy.hosts(pattern).allows(HttpUrl.get(url), null))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "example.com, https://evil-example.com/",
        "example.com, https://www.example.com/",
        "example.com, https://example.com.attacker.tld/",
        "example.com, https://example.com@attacker.tld/",
        "example.com, https://example.com:443@attacker.tld/",
        "example.com, https://attacker.tld/example.com",
        "example.com, https://attacker.tld/?example.com",
        "example.com, https://attacker.tld\\@example.com/",
        "*.example.com, https://evil-example.com/",
        "*.example.com, https://evilexample.com/",
        "*.example.com, https://example.com.attacker.tld/",
        "*.example.com, https://a.example.com@attacker.tld/",
        "*.example.com, https://com/",
        "*.example.com, https://example.co/",
        "*.example.com, https://10.0.0.1/",
        "gw.example.com:443, http://gw.example.com/",
        "gw.example.com:443, https://gw.example.com:8443/",
        "gw.example.com:4318, http://gw.example.com:43180/",
        "127.0.0.1, http://127.0.0.1./",
        "127.0.0.1, http://127.1/",
        "127.0.0.1, http://2130706433/",
        "127.0.0.1, http://0x7f.0.0.1/",
        "127.0.0.1, http://127.0.0.10/",
        "127.0.0.1, http://[::1]/",
        "127.0.0.0/8, http://127.0.0.1.attacker.tld/",
        "127.0.0.0/8, http://localhost/",
        "10.0.0.0/8, http://11.0.0.0/",
        "10.0.0.0/8, http://010.0.0.1/",
        "10.0.0.0/8, http://10.0.0/",
        "10.0.0.0/8, http://10.0.0.256/",
        "10.0.0.0/8, http://10.0.0.1.1/",
        "10.0.0.0/8, http://[a00::]/",
        "192.168.1.4/30, http://192.168.1.8/",
        "0.0.0.0/0, http://[::1]/",
        "0.0.0.0/0, http://example.com/",
        "::/0, http://1.2.3.4/",
        "::/0, http://fd00.example/",
        "::/0, http://[::ffff:1.2.3.4]/",
        "[fd00::]/8, http://[fe00::]/",
        "[fd00::]/8, http://[fc00::]/",
        "2001:db8:0:0:1::/80, http://[2001:db8::2:2:3:4]/",
        "[::1]:80, http://[::1]:8080/",
        "::1, http://[::2]/",
        "::1, http://[1::1]/",
        "2001:db8::/32, http://[2001:db9::1]/",
        "[fd00::1]/128, http://[fd00::2]/",
        "bücher.example, https://bucher.example/"
    })
    void pitfall_73_hosts_refuses(String pattern, String url) {
        assertThat(DestinationPolicy.hosts(pattern).allows(HttpUrl.get(url), ORIGIN))
                .isFalse();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "",
                " \t",
                "https://gw.example.com",
                "gw.example.com/v1",
                "gw.example.com/",
                "gw.example.com/8",
                "gw.example.com?a",
                "gw.example.com#a",
                "gw.example.com\\a",
                "user@gw.example.com",
                "user:secret@gw.example.com",
                "https://user:secret@gw.example.com",
                "gw.example.com?key=secret",
                "gw example.com",
                "gw.example.com,api.example.com",
                "gw.*.com",
                "*example.com",
                "gw.example.*",
                "**",
                "*.",
                "*.*",
                "*.*.example.com",
                "*:443",
                "*/8",
                ".example.com",
                "gw..example.com",
                "gw.example.com..",
                ".",
                "gw%2eexample.com",
                "gw.example.com:",
                "gw.example.com:0",
                "gw.example.com:65536",
                "gw.example.com:-1",
                "gw.example.com:http",
                "gw.example.com:80:80",
                ":80",
                "*.:80",
                "127.1",
                "2130706433",
                "0x7f000001",
                "010.0.0.1",
                "10.0.0.256",
                "*.0.0.1",
                "*.10.0.0.1",
                "*.[::1]",
                "*.::1",
                "10.0.0.0/",
                "10.0.0.0/33",
                "10.0.0.0/-1",
                "10.0.0.0/a",
                "10.0.0.0/8/8",
                "10.0.0.0:80/8",
                "10.0.0.0/255.0.0.0",
                "[fd00::]/129",
                "[fd00::]8",
                "[fd00::",
                "fd00::]",
                "[gw.example.com]",
                "[10.0.0.1]",
                "[]",
                "[fe80::1%eth0]",
                "fe80::1%25eth0",
                "::ffff:10.0.0.0/104",
                "::ffff:10.0.0.0/24",
                "1:2:3"
            })
    @SuppressWarnings("NullAway") // what a caller without null checks may do
    void hosts_refusesBadPatternsWhenBuilt(@Nullable String pattern) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DestinationPolicy.hosts("ok.example", pattern))
                .withMessageStartingWith("Host pattern '")
                .withMessageContaining("is refused: ")
                .withMessageNotContaining("secret");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "' '|it is blank",
                "ALL|it is the name of a policy of its own",
                "none|it is the name of a policy of its own",
                "FIRST_PARTY|it is the name of a policy of its own",
                "configured-origin|it is the name of a policy of its own",
                "https://gw.example.com|it has a scheme",
                "user@gw.example.com|it has user info",
                "@gw.example.com|it has user info",
                "*example.com|'*' may only stand alone or as the first label",
                "gw.*.com|'*' may only stand alone or as the first label",
                "gw example.com|it is not a host name or IP address",
                "%67w.example.com|it is not a host name or IP address",
                "/8|it is not a host name or IP address",
                "*.10.0.0.1|an IP address has no subdomains",
                "::ffff:10.0.0.0/24|OkHttp writes these addresses as IPv4, and so must the range",
                "[::ffff:10.0.0.0]/24|OkHttp writes these addresses as IPv4, and so must the range",
                "gw.example.com/v1|it has a path",
                "10.0.0.0/33|its prefix length is out of range",
                "[fd00::]/129|its prefix length is not a number from 0 to 128",
                "gw.example.com:0|its port is not a number from 1 to 65535",
                "gw.example.com:65536|its port is not a number from 1 to 65535",
                "127.1|an IPv4 address needs four decimal numbers without leading zeros"
            })
    void hosts_saysWhatIsWrongAndWhatIsRight(String pattern, String reason) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DestinationPolicy.hosts(pattern))
                .withMessageContaining("is refused: " + reason + ". Write gw.example.com, ");
    }

    @Test
    void hosts_showsAUrlWithoutItsSecrets() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DestinationPolicy.hosts("https://user:secret@gw.example.com/v1?key=secret"))
                .withMessageStartingWith("Host pattern 'https://gw.example.com/v1' is refused: it has a scheme.");
    }

    @Test
    void hosts_showsItsPatternsInCanonicalSpelling() {
        assertThat(DestinationPolicy.hosts("GW.Example.com:443", "*.B\u00dcCHER.example", "0:0::1", "[FD00::]/8:80"))
                .hasToString("hosts(gw.example.com:443, *.xn--bcher-kva.example, [::1], [fd00::]/8:80)");
        assertThat(DestinationPolicy.hosts("10.0.0.0/8", "127.0.0.1:11434", " * "))
                .hasToString("hosts(10.0.0.0/8, 127.0.0.1:11434, *)");
    }

    @Test
    @SuppressWarnings("NullAway") // what a caller without null checks may do
    void hosts_refusesNullArray() {
        assertThatIllegalArgumentException().isThrownBy(() -> DestinationPolicy.hosts((String[]) null));
    }

    @Test
    void hosts_withoutPatternAllowsNothing() {
        assertThat(DestinationPolicy.hosts().allows(GATEWAY, ORIGIN)).isFalse();
    }

    @Test
    void hosts_anyPatternIsEnough() {
        DestinationPolicy policy = DestinationPolicy.hosts("a.example", "*.example.com");

        assertThat(policy.allows(GATEWAY, null)).isTrue();
        assertThat(policy).hasToString("hosts(a.example, *.example.com)");
    }

    @ParameterizedTest
    @CsvSource({
        "https://dashscope.aliyuncs.com/compatible-mode/v1, true",
        "https://dashscope-intl.aliyuncs.com/, true",
        "https://a.dashscope.aliyuncs.com/, true",
        "https://gw.alibaba-inc.com/, true",
        "https://alibaba-inc.com/, true",
        "https://x.y.aliyun-inc.com/, true",
        "https://aliyuncs.com/, false",
        "https://oss.aliyuncs.com/, false",
        "https://dashscope-us.aliyuncs.com/, false",
        "https://evil-alibaba-inc.com/, false",
        "https://alibaba-inc.com.attacker.tld/, false",
        "https://dashscope.aliyuncs.com@attacker.tld/, false",
        "https://api.openai.com/, false",
        "http://[::1]/, false"
    })
    void firstParty_isTheVendorsHosts(String url, boolean allowed) {
        assertThat(DestinationPolicy.firstParty().allows(HttpUrl.get(url), null))
                .isEqualTo(allowed);
    }

    @Test
    void configuredOrigin_allowsThatOriginAlone() {
        DestinationPolicy policy = DestinationPolicy.configuredOrigin();

        assertThat(policy.allows(GATEWAY, ORIGIN)).isTrue();
        assertThat(policy.allows(HttpUrl.get("https://gw.example.com:8443/"), ORIGIN))
                .isFalse();
        assertThat(policy.allows(GATEWAY, null)).isFalse();
    }

    @Test
    void allAndNone_ignoreTheUrl() {
        assertThat(DestinationPolicy.all().allows(GATEWAY, null)).isTrue();
        assertThat(DestinationPolicy.none().allows(GATEWAY, ORIGIN)).isFalse();
    }

    @Test
    @SuppressWarnings("NullAway") // what a caller without null checks may do
    void pitfall_74_unknownUrl_isRefused() {
        assertThat(DestinationPolicy.all().allows(null, ORIGIN)).isFalse();
        assertThat(DestinationPolicy.all().explain(null, ORIGIN)).isEqualTo("An unknown destination is refused.");
    }

    @Test
    void explain_saysWhyInOneSentence() {
        Origin other = Origin.parse("baseUrl", "https://api.openai.com/v1");

        assertThat(DestinationPolicy.configuredOrigin().explain(GATEWAY, ORIGIN))
                .isEqualTo("https://gw.example.com is allowed: it is the origin of the client's base URL.");
        assertThat(DestinationPolicy.configuredOrigin().explain(GATEWAY, other))
                .isEqualTo("https://gw.example.com is refused: it is not the origin of the client's base URL,"
                        + " https://api.openai.com.");
        assertThat(DestinationPolicy.configuredOrigin().explain(GATEWAY, null))
                .isEqualTo("https://gw.example.com is refused: configuredOrigin() allows the client's base URL only,"
                        + " and this client has none.");
        assertThat(DestinationPolicy.hosts("a.example", "*.Example.com:443").explain(GATEWAY, null))
                .isEqualTo("https://gw.example.com is allowed: pattern *.example.com:443 of"
                        + " hosts(a.example, *.example.com:443) matches it.");
        assertThat(DestinationPolicy.firstParty().explain(GATEWAY, null))
                .isEqualTo("https://gw.example.com is refused: no pattern of firstParty() matches it.");
        assertThat(DestinationPolicy.all().explain(GATEWAY, null))
                .isEqualTo("https://gw.example.com is allowed: all() allows every destination.");
        assertThat(DestinationPolicy.none().explain(GATEWAY, null))
                .isEqualTo("https://gw.example.com is refused: none() allows no destination.");
    }
}
