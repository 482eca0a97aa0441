package dev.llmpropagation.internal.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.llmpropagation.fuzz.Hosts;
import dev.llmpropagation.fuzz.Parts;
import java.util.Locale;
import java.util.Set;
import okhttp3.HttpUrl;

/** No secret of a URL survives, whatever stands around it. */
class RedactedUrlFuzz {

    private static final String MARKER = "Zq7Hidden9xW";

    @FuzzTest
    void secret_isNotShown(byte[] input) {
        Parts parts = Parts.of(input);
        if (parts.all().stream().anyMatch(part -> part.contains(MARKER))) {
            return;
        }
        String before = parts.get(0);
        // What would end the pair would make a name of the marker, and names are shown.
        String value = parts.get(1).replaceAll("[&;?#]", "");
        String after = parts.get(2);
        String pair =
                "&;?".charAt(before.length() % 3) + parts.get(3).replaceAll("[=&;?#]", "") + "x_=" + value + MARKER;
        hidesValue("https://host.example/p?" + before + pair + after);
        hidesValue("https://host.example/p#" + before + pair + after);
        hidesUser("https://" + before + MARKER + value + "@" + after);
        hidesUser("http://user:" + value + MARKER + before + "@host.example" + after);
        RedactedUrl.ofText(before, Set.of());
    }

    private static void hidesValue(String text) {
        HttpUrl url = Hosts.url(text);
        assertThat(url).as(text).isNotNull();
        assertThat(shown(text)).as(text).doesNotContain(MARKER);
    }

    private static void hidesUser(String text) {
        HttpUrl url = Hosts.url(text);
        boolean isUser = url != null && (url.username() + url.password()).contains(MARKER);
        // A path and a host are no secrets.
        boolean elsewhere = url != null
                && (url.encodedPath().contains(MARKER) || url.host().contains(MARKER.toLowerCase(Locale.ROOT)));
        String shown = shown(text);
        if (isUser && !elsewhere) {
            assertThat(shown).as(text).doesNotContain(MARKER);
        }
        if (url == null) {
            assertThat(shown).as(text).isEqualTo("REDACTED");
        }
    }

    private static String shown(String text) {
        String shown = RedactedUrl.ofText(text, Set.of("tenant"));
        assertThat(shown.length()).as(text).isLessThanOrEqualTo(RedactedUrl.MAX_LENGTH + 1);
        assertThat(shown.chars().noneMatch(Character::isISOControl)).as(text).isTrue();
        return shown;
    }
}
