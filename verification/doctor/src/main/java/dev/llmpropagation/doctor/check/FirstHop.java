package dev.llmpropagation.doctor.check;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import okhttp3.HttpUrl;

/**
 * The first machine on the way: the service, or the proxy. Immutable.
 *
 * @param proxied whether it is a proxy, which then resolves the name of the service
 */
record FirstHop(String host, int port, boolean proxied) {

    static FirstHop of(CheckPlan plan) {
        Proxy proxy = plan.proxy().selector().select(origin(plan.url()).uri()).get(0);
        return proxy.type() == Proxy.Type.DIRECT || !(proxy.address() instanceof InetSocketAddress address)
                ? new FirstHop(plan.url().host(), plan.url().port(), false)
                : new FirstHop(address.getHostString(), address.getPort(), true);
    }

    /** As OkHttp asks a selector. The rest of a URL can be what java.net.URI refuses. */
    private static HttpUrl origin(HttpUrl url) {
        return url.newBuilder()
                .username("")
                .password("")
                .encodedPath("/")
                .query(null)
                .fragment(null)
                .build();
    }

    String shown() {
        return (proxied ? "the proxy " : "") + (host.contains(":") ? "[" + host + "]" : host);
    }

    /** @throws UnknownHostException if it has none */
    List<InetAddress> addresses() throws UnknownHostException {
        return Arrays.asList(InetAddress.getAllByName(host));
    }

    StageResult connect(List<InetAddress> addresses, Duration timeout) {
        FailureClass failure = FailureClass.CONNECT;
        String last = "";
        for (InetAddress address : addresses) {
            long start = System.nanoTime();
            try (Socket socket = new Socket(Proxy.NO_PROXY)) {
                socket.connect(new InetSocketAddress(address, port), (int) timeout.toMillis());
                return StageResult.passed(
                        address.getHostAddress() + " port " + port + (proxied ? " (the proxy)" : ""),
                        (System.nanoTime() - start) / 1_000_000);
            } catch (SocketTimeoutException e) {
                failure = FailureClass.TIMEOUT;
                last = "no answer within " + timeout.toMillis() + " ms";
            } catch (IOException e) {
                failure = FailureClass.CONNECT;
                last = String.valueOf(e.getMessage());
            }
        }
        return StageResult.failed(
                failure,
                shown() + " port " + port + " at " + names(addresses) + ": " + last,
                proxied
                        ? "Check host and port of the proxy, and that it runs."
                        : "Check host and port. If only a proxy leads out of this network: --proxy URL.");
    }

    static String names(List<InetAddress> addresses) {
        return addresses.stream().map(InetAddress::getHostAddress).collect(Collectors.joining(", "));
    }
}
