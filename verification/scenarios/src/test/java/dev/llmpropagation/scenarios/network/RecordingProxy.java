package dev.llmpropagation.scenarios.network;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.llmpropagation.network.ProxySettings;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** A small proxy that records what it is told, and leads every name to this machine. */
final class RecordingProxy implements AutoCloseable {

    /** What a client asked of the proxy, line by line as it stood on the wire, and the answer: 200, or why not. */
    record Asked(List<String> lines, int answer) {

        String line() {
            return lines.get(0);
        }

        List<String> headerNames() {
            return lines.stream()
                    .skip(1)
                    .map(line -> line.substring(0, line.indexOf(':')).toLowerCase(Locale.ROOT))
                    .toList();
        }
    }

    final List<Asked> asked = new CopyOnWriteArrayList<>();
    final Set<Socket> connections = ConcurrentHashMap.newKeySet();

    private final ServerSocket server;
    private final boolean socks;
    private final String user;
    private final String password;
    volatile int connectAnswer = 200;

    /** Nothing comes through any more, and no connection closes: as when a route is lost. */
    volatile boolean frozen;

    private RecordingProxy(boolean socks, String user, String password) throws IOException {
        this.socks = socks;
        this.user = user;
        this.password = password;
        this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    static RecordingProxy http() throws IOException {
        return new RecordingProxy(false, null, null);
    }

    static RecordingProxy http(String user, String password) throws IOException {
        return new RecordingProxy(false, user, password);
    }

    static RecordingProxy socks() throws IOException {
        return new RecordingProxy(true, null, null);
    }

    static RecordingProxy socks(String user, String password) throws IOException {
        return new RecordingProxy(true, user, password);
    }

    int port() {
        return server.getLocalPort();
    }

    /** Settings that lead here, without credentials. */
    ProxySettings settings() {
        return socks ? ProxySettings.socks5("localhost", port()) : ProxySettings.http("localhost", port());
    }

    /** Settings that lead here, with the marker strings, be they right or wrong. */
    ProxySettings withCredentials() {
        return settings().credentials(ProxyWire.USER, ProxyWire.PASSWORD);
    }

    private static void start(Runnable task) {
        Thread thread = new Thread(task, "recording-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        try {
            while (true) {
                Socket client = server.accept();
                connections.add(client);
                start(() -> {
                    try (client) {
                        if (socks) {
                            speakSocks(client);
                        } else {
                            speakHttp(client);
                        }
                    } catch (IOException e) {
                        // One of the two sides is gone, and so is this connection.
                    }
                });
            }
        } catch (IOException e) {
            // The test has ended.
        }
    }

    private void speakHttp(Socket client) throws IOException {
        InputStream in = client.getInputStream();
        OutputStream out = client.getOutputStream();
        Socket service = null;
        try {
            while (true) {
                List<String> head = head(in);
                String[] line = head.get(0).split(" ");
                boolean connect = line[0].equals("CONNECT");
                int answer = !authorized(head) ? 407 : connect ? connectAnswer : 200;
                asked.add(new Asked(head, answer));
                byte[] body = body(head, in);
                if (answer != 200) {
                    out.write(("HTTP/1.1 " + answer + " No\r\n"
                                    + (answer == 407 ? "Proxy-Authenticate: Basic realm=\"proxy\"\r\n" : "")
                                    + "Content-Length: 0\r\n\r\n")
                            .getBytes(ISO_8859_1));
                    continue;
                }
                if (connect) {
                    Socket tunnel = open(line[1].substring(line[1].lastIndexOf(':') + 1));
                    out.write("HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n".getBytes(ISO_8859_1));
                    lead(client, tunnel);
                    return;
                }
                if (service == null) {
                    service = open(portOf(line[1]));
                    Socket from = service;
                    start(() -> pump(from, client));
                }
                service.getOutputStream().write(forwarded(head, line));
                service.getOutputStream().write(body);
            }
        } finally {
            if (service != null) {
                service.close();
            }
        }
    }

    private static String portOf(String url) {
        String authority = url.substring("http://".length(), url.indexOf('/', "http://".length()));
        int colon = authority.lastIndexOf(':');
        return colon < 0 ? "80" : authority.substring(colon + 1);
    }

    /** What a proxy passes on: a path, and no header of its own. */
    private static byte[] forwarded(List<String> head, String[] line) {
        List<String> lines = new ArrayList<>(head);
        lines.removeIf(header -> header.toLowerCase(Locale.ROOT).startsWith("proxy-"));
        lines.set(0, line[0] + " " + line[1].substring(line[1].indexOf('/', "http://".length())) + " HTTP/1.1");
        return (String.join("\r\n", lines) + "\r\n\r\n").getBytes(ISO_8859_1);
    }

    private boolean authorized(List<String> head) {
        String basic = "Proxy-Authorization: Basic "
                + Base64.getEncoder().encodeToString((user + ":" + password).getBytes(UTF_8));
        return user == null || head.contains(basic);
    }

    private void speakSocks(Socket client) throws IOException {
        DataInputStream in = new DataInputStream(client.getInputStream());
        OutputStream out = client.getOutputStream();
        in.readByte();
        byte[] methods = new byte[in.readUnsignedByte()];
        in.readFully(methods);
        int method = user == null ? 0 : 2;
        if (new String(methods, ISO_8859_1).indexOf(method) < 0) {
            asked.add(new Asked(List.of("greeting"), 407));
            out.write(new byte[] {5, (byte) 0xff});
            return;
        }
        out.write(new byte[] {5, (byte) method});
        if (method == 2) {
            in.readByte();
            String name = text(in);
            String secret = text(in);
            boolean right = name.equals(user) && secret.equals(password);
            if (!right) {
                asked.add(new Asked(List.of("authentication"), 407));
            }
            out.write(new byte[] {1, (byte) (right ? 0 : 1)});
            if (!right) {
                return;
            }
        }
        in.readFully(new byte[3]);
        int type = in.readByte();
        String host = type == 3 ? text(in) : address(in, type == 1 ? 4 : 16);
        int port = in.readUnsignedShort();
        asked.add(new Asked(List.of("SOCKS " + host + ":" + port), connectAnswer));
        out.write(new byte[] {5, (byte) (connectAnswer == 200 ? 0 : 2), 0, 1, 0, 0, 0, 0, 0, 0});
        if (connectAnswer == 200) {
            lead(client, open(Integer.toString(port)));
        }
    }

    private static String text(DataInputStream in) throws IOException {
        byte[] bytes = new byte[in.readUnsignedByte()];
        in.readFully(bytes);
        return new String(bytes, UTF_8);
    }

    private static String address(DataInputStream in, int length) throws IOException {
        byte[] bytes = new byte[length];
        in.readFully(bytes);
        return InetAddress.getByAddress(bytes).getHostAddress();
    }

    private Socket open(String port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(port));
        connections.add(socket);
        return socket;
    }

