package dev.llmpropagation.testkit;

import dev.llmpropagation.testkit.Fault.Phase;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import wiremock.jakarta.servlet.ServletOutputStream;
import wiremock.jakarta.servlet.WriteListener;
import wiremock.jakarta.servlet.http.HttpServletResponse;
import wiremock.jakarta.servlet.http.HttpServletResponseWrapper;
import wiremock.org.eclipse.jetty.io.EndPoint;

/** Holds back the body of a response that has a plan, and then sends it piece by piece. */
final class PacedResponse extends HttpServletResponseWrapper {

    /** Longer than any test waits. */
    private static final Duration FOR_EVER = Duration.ofMinutes(10);

    private final PacedServer server;
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();
    private @Nullable SendingPlan plan;

    PacedResponse(HttpServletResponse response, PacedServer server) {
        super(response);
        this.server = server;
    }

    /** Waits. */
    @FunctionalInterface
    interface Pause {
        /** @return false if the server has no more patience */
        boolean of(Duration pause) throws InterruptedException;
    }

    @Override
    public void addHeader(String name, String value) {
        if (name.equalsIgnoreCase(PacedServer.PLAN)) {
            plan = server.take(value);
        } else {
            super.addHeader(name, value);
        }
    }

    @Override
    public ServletOutputStream getOutputStream() throws IOException {
        return plan == null ? super.getOutputStream() : new Held();
    }

    void send(Pause pause, EndPoint connection) throws IOException {
        SendingPlan how = plan;
        if (how == null) {
            return;
        }
        try {
            send(how, pause, connection);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(SendingPlan how, Pause pause, EndPoint connection) throws IOException, InterruptedException {
        pause.of(how.after());
        if (how.strikes(Phase.BEFORE_HEADERS)) {
            strike(how, pause, connection);
            return;
        }
        flushBuffer();
        if (how.strikes(Phase.AFTER_HEADERS)) {
            strike(how, pause, connection);
            return;
        }
        ServletOutputStream out = super.getOutputStream();
        List<byte[]> parts = parts();
        for (int i = 0; i < parts.size(); i++) {
            if (how.strikes(Phase.IN_BODY) && i == parts.size() / 2) {
                strike(how, pause, connection);
                return;
            }
            pause.of(how.every());
            out.write(parts.get(i));
            out.flush();
        }
        if (how.strikes(Phase.BEFORE_END)) {
            strike(how, pause, connection);
        }
    }

    private static void strike(SendingPlan how, Pause pause, EndPoint connection)
            throws IOException, InterruptedException {
        SocketChannel socket = (SocketChannel) connection.getTransport();
        if (how.fault() instanceof Fault.Stall) {
            pause.of(FOR_EVER);
        } else if (how.fault() instanceof Fault.Reset) {
            socket.setOption(StandardSocketOptions.SO_LINGER, 0);
        } else if (how.fault() instanceof Fault.Garbage) {
            socket.write(ByteBuffer.wrap("this is not HTTP\r\n\r\n".getBytes(StandardCharsets.US_ASCII)));
        }
        socket.close();
    }

    /** Events of a stream, or the halves of a document. */
    private List<byte[]> parts() {
        byte[] all = body.toByteArray();
        String type = getContentType();
        List<byte[]> parts = new ArrayList<>();
        if (type == null || !type.startsWith("text/event-stream")) {
            parts.add(Arrays.copyOfRange(all, 0, all.length / 2));
            parts.add(Arrays.copyOfRange(all, all.length / 2, all.length));
            return parts;
        }
        int start = 0;
        for (int i = 0; i < all.length; i++) {
            boolean end = all[i] == '\n'
                    && (i == all.length - 1 || all[i - 1] == '\n' || (all[i - 1] == '\r' && all[i - 2] == '\n'));
            if (end) {
                parts.add(Arrays.copyOfRange(all, start, i + 1));
                start = i + 1;
            }
        }
        return parts;
    }

    private final class Held extends ServletOutputStream {
        @Override
        public void write(int b) {
            body.write(b);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            body.write(bytes, offset, length);
        }

        @Override
        public boolean isReady() {
            return true;
        }

        @Override
        public void setWriteListener(WriteListener listener) {
            throw new UnsupportedOperationException("WireMock writes at once");
        }
    }
}
