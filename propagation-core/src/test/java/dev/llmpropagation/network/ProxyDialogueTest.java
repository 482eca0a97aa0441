package dev.llmpropagation.network;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.network.ProxyException.Reason;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is said to a proxy, and what its answers are taken for, byte by byte. */
class ProxyDialogueTest {

    private static final ProxyServer HTTP =
            ProxySettings.http("proxy", 1).credentials("u", "p").https();
    private static final ProxyServer SOCKS =
            ProxySettings.socks5("proxy", 1).credentials("u", "p").https();
    private static final String CONNECT = "CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\nUser-Agent: okhttp\r\n\r\n";

    @Test
    void connect_isGivenCredentialsInPlaceOfOthers() throws IOException {
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        ProxyConversation conversation = conversation(HTTP, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nTLS", wire);
        conversation
                .output()
                .write(CONNECT.replace("Host", "proxy-authorization: Basic other\r\nHost")
                        .getBytes(ISO_8859_1));

        assertThat(wire.toString(ISO_8859_1))
                .isEqualTo("CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\nUser-Agent: okhttp\r\n"
                        + "Proxy-Authorization: Basic dTpw\r\n\r\n");
        assertThat(conversation.isTunnel()).isFalse();
        assertThat(new String(conversation.input().readAllBytes(), ISO_8859_1)).isEqualTo("HTTP/1.1 200 OK\r\n\r\nTLS");
        assertThat(conversation.isTunnel()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "HTTP/1.1 100 Continue%n%nHTTP/1.0 201 Fine%n%n | ",
                "HTTP/1.1 407 No%nProxy-Authenticate: Basic realm=\"x\"%n%n | CREDENTIALS",
                "HTTP/1.1 403 No%n%n | DESTINATION",
                "HTTP/1.1 502%n%n | DESTINATION",
                "HTTP/1.1 302 Login%nLocation: http://marker/%n%n | DESTINATION",
                "SSH-2.0-OpenSSH%n%n | PROTOCOL",
                "HTTP/1.1 2000%n%n | PROTOCOL",
                "HTTP/1.1 200 OK%n | PROTOCOL",
                "'' | PROTOCOL",
            })
    void answerToConnect_isTakenForWhatItIs(String answer, Reason reason) throws IOException {
        ProxyConversation conversation = conversation(HTTP, answer.replace("%n", "\r\n"), new ByteArrayOutputStream());
        conversation.output().write(CONNECT.getBytes(ISO_8859_1));

        if (reason == null) {
            assertThat(conversation.input().read()).isEqualTo('H');
        } else {
            assertThatThrownBy(() -> conversation.input().read())
                    .isInstanceOfSatisfying(
                            ProxyException.class, e -> assertThat(e.reason()).isEqualTo(reason))
                    .hasMessageStartingWith("The proxy http://proxy:1 ")
                    .hasMessageNotContaining("marker");
        }
    }

    @Test
    void otherSchemes_areNamed() throws IOException {
        ProxyConversation conversation = conversation(
                HTTP,
                "HTTP/1.1 407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM abc\r\n\r\n",
                new ByteArrayOutputStream());
        conversation.output().write(CONNECT.getBytes(ISO_8859_1));

        assertThatThrownBy(() -> conversation.input().read())
                .hasMessageEndingWith("; it offers Negotiate, NTLM, and only Basic is spoken here.");
    }

    @Test
    void schemesOfAProxyThatOffersThousands_areNotAllListed() throws IOException {
        StringBuilder challenges = new StringBuilder();
        for (int i = 0; i < 2000; i++) {
            challenges.append("Proxy-Authenticate: S").append(i % 1000).append("\r\n");
        }
        ProxyConversation conversation =
                conversation(HTTP, "HTTP/1.1 407 No\r\n" + challenges + "\r\n", new ByteArrayOutputStream());
        conversation.output().write(CONNECT.getBytes(ISO_8859_1));

        assertThatThrownBy(() -> conversation.input().read())
                .hasMessageEndingWith("; it offers S0, S1, S2, S3 and others, and only Basic is spoken here.");
    }

    @Test
    void interimAnswers_areNotReadForEver() throws IOException {
        ProxyConversation conversation = conversation(
                HTTP,
                "HTTP/1.1 100 Continue\r\n\r\n".repeat(21) + "HTTP/1.1 200 OK\r\n\r\n",
                new ByteArrayOutputStream());
        conversation.output().write(CONNECT.getBytes(ISO_8859_1));

        assertThatThrownBy(() -> conversation.input().read()).hasMessageEndingWith("does not speak HTTP.");
    }

    @Test
    void headWithoutEnd_isNotReadForEver() throws IOException {
        ProxyConversation conversation =
                conversation(HTTP, "HTTP/1.1 200 OK\r\n" + "a: b\r\n".repeat(20_000), new ByteArrayOutputStream());
        conversation.output().write(CONNECT.getBytes(ISO_8859_1));

        assertThatThrownBy(() -> conversation.input().read()).hasMessageEndingWith("does not speak HTTP.");
    }

    @Test
    void socks_isSpokenAsTheRfcsSay() throws IOException {
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        String answers = "\5\2" + "\1\0" + "\5\0\0\1abcdef" + "TLS";
        ProxyConversation conversation = conversation(SOCKS, answers, wire);
        conversation.output().write(CONNECT.getBytes(ISO_8859_1));

        assertThat(wire.toString(ISO_8859_1)).isEqualTo("\5\2\0\2" + "\1\1u\1p" + "\5\1\0\3\1h\1\u00bb");
        assertThat(new String(conversation.input().readAllBytes(), ISO_8859_1)).isEqualTo("HTTP/1.1 200 OK\r\n\r\nTLS");
    }

    @Test
    void socksDestinations_areNamesOrAddresses() throws IOException {
        assertThat(destination("[2001:db8::1]:80"))
                .startsWith("\4\u0020\1\r\u00b8")
                .hasSize(1 + 16 + 2);
        assertThat(destination("10.1.2.3:80")).isEqualTo("\1\12\1\2\3\0P");
        assertThat(destination("h.example:80")).isEqualTo("\3\11h.example\0P");
    }

    private static String destination(String authority) throws IOException {
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        ProxyConversation conversation = conversation(SOCKS, "\5\0" + "\5\0\0\3\1xef", wire);
        conversation.output().write(("CONNECT " + authority + " HTTP/1.1\r\n\r\n").getBytes(ISO_8859_1));
        return wire.toString(ISO_8859_1).substring("\5\2\0\2".length() + 3);
    }

    @ParameterizedTest
    @CsvSource({
        "5.255, CREDENTIALS",
        "5.2.1.1, CREDENTIALS",
        "5.1, CREDENTIALS",
        "4.0, PROTOCOL",
        "72.84, PROTOCOL",
        "5, PROTOCOL",
        "'', PROTOCOL",
        "5.2.5.0, PROTOCOL",
        "5.0.5.1.0.1, DESTINATION",
        "5.0.5.5.0.1, DESTINATION",
        "5.0.5.99.0.1, DESTINATION",
        "5.0.5.0.0.9, PROTOCOL",
        "5.0.5.0.0.1.1, PROTOCOL",
    })
    void answerOfSocks_isTakenForWhatItIs(String octets, Reason reason) {
        StringBuilder answer = new StringBuilder();
        for (String octet : octets.split("\\.")) {
            answer.append(octet.isEmpty() ? "" : String.valueOf((char) Integer.parseInt(octet)));
        }
        ProxyConversation conversation = conversation(SOCKS, answer.toString(), new ByteArrayOutputStream());

        assertThatThrownBy(() -> conversation.output().write(CONNECT.getBytes(ISO_8859_1)))
                .isInstanceOfSatisfying(
                        ProxyException.class, e -> assertThat(e.reason()).isEqualTo(reason))
                .hasMessageStartingWith("The proxy socks5://proxy:1 ");
    }

    @Test
    void requestThatIsForNoProxy_isNotTouched() throws IOException {
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        String direct = "GET / HTTP/1.1\r\nHost: proxy\r\n\r\n";
        conversation(HTTP, "", wire).output().write(direct.getBytes(ISO_8859_1));
        new ProxyConversation(null, HTTP, new ByteArrayInputStream(new byte[0]), wire)
                .output()
                .write("GET http://h/ HTTP/1.1\r\n\r\n".getBytes(ISO_8859_1));

        assertThat(wire.toString(ISO_8859_1)).isEqualTo(direct + "GET http://h/ HTTP/1.1\r\n\r\n");
    }

    @Test
    void proxy_isKnownByNameOrAddressAndPort() throws IOException {
        ProxyServer named = ProxySettings.http("proxy.example", 1).https();
        ProxyServer address = ProxySettings.http("[::1]", 1).https();

        assertThat(named.isAt(InetSocketAddress.createUnresolved("PROXY.example", 1)))
                .isTrue();
        assertThat(named.isAt(InetSocketAddress.createUnresolved("proxy.example", 2)))
                .isFalse();
        assertThat(named.isAt(InetSocketAddress.createUnresolved("other.example", 1)))
                .isFalse();
        assertThat(address.isAt(new InetSocketAddress("::1", 1))).isTrue();
        assertThat(address.isAt(new InetSocketAddress("127.0.0.1", 1))).isFalse();
    }

    private static ProxyConversation conversation(ProxyServer server, String answers, ByteArrayOutputStream wire) {
        return new ProxyConversation(server, server, new ByteArrayInputStream(answers.getBytes(ISO_8859_1)), wire);
    }
}
