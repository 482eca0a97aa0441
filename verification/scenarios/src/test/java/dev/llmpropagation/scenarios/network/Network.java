package dev.llmpropagation.scenarios.network;

import dev.llmpropagation.gemini.GeminiClientFactoryBuilder;
import dev.llmpropagation.network.ProxySettings;
import dev.llmpropagation.network.TlsSettings;
import dev.llmpropagation.openai.OpenAiClientFactoryBuilder;
import okhttp3.tls.HeldCertificate;

/** What a program sets on the factories, in the same words for both. */
record Network(ProxySettings proxy, TlsSettings tls) {

    static Network direct() {
        return new Network(ProxySettings.none(), TlsSettings.systemTrust());
    }

    static Network http(int port, String user, String password) {
        return direct().through(ProxySettings.http("127.0.0.1", port), user, password);
    }

    static Network socks(int port, String user, String password) {
        return direct().through(ProxySettings.socks5("127.0.0.1", port), user, password);
    }

    private Network through(ProxySettings newProxy, String user, String password) {
        return new Network(newProxy.credentials(user, password).includingLoopback(), tls);
    }

    Network except(String noProxy) {
        return new Network(proxy.except(noProxy), tls);
    }

    Network trusting(HeldCertificate authority) {
        return new Network(proxy, tls.trustPem(authority.certificatePem()));
    }

    Network identity(HeldCertificate client) {
        return new Network(proxy, tls.clientCertificatePem(client.certificatePem(), client.privateKeyPkcs8Pem()));
    }

    OpenAiClientFactoryBuilder on(OpenAiClientFactoryBuilder factory) {
        return factory.proxy(proxy).tls(tls);
    }

    GeminiClientFactoryBuilder on(GeminiClientFactoryBuilder factory) {
        return factory.proxy(proxy).tls(tls);
    }
}
