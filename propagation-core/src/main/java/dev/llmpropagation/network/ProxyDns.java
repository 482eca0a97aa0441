package dev.llmpropagation.network;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import okhttp3.Dns;

/** The client's DNS, which says so when it is the proxy that cannot be found. */
final class ProxyDns implements Dns {

    private final Dns dns;
    private final Set<String> proxies;

    /** @param proxies their hosts */
    ProxyDns(Dns dns, Set<String> proxies) {
        this.dns = dns;
        this.proxies = proxies;
    }

    Dns program() {
        return dns;
    }

    @Override
    public List<InetAddress> lookup(String host) throws UnknownHostException {
        if (!proxies.contains(host)) {
            return dns.lookup(host);
        }
        List<InetAddress> named = new ArrayList<>();
        try {
            for (InetAddress address : dns.lookup(host)) {
                // The socket recognises by the name that this is the connection to the proxy.
                named.add(InetAddress.getByAddress(host, address.getAddress()));
            }
            return named;
        } catch (UnknownHostException e) {
            UnknownHostException unknown = new UnknownHostException("The proxy's name is not known: " + host);
            unknown.initCause(e);
            throw unknown;
        }
    }
}