    private void lead(Socket client, Socket service) {
        start(() -> pump(service, client));
        pump(client, service);
    }

    private void pump(Socket from, Socket to) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            byte[] buffer = new byte[8192];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                if (!frozen) {
                    to.getOutputStream().write(buffer, 0, count);
                }
            }
        } catch (IOException e) {
            // One of the two sides is gone, and now the other.
        }
    }

    private static List<String> head(InputStream in) throws IOException {
        List<String> lines = new ArrayList<>();
        while (true) {
            String line = line(in);
            if (line.isEmpty()) {
                return lines;
            }
            lines.add(line);
        }
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int octet = in.read(); octet != '\n'; octet = in.read()) {
            if (octet < 0) {
                throw new EOFException();
            }
            line.write(octet);
        }
        return line.toString(ISO_8859_1).strip();
    }

    private static byte[] body(List<String> head, InputStream in) throws IOException {
        for (String header : head) {
            String lower = header.toLowerCase(Locale.ROOT);
            if (lower.startsWith("content-length:")) {
                return in.readNBytes(Integer.parseInt(lower.substring(15).strip()));
            }
            if (lower.startsWith("transfer-encoding:")) {
                ByteArrayOutputStream chunks = new ByteArrayOutputStream();
                while (true) {
                    String size = line(in);
                    chunks.writeBytes((size + "\r\n").getBytes(ISO_8859_1));
                    chunks.writeBytes(in.readNBytes(Integer.parseInt(size, 16) + 2));
                    if (size.equals("0")) {
                        return chunks.toByteArray();
                    }
                }
            }
        }
        return new byte[0];
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket connection : connections) {
            connection.close();
        }
    }
}
