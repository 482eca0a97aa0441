package dev.llmpropagation.network;

import java.io.IOException;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.util.List;
import java.util.function.Function;

/** A choice among proxies as OkHttp and others ask for it. */
final class ProxyChoice extends ProxySelector {

    private final Function<URI, List<Proxy>> choice;

    ProxyChoice(Function<URI, List<Proxy>> choice) {
        this.choice = choice;
    }

    @Override
    public List<Proxy> select(URI uri) {
        return choice.apply(uri);
    }

    @Override
    public void connectFailed(URI uri, SocketAddress proxy, IOException failure) {
        // There is no other to choose instead.
    }
}
