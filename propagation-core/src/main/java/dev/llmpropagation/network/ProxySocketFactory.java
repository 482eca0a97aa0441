package dev.llmpropagation.network;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import javax.net.SocketFactory;
import org.jspecify.annotations.Nullable;

/** Makes sockets that speak to these proxies, and to all others as any socket does. OkHttp uses the first method alone. */
final class ProxySocketFactory extends SocketFactory {

    private final @Nullable ProxyServer forHttp;
    private final @Nullable ProxyServer forHttps;

    ProxySocketFactory(@Nullable ProxyServer forHttp, @Nullable ProxyServer forHttps) {
        this.forHttp = forHttp;
        this.forHttps = forHttps;
    }

    @Override
    public Socket createSocket() {
        return new ProxySocket(forHttp, forHttps);
    }

    @Override
    public Socket createSocket(String host, int port) throws IOException {
        return connected(new InetSocketAddress(host, port), null);
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress localHost, int localPort) throws IOException {
        return connected(new InetSocketAddress(host, port), new InetSocketAddress(localHost, localPort));
    }

    @Override
    public Socket createSocket(InetAddress host, int port) throws IOException {
        return connected(new InetSocketAddress(host, port), null);
    }

    @Override
    public Socket createSocket(InetAddress address, int port, InetAddress localAddress, int localPort)
            throws IOException {
        return connected(new InetSocketAddress(address, port), new InetSocketAddress(localAddress, localPort));
    }

    private Socket connected(InetSocketAddress endpoint, @Nullable InetSocketAddress local) throws IOException {
        Socket socket = createSocket();
        try {
            socket.bind(local);
            socket.connect(endpoint);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }
}
