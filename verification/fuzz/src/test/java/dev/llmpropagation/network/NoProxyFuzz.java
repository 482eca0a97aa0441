package dev.llmpropagation.network;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.llmpropagation.fuzz.Hosts;
import dev.llmpropagation.fuzz.Parts;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/** No entry keeps from its proxy what is on another host. */
class NoProxyFuzz {

    @FuzzTest
    void entries_matchExactlyWhatLabelsAndBitsSay(byte[] input) {
        Parts parts = Parts.of(input);
        String text = parts.get(0);
        HttpUrl url = Hosts.url("http://" + parts.get(1));
        NoProxy lenient = NoProxy.lenient(text);
        NoProxy strict = strict(text);
        if (text.startsWith(",,")) {
            byte[] many = Parts.manyTimes(text.getBytes(StandardCharsets.UTF_8));
            NoProxy.lenient(new String(many, StandardCharsets.UTF_8)).match("host.example", 80);
        }
        if (url == null || !text.chars().allMatch(c -> c < 0x7f)) {
            return;
        }
        String match = lenient.match(url.host(), url.port());
        boolean expected = Stream.of(text.split("[,\\s]+")).anyMatch(word -> isNamedBy(word, url.host(), url.port()));
        assertThat(match != null).as(lenient + " and " + url).isEqualTo(expected);
        if (strict != null) {
            assertThat(strict.match(url.host(), url.port())).isEqualTo(match);
        }
    }

    @FuzzTest
    void javaHosts_matchAsTheirStarsSay(byte[] input) {
        Parts parts = Parts.of(input);
        String text = parts.get(0);
        HttpUrl url = Hosts.url("http://" + parts.get(1));
        NoProxy hosts = NoProxy.javaHosts(text);
        if (url == null || !text.matches("[a-z0-9.*|-]*")) {
            return;
        }
        String host = withoutFinalDot(url.host());
        boolean expected = Stream.of(text.split("\\|"))
                .filter(word -> !word.isEmpty())
                .map(NoProxyFuzz::withoutFinalDot)
                .anyMatch(word -> asPattern(word).matcher(host).matches());
        assertThat(hosts.match(url.host(), url.port()) != null)
                .as(hosts + " and " + url)
                .isEqualTo(expected);
    }

    private static @Nullable NoProxy strict(String text) {
        try {
            return NoProxy.strict(text);
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageStartingWith("ProxySettings.except: ");
            return null;
        }
    }

    /** A star inside is a plain character. */
    private static Pattern asPattern(String word) {
        boolean start = word.startsWith("*");
        boolean end = word.length() > 1 && word.endsWith("*");
        String part = word.substring(start ? 1 : 0, word.length() - (end ? 1 : 0));
        return Pattern.compile((start ? ".*" : "") + Pattern.quote(part) + (end ? ".*" : ""));
    }

    private static String withoutFinalDot(String host) {
        return host.endsWith(".") ? host.substring(0, host.length() - 1) : host;
    }

    /** By the grammar of {@link ProxySettings#except}. */
    private static boolean isNamedBy(String entry, String host, int hostPort) {
        if (entry.equals("*")) {
            return true;
        }
        int slash = entry.indexOf('/');
        if (slash >= 0) {
            byte[] range = canonicalLiteral(entry.substring(0, slash));
            String digits = entry.substring(slash + 1);
            int prefix = digits.matches("[0-9]{1,5}") ? Integer.parseInt(digits) : Integer.MAX_VALUE;
            return range != null && prefix <= 8 * range.length && Hosts.isInRange(range, host, prefix);
        }
        String name = entry;
        boolean brackets = name.startsWith("[");
        int colon = brackets ? name.indexOf(':', Math.max(0, name.indexOf(']'))) : name.indexOf(':');
        boolean bareIpv6 = !brackets && colon != name.lastIndexOf(':');
        if (colon >= 0 && !bareIpv6) {
            String digits = name.substring(colon + 1);
            if (!digits.matches("[0-9]{1,5}") || Integer.parseInt(digits) != hostPort) {
                return false;
            }
            name = name.substring(0, colon);
        }
        byte[] address = canonicalLiteral(name);
        if (address != null) {
            return Hosts.isInRange(address, host, -1);
        }
        boolean star = name.startsWith("*.");
        boolean dot = name.startsWith(".");
        String rest = name.substring(star ? 2 : dot ? 1 : 0);
        if (!rest.matches("[^%@*\\[\\]/\\\\?#:]+")
                || rest.matches("(?i)(.*\\.)?([0-9]+|0x[0-9a-f]*)\\.?")
                || Hosts.url("http://" + rest) == null) {
            return false;
        }
        boolean exact = Hosts.isAtOrBelow(rest, host, false);
        return star ? !exact && Hosts.isAtOrBelow(rest, host, true) : Hosts.isAtOrBelow(rest, host, true);
    }

    /** Zones are no part of a URL's host. */
    private static byte @Nullable [] canonicalLiteral(String text) {
        return text.matches("\\[?[0-9A-Fa-f:.]+]?") && isOkHttpHost(text) ? Hosts.literal(text) : null;
    }

    private static boolean isOkHttpHost(String text) {
        String bracketed = text.contains(":") && !text.startsWith("[") ? "[" + text + "]" : text;
        return Hosts.url("http://" + bracketed) != null;
    }
}
