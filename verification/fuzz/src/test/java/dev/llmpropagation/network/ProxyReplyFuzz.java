package dev.llmpropagation.network;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an HTTP proxy answers to a CONNECT. */
class ProxyReplyFuzz {

    private static final String ESTABLISHED = "HTTP/1.1 200 OK\r\n\r\n";
    /** Lines with an end, up to the first without a character. */
    private static final Pattern HEAD = Pattern.compile("(?:[^\\n]*[^\\r\\n][^\\n]*\\n)+\\r*\\n|\\r*\\n");

    private static final ProxyServer SERVER = ProxyServer.of("proxy", ProxyServer.Kind.HTTP, "proxy.example", 3128);

    @FuzzTest
    void tunnel_opensForAStatusOf200Alone_andLosesNoByteBehindIt(byte[] input) {
        ReplyInput reply = new ReplyInput(new ByteArrayInputStream(input));
        reply.expectReply(SERVER, "host.example:443", false);
        String read = null;
        try {
            read = new String(reply.readAllBytes(), ISO_8859_1);
        } catch (IOException e) {
            assertThat(e).isInstanceOf(ProxyException.class);
            assertThat(e.getMessage()).matches("The proxy http://proxy\\.example:3128 [A-Za-z0-9 .:,;-]{1,250}");
        }
        assertThat(read).isEqualTo(expected(new String(input, ISO_8859_1)));
        assertThat(reply.isTunnel()).isEqualTo(read != null);
    }

    /** Null if the proxy did not agree. */
    private static String expected(String answer) {
        Matcher head = HEAD.matcher(answer);
        int at = 0;
        for (int heads = 0; heads <= 20; heads++) {
            head.region(at, answer.length());
            if (!head.lookingAt()) {
                return null;
            }
            Matcher status = Pattern.compile("HTTP/1\\.[01] ([1-9][0-9][0-9])( .*)?")
                    .matcher(head.group().lines().findFirst().orElse(""));
            if (!status.matches()) {
                return null;
            }
            at = head.end();
            int code = Integer.parseInt(status.group(1));
            if (code >= 200) {
                return code < 300 ? ESTABLISHED + answer.substring(at) : null;
            }
        }
        return null;
    }
}
