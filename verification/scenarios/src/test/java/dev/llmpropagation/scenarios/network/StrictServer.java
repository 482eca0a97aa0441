package dev.llmpropagation.scenarios.network;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import okhttp3.tls.HandshakeCertificates;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Ends the handshake with a client that shows no certificate; nginx would answer it by HTTP. */
final class StrictServer implements BeforeAllCallback, AfterAllCallback {

    private final Certificates certificates;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private SSLSocketFactory tls;
    private ServerSocket server;

    StrictServer(Certificates certificates) {
        this.certificates = certificates;
    }

    int port() {
        return server.getLocalPort();
    }

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        HandshakeCertificates handshake = new HandshakeCertificates.Builder()
                .heldCertificate(certificates.server)
                .addTrustedCertificate(certificates.authority.certificate())
                .build();
        tls = handshake.sslContext().getSocketFactory();
        server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        threads.execute(this::accept);
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = server.accept();
                threads.execute(() -> refuse(socket));
            }
        } catch (IOException e) {
            // closed
        }
    }

    private void refuse(Socket socket) {
        try (socket) {
            SSLSocket secure = (SSLSocket) tls.createSocket(socket, null, socket.getPort(), false);
            secure.setUseClientMode(false);
            secure.setNeedClientAuth(true);
            try {
                secure.startHandshake();
            } catch (SSLException e) {
                // The client is told. Bytes left unread would reset the connection before it can read that.
                socket.getInputStream().transferTo(OutputStream.nullOutputStream());
            }
        } catch (IOException e) {
            // the client has gone
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        server.close();
        threads.shutdownNow();
    }
}
