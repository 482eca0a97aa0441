package dev.llmpropagation.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import okhttp3.HttpUrl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class OriginTest {

    private final Origin origin = Origin.of(HttpUrl.get("https://user:secret@API.example.com/v1?key=secret#part"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://api.example.com/",
                "https://api.example.com:443/other?a=b",
                "https://API.EXAMPLE.COM",
                "https://other.example@api.example.com/"
            })
    void contains_sameSchemeHostAndPort(String url) {
        assertThat(origin.contains(HttpUrl.get(url))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://api.example.com/",
                "http://api.example.com:443/",
                "https://api.example.com:8443/",
                "https://example.com/",
                "https://evil-api.example.com/",
                "https://api.example.com.attacker.tld/",
                "https://api.example.com@attacker.tld/",
                "https://api.example.com./",
                "https://[::1]/"
            })
    void contains_notAnotherOrigin(String url) {
        assertThat(origin.contains(HttpUrl.get(url))).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "https://h/, https://h",
        "https://h:443/a?b, https://h",
        "http://h:443, http://h:443",
        "http://u:p@H:80/, http://h",
        "http://[0:0:0:0:0:0:0:1]:4318/x, http://[::1]:4318",
        "https://bücher.example/, https://xn--bcher-kva.example"
    })
    void toString_showsNothingBeyondTheOrigin(String url, String expected) {
        assertThat(Origin.parse("baseUrl", url)).hasToString(expected);
    }

    @Test
    void equality_isByValue() {
        assertThat(Origin.parse("baseUrl", " https://api.example.com:443/v2 "))
                .isEqualTo(origin)
                .hasSameHashCodeAs(origin)
                .isNotEqualTo(Origin.parse("baseUrl", "http://api.example.com"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "http",
                "user:secret@h",
                "user:secret",
                "h:4318:4318",
                "ftp://user:secret@h/x",
                "https://",
                "https://user:secret@",
                "https://user:secret",
                "https://h h/?token=secret",
                "https://user:se?secret@h h/",
                "https://user:secret@h:99999/?token=secret#secret",
                "api.example.com/v1?token=a@secret",
                "https://[fe80::1%25eth0]/?secret"
            })
    void parse_refusesAnythingElseWithoutItsSecrets(String value) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Origin.parse("openai.baseUrl", value))
                .withMessageStartingWith("openai.baseUrl: '")
                .withMessageEndingWith("Write it as https://host[:port][/path].")
                .withMessageNotContaining("secret");
    }

    @ParameterizedTest
    @CsvSource({
        "api.example.com/v1, 'api.example.com/v1'",
        "ftp://u:p@h/x?q, 'ftp://h/x'",
        "https://h:99999/v1, 'https://h:99999/v1'",
        "https://u:secret, 'https://u:...'",
        "https://[::1/v1, 'https://[::1/v1'",
        ", 'null'",
        ":secret, ':...'",
        "user:secret, 'user:...'",
        "://h h, 'h h'",
        "https://user:se?secret@h h/, 'https://...'",
        "api.example.com/v1?token=a@secret, '...'"
    })
    void parse_showsWhatIsWrong(String value, String shown) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Origin.parse("baseUrl", value))
                .withMessageContaining("'" + shown + "'");
    }

    @Test
    void parse_showsTwoHundredCharactersAndNoMore() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Origin.parse("baseUrl", "x".repeat(200)))
                .withMessageContaining("'" + "x".repeat(200) + "'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Origin.parse("baseUrl", "x".repeat(201)))
                .withMessageContaining("'" + "x".repeat(200) + "...'");
    }

    @Test
    void parse_shortensAndKeepsOneLine() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Origin.parse("baseUrl", "a\n\u0007" + "x".repeat(10_000)))
                .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(400).doesNotContainPattern("\\p{Cntrl}"));
    }
}
