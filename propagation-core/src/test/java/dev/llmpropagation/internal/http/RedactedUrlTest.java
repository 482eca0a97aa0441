package dev.llmpropagation.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
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
        "https://u%40v:p%2Fw@[::1]:8443/a@b?key=s&c=d@e, https://REDACTED:REDACTED@[::1]:8443/a@b?key=REDACTED&c=REDACTED",
        "https://h/?key=s, https://h/?key=REDACTED",
        "https://h/?KEY=s&Api_Key=s&API-KEY=s, https://h/?KEY=REDACTED&Api_Key=REDACTED&API-KEY=REDACTED",
        "https://h/?X-Amz-Signature=s&X-Amz-Credential=s, https://h/?X-Amz-Signature=REDACTED&X-Amz-Credential=REDACTED",
        "https://h/?subscription-key=s&apikey=s, https://h/?subscription-key=REDACTED&apikey=REDACTED",
        "https://h/?X-Goog-Credential=s&access_key=s, https://h/?X-Goog-Credential=REDACTED&access_key=REDACTED",
        "https://h/?client_secret=s&jwt=s&password=s, https://h/?client_secret=REDACTED&jwt=REDACTED&password=REDACTED",
        "https://h/?alt=sse&api-version=2024-10-21&pageSize=5&x=1, https://h/?alt=sse&api-version=2024-10-21&pageSize=5&x=REDACTED",
        "https://h/?a=b&alt=sse=t&c, https://h/?a=REDACTED&alt=REDACTED&REDACTED",
        "https://h/?key=, https://h/?key=REDACTED",
        "https://h/?sk-abc, https://h/?REDACTED",
        "https://h/?alt=sse;key=s, https://h/?alt=sse;key=REDACTED",
        "https://h/?alt=sse?key=s, https://h/?alt=sse?key=REDACTED",
        "https://h/?alt=sse%26key%3Ds, https://h/?alt=REDACTED",
        "https://h/?alt=https://h/?key%3Ds, https://h/?alt=https://h/?REDACTED",
        "https://h/?alt#key=s&b=c, https://h/?alt#key=REDACTED&b=REDACTED",
        "https://h/#access_token=s, https://h/#access_token=REDACTED",
        "https://h/#/route?access_token=s, https://h/#REDACTED?access_token=REDACTED",
        "https://h/?alt=sse&x??key=s?t&a=b, https://h/?alt=sse&REDACTED??key=REDACTED?REDACTED&a=REDACTED",
        "HTTPS://EXAMPLE.com.:443/?token=s, https://example.com./?token=REDACTED",
        "https://bücher.example/?token=s, https://xn--bcher-kva.example/?token=REDACTED"
    })
    void of_showsNoValueButThoseKnownToBeHarmless(String url, String expected) {
        assertThat(RedactedUrl.of(HttpUrl.get(url), Set.of())).isEqualTo(expected);
        assertThat(RedactedUrl.ofText(url, Set.of())).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "https://h/?Tenant=a%20b&tenant=c=d&key=s, https://h/?Tenant=a%20b&tenant=c=d&key=REDACTED",
        "https://h/?t%65nant=5;key=s#tenant, https://h/?t%65nant=5;key=REDACTED#tenant"
    })
    void of_showsWhatTheProgramNames(String url, String expected) {
        assertThat(RedactedUrl.of(HttpUrl.get(url), Set.of("tenant"))).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://h/",
                "https://h/a@b:c@d",
                "https://h/key=s",
                "https://h/?alt",
                "https://h/?ALT=sse&%61lt=media&$alt=json&order=desc&after=batch_1",
                "https://h/?model=models/gemini-2.5&include%5B%5D=file_search_call.results",
                "https://h/?",
                "https://h/?&&&",
                "https://h/#",
                "http://[fe80::1]:8080/v1?alt=sse"
            })
    void of_keepsTheStringWithoutSecrets(String url) {
        HttpUrl parsed = HttpUrl.get(url);

        assertThat(RedactedUrl.of(parsed, Set.of())).isSameAs(parsed.toString());
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
        assertThat(RedactedUrl.ofText(text, Set.of())).isEqualTo("REDACTED");
    }
}
