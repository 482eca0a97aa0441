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
        "example.com, example.com",
        "example.com, EXAMPLE.com.",
        "*.example.com, a.example.com",
        "*.example.com, a.b.example.com",
        "10.0.0.0/8, 10.1.2.3",
        "10.1.2.3, 10.1.2.3",
        "fd00::/8, [fd00::1]",
        "[fd00::1], [fd00::1]",
        "example.com:443, example.com",
        "*, anything.test"
    })
    void match_isOneInBoth(String entry, String host) {
        assertThat(isException(entry, host)).isTrue();
        assertThat(isDestination(entry, host)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "example.com, notexample.com",
        "*.example.com, notexample.com",
        "10.0.0.0/8, 11.0.0.1",
        "10.0.0.0/8, 10.0.0.1.test",
        "fd00::/8, [fe00::1]",
        "example.com:8443, example.com"
    })
    void miss_isOneInBoth(String entry, String host) {
        assertThat(isException(entry, host)).isFalse();
        assertThat(isDestination(entry, host)).isFalse();
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
