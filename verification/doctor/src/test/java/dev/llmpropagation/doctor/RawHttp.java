package dev.llmpropagation.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import org.assertj.core.api.AbstractStringAssert;

/** Requests byte by byte, as no client would send them. */
public final class RawHttp {

    private static final int PATIENCE_MILLIS = 60_000;

    private RawHttp() {}

    public static Socket connect(int port) throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    public static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    public static String ask(Socket socket, String request) throws IOException {
        write(socket, request);
        return answer(socket);
    }

    /** What stands in the answer can be looked at next. */
    public static AbstractStringAssert<?> assertStatus(int status, String answer) {
        return assertThat(answer).startsWith("HTTP/1.1 " + status);
    }

    /** All of it, until the server closes; empty if there is none. */
    public static String answer(Socket socket) throws IOException {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        InputStream in = socket.getInputStream();
        try {
            in.transferTo(answer);
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (IOException reset) {
            // What came before it counts.
        }
        return answer.toString(StandardCharsets.UTF_8);
    }
}
