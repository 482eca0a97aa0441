package dev.llmpropagation.doctor;

import dev.llmpropagation.network.ProxySettings;

/** The proxy through which the demo calls. Immutable. */
final class DemoProxy {

    private final ProxySettings settings;
    private final String shown;

    private DemoProxy(ProxySettings settings, String shown) {
        this.settings = settings;
        this.shown = shown;
    }

    /** @throws IllegalArgumentException if it is no URL of a proxy, without the URL */
    static DemoProxy parse(String url) {
        // The demo's servers are on the loopback interface, which is reached directly unless told otherwise.
        return new DemoProxy(ProxySettings.parse(url).includingLoopback(), masked(url));
    }

    private static String masked(String url) {
        int userInfo = url.indexOf("//") < 0 ? 0 : url.indexOf("//") + 2;
        int host = url.lastIndexOf('@');
        return host < 0 ? url : url.substring(0, userInfo) + "***" + url.substring(host);
    }

    ProxySettings settings() {
        return settings;
    }

    /** Its URL, with user and password masked. */
    @Override
    public String toString() {
        return shown;
    }
}
