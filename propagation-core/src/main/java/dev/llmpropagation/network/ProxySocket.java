package dev.llmpropagation.network;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import org.jspecify.annotations.Nullable;

/** A socket that authenticates itself if it is connected to one of its proxies, and is a plain one otherwise. */
final class ProxySocket extends Socket {

    private final @Nullable ProxyServer forHttp;
    private final @Nullable ProxyServer forHttps;
    private volatile @Nullable ProxyConversation conversation;

    ProxySocket(@Nullable ProxyServer forHttp, @Nullable ProxyServer forHttps) {
        // Otherwise the JVM would connect to our proxy through its socksProxyHost.
        super(Proxy.NO_PROXY);
        this.forHttp = forHttp;
        this.forHttps = forHttps;
    }

    @Override
    public void connect(SocketAddress endpoint, int timeout) throws IOException {
        ProxyServer http = ifAt(endpoint, forHttp);
        ProxyServer https = ifAt(endpoint, forHttps);
        ProxyServer proxy = https != null ? https : http;
        if (proxy == null) {
            super.connect(endpoint, timeout);
            return;
        }
        try {
            super.connect(endpoint, timeout);
        } catch (ConnectException e) {
            throw named(new ConnectException("The proxy " + proxy + " cannot be connected to"), e);
        } catch (SocketTimeoutException e) {
            throw named(new SocketTimeoutException("Connecting to the proxy " + proxy + " timed out"), e);
        }
        conversation = new ProxyConversation(http, https, super.getInputStream(), super.getOutputStream());
    }

    private static @Nullable ProxyServer ifAt(SocketAddress endpoint, @Nullable ProxyServer server) {
        return server != null && endpoint instanceof InetSocketAddress address && server.isAt(address) ? server : null;
    }

    private static <E extends IOException> E named(E exception, IOException cause) {
        exception.initCause(cause);
        return exception;
    }

    @Override
    public InputStream getInputStream() throws IOException {
        ProxyConversation current = conversation;
        return current == null || current.isTunnel() ? super.getInputStream() : current.input();
    }

    @Override
    public OutputStream getOutputStream() throws IOException {
        ProxyConversation current = conversation;
        return current == null || current.isTunnel() ? super.getOutputStream() : current.output();
    }
}
