package dev.llmpropagation.network;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

/** However OkHttp's buffer cuts what it writes: each head is found, and no body is taken for one. */
class RequestOutputPropertyTest {

    @Property
    void heads_areFoundAndBodiesPass(
            @ForAll @Size(max = 4) List<@From("requests") String[]> requests,
            @ForAll @IntRange(min = 1, max = 64) int cut)
            throws IOException {
        List<String> heads = new ArrayList<>();
        ByteArrayOutputStream wire = new ByteArrayOutputStream();
        StringBuilder plain = new StringBuilder();
        StringBuilder expected = new StringBuilder();
        for (String[] request : requests) {
            plain.append(request[0]).append("\r\n\r\n").append(request[1]);
            expected.append("<head>").append(request[1]);
        }
        RequestOutput output = new RequestOutput(wire, head -> {
            heads.add(String.join("\r\n", head.lines()));
            wire.writeBytes("<head>".getBytes(ISO_8859_1));
        });

        byte[] bytes = plain.toString().getBytes(ISO_8859_1);
        for (int i = 0; i < bytes.length; i += cut) {
            output.write(bytes, i, Math.min(cut, bytes.length - i));
        }

        assertThat(heads)
                .containsExactlyElementsOf(
                        requests.stream().map(request -> request[0]).toList());
        assertThat(wire.toString(ISO_8859_1)).isEqualTo(expected.toString());
    }

    @Test
    void upgradeConnectAndHttp2_areTheLastHeads() throws IOException {
        for (String head : List.of(
                "GET http://h/ HTTP/1.1\r\nUpgrade: websocket",
                "CONNECT h:443 HTTP/1.1",
                "PRI * HTTP/2.0",
                "POST http://h/ HTTP/1.1\r\nContent-Length: some")) {
            ByteArrayOutputStream wire = new ByteArrayOutputStream();
            RequestOutput output = new RequestOutput(wire, complete -> {});
            output.write((head + "\r\n\r\nSM\r\n\r\n").getBytes(ISO_8859_1));
            assertThat(wire.toString(ISO_8859_1)).isEqualTo("SM\r\n\r\n");
        }
    }

    @Provide
    Arbitrary<String[]> requests() {
        Arbitrary<String> text =
                Arbitraries.strings().withChars("GET / HTTP/1.1\r\n0aA\u00ff").ofMaxLength(60);
        Arbitrary<String[]> none = Arbitraries.of("GET", "HEAD", "DELETE")
                .map(method -> new String[] {method + " http://h/p HTTP/1.1\r\nHost: h", ""});
        Arbitrary<String[]> length = text.map(body -> new String[] {
            "POST http://h/p HTTP/1.1\r\nHost: h\r\nContent-Length: " + body.length() + "\r\nA: b", body
        });
        Arbitrary<String[]> chunked = text.filter(part -> !part.isEmpty())
                .list()
                .ofMaxSize(3)
                .map(parts -> {
                    StringBuilder body = new StringBuilder();
                    parts.forEach(part -> body.append(Integer.toHexString(part.length()))
                            .append("\r\n")
                            .append(part)
                            .append("\r\n"));
                    return new String[] {"POST http://h/p HTTP/1.1\r\ntransfer-encoding: chunked", body + "0\r\n\r\n"};
                });
        return Arbitraries.oneOf(none, length, chunked);
    }
}
