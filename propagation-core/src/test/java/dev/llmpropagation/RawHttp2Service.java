package dev.llmpropagation;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;

/**
 * A service that speaks HTTP/2 without TLS and answers each request with 200 and these headers, whatever bytes are in their
 * values: a server that others made would refuse to send them.
 */
final class RawHttp2Service implements AutoCloseable {

    private static final int PREFACE_LENGTH = 24;
    private static final int HEADERS = 1;
    private static final int SETTINGS = 4;
    private static final int ACK = 1;
    private static final int END_OF_STREAM_AND_OF_HEADERS = 5;
    private static final int STATUS_200 = 0x88;

    private final ServerSocket listener;
    private final byte[] answer;

    RawHttp2Service(Map<String, String> headers) throws IOException {
        listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        answer = encoded(headers);
        Thread thread = new Thread(this::serve, "raw-http2-service");
        thread.setDaemon(true);
        thread.start();
    }

    String url() {
        return "http://localhost:" + listener.getLocalPort() + "/";
    }

    private void serve() {
        try (Socket socket = listener.accept()) {
            DataInputStream in = new DataInputStream(socket.getInputStream());
            DataOutputStream out = new DataOutputStream(socket.getOutputStream());
            in.readFully(new byte[PREFACE_LENGTH]);
            frame(out, SETTINGS, 0, 0, new byte[0]);
            while (true) {
                int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
                int type = in.readUnsignedByte();
                int flags = in.readUnsignedByte();
                int stream = in.readInt();
                in.readFully(new byte[length]);
                if (type == SETTINGS && flags != ACK) {
                    frame(out, SETTINGS, ACK, 0, new byte[0]);
                } else if (type == HEADERS) {
                    frame(out, HEADERS, END_OF_STREAM_AND_OF_HEADERS, stream, answer);
                }
            }
        } catch (IOException e) {
            // the client has gone, or the test is over
        }
    }

    private static void frame(DataOutputStream out, int type, int flags, int stream, byte[] content)
            throws IOException {
        out.writeByte(content.length >> 16);
        out.writeShort(content.length);
        out.writeByte(type);
        out.writeByte(flags);
        out.writeInt(stream);
        out.write(content);
        out.flush();
    }

    /** HPACK without table and Huffman code. */
    private static byte[] encoded(Map<String, String> headers) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.write(STATUS_200);
        headers.forEach((name, value) -> {
            block.write(0);
            text(block, name);
            text(block, value);
        });
        return block.toByteArray();
    }

    private static void text(ByteArrayOutputStream block, String text) {
        byte[] bytes = text.getBytes(UTF_8);
        int rest = bytes.length;
        if (rest < 127) {
            block.write(rest);
        } else {
            block.write(127);
            for (rest -= 127; rest >= 128; rest >>= 7) {
                block.write(rest & 127 | 128);
            }
            block.write(rest);
        }
        block.writeBytes(bytes);
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
