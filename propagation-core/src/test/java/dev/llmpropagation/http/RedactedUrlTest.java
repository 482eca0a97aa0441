package dev.llmpropagation.http;

import static org.assertj.core.api.Assertions.assertThat;

import okhttp3.HttpUrl;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedactedUrlTest {

    @ParameterizedTest
    @CsvSource({
        "https://user:pw@h/p, https://REDACTED:REDACTED@h/p",
        "https://user@h/p, https://REDACTED:REDACTED@h/p",
        "https://:pw@h/p, https://REDACTED:REDACTED@h/p",
        "https://u%40v:p%2Fw@[::1]:8443/a@b?key=s&c=d@e, https://REDACTED:REDACTED@[::1]:8443/a@b?key=REDACTED&c=d@e",
        "https://h/?key=s, https://h/?key=REDACTED",
        "https://h/?KEY=s&Api_Key=s&API-KEY=s, https://h/?KEY=REDACTED&Api_Key=REDACTED&API-KEY=REDACTED",
        "https://h/?access_token=s&token=s, https://h/?access_token=REDACTED&token=REDACTED",
        "https://h/?X-Amz-Signature=s&X-Amz-Credential=s, https://h/?X-Amz-Signature=REDACTED&X-Amz-Credential=REDACTED",
        "https://h/?X-Amz-Security-Token=s&AWSAccessKeyId=s, https://h/?X-Amz-Security-Token=REDACTED&AWSAccessKeyId=REDACTED",
        "https://h/?Signature=s&sig=s&X-Goog-Signature=s, https://h/?Signature=REDACTED&sig=REDACTED&X-Goog-Signature=REDACTED",
        "https://h/?%6Bey=s&ap%69%5fkey=s, https://h/?%6Bey=REDACTED&ap%69%5fkey=REDACTED",
        "https://h/?a=b&key=s=t&c, https://h/?a=b&key=REDACTED&c",
        "https://h/?key=, https://h/?key=REDACTED",
        "https://h/?a#key=s&b=c, https://h/?a#key=REDACTED&b=c",
        "https://h/#access_token=s, https://h/#access_token=REDACTED",
        "https://h/#/route?access_token=s, https://h/#/route?access_token=REDACTED",
        "https://h/?alt=sse&x??key=s?t&a=b, https://h/?alt=sse&x??key=REDACTED&a=b",
        "HTTPS://EXAMPLE.com.:443/?token=s, https://example.com./?token=REDACTED",
        "https://bücher.example/?token=s, https://xn--bcher-kva.example/?token=REDACTED"
    })
    void of_hidesSecrets(String url, String expected) {
        assertThat(RedactedUrl.of(HttpUrl.get(url))).isEqualTo(expected);
        assertThat(RedactedUrl.ofText(url)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://h/",
                "https://h/a@b:c@d",
                "https://h/key=s",
                "https://h/?key",
                "https://h/?keys=1&monkey=2&ke=3&%6=4&%zz=5",
                "https://h/?",
                "https://h/?&&=&a",
                "https://h/?a=key=s",
                "https://h/?q=a%26key=b",
                "https://h/#part",
                "http://[fe80::1]:8080/v1?alt=sse"
            })
    void of_keepsTheStringWithoutSecrets(String url) {
        HttpUrl parsed = HttpUrl.get(url);

        assertThat(RedactedUrl.of(parsed)).isSameAs(parsed.toString());
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(
            strings = {
                "",
                "/relative?key=s",
                "//h/?key=s",
                "ftp://user:pw@h/",
                "https://user:pw@h:99999/",
                "https://user:pw@[fe80::1%25eth0]/",
                "https://user:pw@h h/?key=s",
                "user:pw@h"
            })
    void ofText_isAPlaceholderForAnythingElse(String text) {
        assertThat(RedactedUrl.ofText(text)).isEqualTo("REDACTED");
    }
}
