package dev.llmpropagation.network;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.llmpropagation.network.ProxyException.Reason;
import dev.llmpropagation.network.RequestOutput.Head;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Reads the reply to a CONNECT in OkHttp's place, which would tell no more of a refusal than its status. A proxy that
 * agreed is reported as a plain 200; all else passes.
 */
final class ReplyInput extends FilterInputStream {

    private static final byte[] ESTABLISHED = "HTTP/1.1 200 OK\r\n\r\n".getBytes(ISO_8859_1);
    private static final int MAX_HEAD = 64 * 1024;
    private static final int MAX_INTERIM = 20;
    private static final int MAX_SCHEMES = 4;

    private @Nullable Expected expected;
    private InputStream reply = InputStream.nullInputStream();
    private volatile boolean tunnel;

    ReplyInput(InputStream from) {
        super(from);
    }

    private record Expected(ProxyServer server, String destination, boolean authenticated) {}

    void expectReply(ProxyServer server, String destination, boolean authenticated) {
        expected = new Expected(server, destination, authenticated);
    }

    void connected() {
        reply = new ByteArrayInputStream(ESTABLISHED);
        tunnel = true;
    }

    boolean isTunnel() {
        return tunnel;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (expected != null) {
            Expected asked = expected;
            expected = null;
            try {
                readReply(asked);
            } catch (IOException e) {
                throw ProxyException.whileAsking(asked.server, e);
            }
        }
        int count = reply.read(bytes, offset, length);
        return count > 0 ? count : in.read(bytes, offset, length);
    }

    private void readReply(Expected asked) throws IOException {
        List<String> lines = head(asked.server);
        int status = status(asked.server, lines.get(0));
        for (int interim = 1; status < 200; interim++) {
            if (interim > MAX_INTERIM) { // otherwise the proxy could keep the caller here for ever
                throw new ProxyException(Reason.PROTOCOL, "The proxy " + asked.server + " does not speak HTTP.");
            }
            lines = head(asked.server);
            status = status(asked.server, lines.get(0));
        }
        if (status < 300) {
            connected();
            return;
        }
        String refusal = "The proxy " + asked.server + " answered " + status + " to CONNECT " + asked.destination;
        // Some proxies answer wrong credentials as a service would. The service itself has not been reached yet.
        if (status != 407 && status != 401) {
            throw new ProxyException(Reason.DESTINATION, refusal + ".");
        }
        throw new ProxyException(
                Reason.CREDENTIALS,
                refusal
                        + (asked.authenticated
                                ? ": it does not accept this user name and password"
                                : ": it wants credentials, and none are set")
                        + schemes(lines) + ".");
    }

    /** Named only if ours is not among them; the first word of each challenge, if it is one, and not very many. */
    private static String schemes(List<String> lines) {
        List<String> schemes = lines.stream()
                .filter(line -> Head.is(line, "Proxy-Authenticate"))
                .map(line -> line.substring(line.indexOf(':') + 1).strip().split("[\\s,]", 2)[0])
                .filter(scheme -> scheme.matches("[A-Za-z0-9-]{1,20}"))
                .distinct()
                .toList();
        boolean basic = schemes.isEmpty() || schemes.stream().anyMatch("Basic"::equalsIgnoreCase);
        String more = schemes.size() > MAX_SCHEMES ? " and others" : "";
        return basic
                ? ""
                : schemes.stream()
                        .limit(MAX_SCHEMES)
                        .collect(Collectors.joining(", ", "; it offers ", more + ", and only Basic is spoken here"));
    }

    private static int status(ProxyServer server, String line) throws ProxyException {
        if (!line.matches("HTTP/1\\.[01] [1-9][0-9][0-9]( .*)?")) {
            throw new ProxyException(Reason.PROTOCOL, "The proxy " + server + " does not speak HTTP.");
        }
        return Integer.parseInt(line.substring(9, 12));
    }

    private List<String> head(ProxyServer server) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        int lineLength = 0;
        // Byte by byte, because the bytes after the head belong to the destination. It happens once for each
        // connection.
        while (true) {
            int octet = in.read();
            if (octet < 0) {
                throw new EOFException();
            }
            if (head.size() == MAX_HEAD) {
                throw new ProxyException(Reason.PROTOCOL, "The proxy " + server + " does not speak HTTP.");
            }
            head.write(octet);
            if (octet == '\n' && lineLength == 0) {
                return head.toString(ISO_8859_1).lines().toList();
            }
            if (octet == '\n') {
                lineLength = 0;
            } else if (octet != '\r') {
                lineLength++;
            }
        }
    }
}
