package dev.llmpropagation.network;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import dev.llmpropagation.network.RequestOutput.Head;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * What OkHttp says to an HTTP proxy on one connection, and what is made of it: credentials are added, or it is
 * translated to SOCKS. OkHttp writes a CONNECT or an absolute URL to a proxy only; any other request passes as it is.
 */
final class ProxyConversation {

    private static final String AUTHORIZATION = "Proxy-Authorization";

    private final @Nullable ProxyServer forHttp;
    private final @Nullable ProxyServer forHttps;
    private final InputStream from;
    private final OutputStream to;
    private final ReplyInput input;
    private final RequestOutput output;
    private boolean socksIsOpen;

    /** @param forHttp the proxy for http URLs if it is at the other end, else null; so {@code forHttps} */
    ProxyConversation(
            @Nullable ProxyServer forHttp, @Nullable ProxyServer forHttps, InputStream from, OutputStream to) {
        this.forHttp = forHttp;
        this.forHttps = forHttps;
        this.from = from;
        this.to = to;
        this.input = new ReplyInput(from);
        this.output = new RequestOutput(to, this::write);
    }

    InputStream input() {
        return input;
    }

    OutputStream output() {
        return output;
    }

    /** Whether all that follows is the destination's. */
    boolean isTunnel() {
        return input.isTunnel();
    }

    private void write(Head head) throws IOException {
        if (head.method().equals("CONNECT") && forHttps != null) {
            connect(forHttps, head);
        } else if (head.target().startsWith("http://") && forHttp != null) {
            forward(forHttp, head);
        } else {
            send(head.lines());
        }
    }

    private void connect(ProxyServer server, Head head) throws IOException {
        if (server.kind() == ProxyServer.Kind.HTTP) {
            boolean authenticated = send(withCredentials(server, head));
            input.expectReply(server, head.target(), authenticated);
        } else {
            HttpUrl destination = HttpUrl.get("https://" + head.target());
            Socks5.connect(server, destination.host(), destination.port(), from, to);
            input.connected();
        }
    }

    private void forward(ProxyServer server, Head head) throws IOException {
        if (server.kind() == ProxyServer.Kind.HTTP) {
            send(withCredentials(server, head));
            return;
        }
        String target = head.target();
        if (!socksIsOpen) {
            HttpUrl destination = HttpUrl.get(target);
            Socks5.connect(server, destination.host(), destination.port(), from, to);
            socksIsOpen = true;
        }
        // The destination itself reads this, and many take a path only.
        List<String> lines = new ArrayList<>(head.lines());
        lines.set(0, head.method() + ' ' + target.substring(target.indexOf('/', "http://".length())) + " HTTP/1.1");
        send(lines);
    }

    private static List<String> withCredentials(ProxyServer server, Head head) throws IOException {
        ProxyCredentials credentials = server.credentials();
        String value = credentials == null ? null : credentials.basic(server);
        if (value == null) {
            return head.lines();
        }
        List<String> lines = new ArrayList<>(head.lines());
        lines.removeIf(line -> Head.is(line, AUTHORIZATION));
        lines.add(AUTHORIZATION + ": " + value);
        return lines;
    }

    /** @return whether there are credentials among these */
    private boolean send(List<String> lines) throws IOException {
        to.write((String.join("\r\n", lines) + "\r\n\r\n").getBytes(ISO_8859_1));
        return lines.stream().anyMatch(line -> Head.is(line, AUTHORIZATION));
    }
}
