package dev.llmpropagation.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.llmpropagation.destination.DestinationPolicy;
import okhttp3.HttpUrl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What one entry means as an exception of a proxy and as a destination: the same, but for names. */
class HostEntriesTest {

    private static final ProxySettings PROXY = ProxySettings.http("proxy.test", 3128);

    @ParameterizedTest
    @CsvSource({
        "example.com, example.com, true",
        "example.com, EXAMPLE.com., true",
        "*.example.com, a.example.com, true",
        "*.example.com, a.b.example.com, true",
        "10.0.0.0/8, 10.1.2.3, true",
        "10.1.2.3, 10.1.2.3, true",
        "fd00::/8, [fd00::1], true",
        "[fd00::1], [fd00::1], true",
        "example.com:443, example.com, true",
        "*, anything.test, true",
        "example.com, notexample.com, false",
        "*.example.com, notexample.com, false",
        "10.0.0.0/8, 11.0.0.1, false",
        "10.0.0.0/8, 10.0.0.1.test, false",
        "fd00::/8, [fe00::1], false",
        "example.com:8443, example.com, false"
    })
    void entry_meansOneInBoth(String entry, String host, boolean match) {
        assertThat(isException(entry, host)).isEqualTo(match);
        assertThat(isDestination(entry, host)).isEqualTo(match);
    }

    @Test
    void bareName_hasItsSubdomainsAsAnExceptionAlone() {
        assertThat(isException("example.com", "a.example.com")).isTrue();
        assertThat(isDestination("example.com", "a.example.com")).isFalse();
    }

    @Test
    void star_hasTheNameItselfAsADestinationAlone() {
        assertThat(isException("*.example.com", "example.com")).isFalse();
        assertThat(isDestination("*.example.com", "example.com")).isTrue();
    }

    @Test
    void leadingDot_isAnExceptionAlone() {
        assertThat(isException(".example.com", "example.com")).isTrue();
        assertThat(isException(".example.com", "a.example.com")).isTrue();
        assertThatIllegalArgumentException().isThrownBy(() -> DestinationPolicy.hosts(".example.com"));
    }

    @Test
    void rangeWithAPort_isADestinationAlone() {
        assertThat(isDestination("10.0.0.0/8:443", "10.1.2.3")).isTrue();
        assertThatIllegalArgumentException().isThrownBy(() -> PROXY.except("10.0.0.0/8:443"));
    }

    private static boolean isException(String entry, String host) {
        return PROXY.except(entry).explain("https://" + host + "/").contains("is reached directly");
    }

    private static boolean isDestination(String entry, String host) {
        return DestinationPolicy.hosts(entry).allows(HttpUrl.get("https://" + host + "/"), null);
    }
}
