package dev.llmpropagation.network;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.llmpropagation.internal.url.IpRange;
import dev.llmpropagation.network.ProxyException.Reason;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;

/**
 * The client's side of RFC 1928 and RFC 1929. Java's own asks the JVM-wide {@code Authenticator}, and without one offers
 * the name of the operating system's user.
 */
final class Socks5 {

    private static final int VERSION = 5;
    private static final int NO_AUTHENTICATION = 0;
    private static final int USER_AND_PASSWORD = 2;

    private Socks5() {}

    /** Whether RFC 1929 can carry this as user name or password. */
    static boolean isFit(String text) {
        int length = text.getBytes(UTF_8).length;
        return length >= 1 && length <= 255;
    }

    /** Asks this proxy for a connection to this destination; the streams then lead there. */
    static void connect(ProxyServer server, String host, int port, InputStream from, OutputStream to)
            throws IOException {
        try {
            DataInputStream in = new DataInputStream(from);
            greet(server, in, to);
            request(server, host, port, in, to);
        } catch (IOException e) {
            throw ProxyException.whileAsking(server, e);
        }
    }

    private static void greet(ProxyServer server, DataInputStream in, OutputStream to) throws IOException {
        ProxyCredentials credentials = server.credentials();
        String password = credentials == null ? null : credentials.password(server);
        boolean authenticates = credentials != null && password != null;
        to.write(
                authenticates
                        ? new byte[] {VERSION, 2, NO_AUTHENTICATION, USER_AND_PASSWORD}
                        : new byte[] {VERSION, 1, NO_AUTHENTICATION});
        to.flush();
        version(server, VERSION, in);
        int method = in.readUnsignedByte();
        if (method == USER_AND_PASSWORD && credentials != null && password != null) {
            authenticate(server, credentials.user(), password, in, to);
        } else if (method != NO_AUTHENTICATION) {
            throw new ProxyException(
                    Reason.CREDENTIALS,
                    "The proxy " + server
                            + (authenticates
                                    ? " accepts neither a user name with a password nor a connection without."
                                    : " wants credentials, and none are set."));
        }
    }

    private static void authenticate(
            ProxyServer server, String user, String password, DataInputStream in, OutputStream to) throws IOException {
        if (!isFit(password)) {
            throw new ProxyException(
                    Reason.CREDENTIALS,
                    "The password for the proxy " + server + " is empty or longer than 255 bytes, which SOCKS cannot"
                            + " carry.");
        }
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.write(1);
        text(message, user);
        text(message, password);
        to.write(message.toByteArray());
        to.flush();
        version(server, 1, in);
        if (in.readUnsignedByte() != 0) {
            throw new ProxyException(
                    Reason.CREDENTIALS, "The proxy " + server + " does not accept this user name and password.");
        }
    }

    private static void request(ProxyServer server, String host, int port, DataInputStream in, OutputStream to)
            throws IOException {
        ByteArrayOutputStream message = new ByteArrayOutputStream();
        message.writeBytes(new byte[] {VERSION, 1, 0});
        if (host.indexOf(':') >= 0 || IpRange.isLiteral(host)) {
            byte[] address = InetAddress.getByName(host).getAddress();
            message.write(address.length == 4 ? 1 : 4);
            message.writeBytes(address);
        } else if (isFit(host)) {
            message.write(3);
            text(message, host);
        } else {
            throw new ProxyException(Reason.DESTINATION, "The host name is longer than SOCKS can carry.");
        }
        message.write(port >> 8);
        message.write(port);
        to.write(message.toByteArray());
        to.flush();

        version(server, VERSION, in);
        int reply = in.readUnsignedByte();
        if (reply != 0) {
            throw new ProxyException(
                    Reason.DESTINATION,
                    "The proxy " + server + " did not connect to " + host + ":" + port + ": " + meaning(reply) + ".");
        }
        in.readUnsignedByte();
        int length =
                switch (in.readUnsignedByte()) {
                    case 1 -> 4;
                    case 4 -> 16;
                    case 3 -> in.readUnsignedByte();
                    default -> throw notSocks(server);
                };
        in.readFully(new byte[length + 2]);
    }

    private static void text(ByteArrayOutputStream message, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        message.write(bytes.length);
        message.writeBytes(bytes);
    }

    private static void version(ProxyServer server, int expected, DataInputStream in) throws IOException {
        if (in.readUnsignedByte() != expected) {
            throw notSocks(server);
        }
    }

    private static ProxyException notSocks(ProxyServer server) {
        return new ProxyException(Reason.PROTOCOL, "The proxy " + server + " does not speak SOCKS 5.");
    }

    private static String meaning(int reply) {
        return switch (reply) {
            case 1 -> "general failure";
            case 2 -> "its rules do not allow it";
            case 3 -> "network unreachable";
            case 4 -> "host unreachable or unknown";
            case 5 -> "connection refused";
            case 6 -> "time to live expired";
            case 7 -> "command not supported";
            case 8 -> "address type not supported";
            default -> "reply " + reply;
        };
    }
}
