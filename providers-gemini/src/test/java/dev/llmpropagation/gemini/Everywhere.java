package dev.llmpropagation.gemini;

import dev.llmpropagation.fixtures.OwnSockets;
import dev.llmpropagation.fixtures.TrustAnybody;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketAddress;
import java.util.List;
import okhttp3.OkHttpClient;

/** A client for which one local https server is the whole internet. */
final class Everywhere {

    private Everywhere() {}

    static OkHttpClient client(int port) {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        OkHttpClient.Builder client = new OkHttpClient.Builder()
                .dns(host -> List.of(loopback))
                .socketFactory(new Sockets(new InetSocketAddress(loopback, port)));
        return TrustAnybody.in(client).build();
    }

    private static final class Sockets extends OwnSockets {
        private final SocketAddress server;

        Sockets(SocketAddress server) {
            this.server = server;
        }

        @Override
        public Socket createSocket() {
            return new Socket() {
                @Override
                public void connect(SocketAddress endpoint, int timeout) throws IOException {
                    super.connect(server, timeout);
                }
            };
        }
    }
}
