package dev.llmpropagation.network;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;

/** What a SOCKS proxy answers. */
class Socks5Fuzz {

    private static final String PASSWORD = "Zq7Hidden9xW";
    private static final ProxyServer SERVER = ProxyServer.of("proxy", ProxyServer.Kind.SOCKS5, "proxy.example", 1080);
    private static final ProxyServer WITH_PASSWORD = SERVER.with(new ProxyCredentials("user", () -> PASSWORD));

    /** The first byte of an input says whether there is a password; the others are the proxy's. */
    @FuzzTest
    void connection_opensAsTheStandardsSay_andLosesNoByteBehindIt(byte[] input) {
        if (input.length == 0) {
            return;
        }
        boolean password = input[0] % 2 == 0;
        byte[] answer = Arrays.copyOfRange(input, 1, input.length);
        ByteArrayInputStream from = new ByteArrayInputStream(answer);
        ByteArrayOutputStream to = new ByteArrayOutputStream();
        int expected = length(answer, password);
        try {
            Socks5.connect(password ? WITH_PASSWORD : SERVER, "host.example", 443, from, to);
            assertThat(answer.length - from.available()).isEqualTo(expected);
        } catch (IOException e) {
            assertThat(expected).isEqualTo(-1);
            assertThat(e).isInstanceOf(ProxyException.class);
            assertThat(e.getMessage())
                    .matches("The proxy socks5://proxy\\.example:1080 [A-Za-z0-9 .,:-]{1,120}")
                    .doesNotContain(PASSWORD);
        }
        boolean asked = password && answer.length > 1 && answer[0] == 5 && answer[1] == 2;
        assertThat(to.toString(ISO_8859_1).contains(PASSWORD)).isEqualTo(asked);
    }

    /** How many bytes of a good answer are the proxy's own; -1 if it is none. */
    private static int length(byte[] answer, boolean password) {
        int at = 2;
        if (at(answer, 0) != 5 || (at(answer, 1) != 0 && !(password && at(answer, 1) == 2))) {
            return -1;
        }
        if (answer[1] == 2) {
            at = 4;
            if (at(answer, 2) != 1 || at(answer, 3) != 0) {
                return -1;
            }
        }
        if (at(answer, at) != 5 || at(answer, at + 1) != 0) {
            return -1;
        }
        int end =
                switch (at(answer, at + 3)) {
                    case 1 -> at + 4 + 4 + 2;
                    case 3 -> at + 5 + at(answer, at + 4) + 2;
                    case 4 -> at + 4 + 16 + 2;
                    default -> -1;
                };
        return end > answer.length ? -1 : end;
    }

    private static int at(byte[] bytes, int index) {
        return index < bytes.length ? bytes[index] & 0xff : Integer.MAX_VALUE / 2;
    }
}
