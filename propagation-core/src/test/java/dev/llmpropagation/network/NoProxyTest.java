package dev.llmpropagation.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import okhttp3.HttpUrl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Exceptions as curl and Go document and test them. */
class NoProxyTest {

    private static final String GO = "foobar.com, .barbaz.net, *.wildcard.io, 192.168.1.1, 192.168.1.2:81,"
            + " 192.168.1.3:80, 10.0.0.0/30, 2001:db8::52:0:1, [2001:db8::52:0:2]:443, [2001:db8::52:0:3]:80,"
            + " 2002:db8:a::45/64";

    /** Go's table: which hosts go through the proxy. One line differs, see {@link #leadingDot_countsAsInCurl()}. */
    @ParameterizedTest
    @CsvSource({
        "localhost, false",
        "127.0.0.1, false",
        "127.0.0.2, false",
        "[::1], false",
        "[::2], true",
        "192.168.1.1, false",
        "192.168.1.2, true",
        "192.168.1.3, false",
        "192.168.1.4, true",
        "10.0.0.2, false",
        "[2001:db8::52:0:1], false",
        "[2001:db8::52:0:2], true",
        "[2001:db8::52:0:3], false",
        "[2002:db8:a::123], false",
        "[fe80::424b:c8be:1643:a1b6], true",
        "www.barbaz.net, false",
        "foobar.com, false",
        "www.foobar.com, false",
        "foofoobar.com, true",
        "baz.com, true",
        "localhost.net, true",
        "local.localhost, true",
        "barbarbaz.net, true",
        "wildcard.io, true",
        "nested.wildcard.io, false",
        "awildcard.io, true"
    })
    void goTable_isAsGoHasIt(String host, boolean proxied) {
        assertThat(isProxied(GO, host)).isEqualTo(proxied);
        assertThat(isProxied("*", host)).isFalse();
    }

    /** OkHttp throws another exception at this one than at other hosts that are none. */
    @Test
    void addressOfNineGroups_matchesNothing() {
        assertThat(isProxied("[0:0:0:0:0:0:0::1]:80 direct.example", "proxied.example"))
                .isTrue();
        assertThat(isProxied("[0:0:0:0:0:0:0::1]:80 direct.example", "direct.example"))
                .isFalse();
    }

    @Test
    void leadingDot_countsAsInCurl() {
        assertThat(isProxied(GO, "barbaz.net")).isFalse();
    }

    /** curl's unit test 1614, and lines of its documentation. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "www.example.com   | localhost,.example.com,.example.de       | false",
                "www.example.com.  | localhost,.example.com,.example.de       | false",
                "example.com       | localhost,.example.com,.example.de       | false",
                "example.com.      | localhost,.example.com,.example.de       | false",
                "www.example.com   | localhost,.example.com.,.example.de      | false",
                "www.example.com   | localhost,www.example.com.,.example.de   | false",
                "example.com       | localhost,example.com,.example.de        | false",
                "example.com.      | localhost,example.com,.example.de        | false",
                "nexample.com      | localhost,example.com,.example.de        | true",
                "www.example.com   | localhost,example.com,.example.de        | false",
                "192.168.1.1       | foo, bar, 192.168.0.0/16                 | false",
                "192.168.1.1       | foo, bar, 192.168.0.0/24                 | true",
                "192.160.0.1       | 192.160.0.1/33                           | true",
                "192.160.0.1       | 192.160.0.1/0                            | false",
                "[::1]             | foo, bar, 192.168.0.0/16                 | false",
                "bar               | foo, bar                                 | false",
                "foobar            | foo, bar                                 | true",
                "bar               | foo,,,,,              bar, ::1/64       | false",
                "www.local.com     | local.com                                | false",
                "www.notlocal.com  | local.com                                | true",
                "WWW.Example.COM   | EXAMPLE.com                              | false",
                "b\u00fccher.example | xn--bcher-kva.example                  | false",
                "xn--bcher-kva.example | b\u00fccher.example                  | false",
                "[fd00::1]         | fd00::/8                                 | false",
                "[fd00::1]         | [fd00::]/8                               | false",
                "[fd00::1]         | [FD00:0::1]                              | false",
                "[::ffff:10.1.2.3] | 10.0.0.0/8                               | false",
            })
    void curlTable_isAsCurlHasIt(String host, String noProxy, boolean proxied) {
        assertThat(isProxied(noProxy, host)).isEqualTo(proxied);
    }

    @Test
    void port_isTheEffectiveOne() {
        ProxySettings settings = settings("example.com:443, 10.0.0.1:8080");

        assertThat(settings.explain("https://www.example.com/")).contains("directly");
        assertThat(settings.explain("http://www.example.com/")).contains("through the proxy");
        assertThat(settings.explain("https://example.com:8443/")).contains("through the proxy");
        assertThat(settings.explain("http://10.0.0.1:8080/")).contains("directly");
    }

    @ParameterizedTest
    @ValueSource(strings = {":1", "http://example.com", "a b:c", "10.0.0.0/x", "*x", "%", "[", "]", "a@b", "1.2.3"})
    void environmentEntryThatIsNone_matchesNothing(String entry) {
        assertThat(isProxied(entry, "example.com")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ":1",
                "http://example.com",
                "10.0.0.0/33",
                "a/8",
                "*x",
                "a.*",
                "",
                " ",
                "a:0",
                "a:b",
                "*.10.0.0.1",
                "1.2.3",
                "010.0.0.1",
                "[::1",
                "::1%eth0"
            })
    void programEntryThatIsNone_isRefused(String entry) {
        assertThatThrownBy(() -> settings("").except(entry))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageStartingWith("ProxySettings.except: ")
                .hasMessageContaining("Write example.com");
    }

    @Test
    void programEntryWithAPassword_isNotShown() {
        assertThatThrownBy(() -> settings("").except("http://user:marker@host")).hasMessageNotContaining("marker");
    }

    @Test
    void exceptions_addUp() {
        ProxySettings settings = settings("a.example").except("b.example").except("c.example d.example");

        for (String host : new String[] {"a", "b", "c", "d"}) {
            assertThat(settings.explain("https://" + host + ".example/"))
                    .isEqualTo("https://" + host + ".example is reached directly: it matches the exception " + host
                            + ".example.");
        }
    }

    @Test
    void loopback_goesThroughTheProxyWhenToldSo() {
        assertThat(settings("").explain("http://localhost/")).endsWith("directly: it is a loopback address.");
        assertThat(settings("").includingLoopback().explain("http://127.0.0.1/"))
                .endsWith("through the proxy http://proxy:80.");
    }

    @Test
    void hostThatJavaDoesNotTakeForOne_isDirectAsOkHttpHasIt() {
        assertThat(HttpUrl.get("http://my_gateway/").uri().getHost()).isNull();
        assertThat(settings("").explain("http://my_gateway/"))
                .isEqualTo("http://my_gateway is reached directly: java.net.URI does not take its host for one.");
    }

    private static boolean isProxied(String noProxy, String host) {
        return settings(noProxy).explain("http://" + host + "/").contains("through the proxy");
    }

    private static ProxySettings settings(String noProxy) {
        return ProxySettings.fromEnvironment(Map.of("ALL_PROXY", "proxy", "NO_PROXY", noProxy));
    }
}
