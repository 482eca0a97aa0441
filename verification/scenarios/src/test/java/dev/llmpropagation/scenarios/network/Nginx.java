package dev.llmpropagation.scenarios.network;

import java.io.IOException;
import java.util.List;
import okhttp3.tls.HeldCertificate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * Speaks TLS and HTTP/2 for an {@link Origin} that does not, as a company's gateway does.
 *
 * <p>Lines of its log: port, protocol, method, path, status.
 */
final class Nginx extends RealServer {

    /** Tells the origin what nginx spoke with the client. */
    static final String PROTOCOL_HEADER = "x-seen-protocol";

    /** Tells the origin whose certificate the client showed. */
    static final String CLIENT_HEADER = "x-seen-client";

    private static final String SERVER = """
              server {
                listen 127.0.0.1:%d ssl http2;
                ssl_certificate %s;
                ssl_certificate_key %s;
                %s
                location / {
                  proxy_pass http://127.0.0.1:%d;
                  proxy_http_version 1.1;
                  proxy_buffering off;
                  proxy_set_header Connection "";
                  proxy_set_header Host $http_host;
                  proxy_set_header %s $server_protocol;
                  proxy_set_header %s $ssl_client_s_dn;
                }
              }
            """;

    final Certificates certificates;

    /** Null where another service stands behind it. */
    final @Nullable Origin origin;

    private final int originPort;
    private final int tlsPort = freePort();
    private final int mutualPort = freePort();
    private final int expiredPort = freePort();

    /** In front of an origin, which starts and stops with it. */
    Nginx() {
        this(new Certificates(), new Origin());
    }

    private Nginx(Certificates certificates, Origin origin) {
        super("nginx", "access.log");
        this.certificates = certificates;
        this.origin = origin;
        this.originPort = origin.port();
    }

    Nginx(Certificates certificates, int servicePort) {
        super("nginx", "access.log");
        this.certificates = certificates;
        this.origin = null;
        this.originPort = servicePort;
    }

    @Override
    public void beforeEach(ExtensionContext context) {
        super.beforeEach(context);
        if (origin != null) {
            origin.beforeEach(context);
        }
    }

    @Override
    public void afterAll(ExtensionContext context) throws IOException {
        super.afterAll(context);
        if (origin != null) {
            origin.afterAll(context);
        }
    }

    /** Shows a certificate of the company's authority. */
    int tlsPort() {
        return tlsPort;
    }

    /** As {@link #tlsPort}, and asks for one of the client. */
    int mutualPort() {
        return mutualPort;
    }

    /** Shows a certificate that was good until yesterday. */
    int expiredPort() {
        return expiredPort;
    }

    @Override
    List<Integer> ports() {
        return List.of(tlsPort, mutualPort, expiredPort);
    }

    @Override
    List<String> arguments() throws IOException {
        write("ca.pem", certificates.authority.certificatePem());
        String mutual = "ssl_client_certificate ca.pem; ssl_verify_client on;";
        String servers = server(tlsPort, "server", certificates.server, "")
                + server(mutualPort, "mutual", certificates.server, mutual)
                + server(expiredPort, "expired", certificates.expiredServer, "");
        String configuration = write("nginx.conf", """
                daemon off;
                master_process off;
                pid nginx.pid;
                error_log error.log;
                events { worker_connections 256; }
                http {
                  log_format proof '$server_port $server_protocol $request_method $uri $status';
                  access_log access.log proof;
                  client_body_temp_path body;
                  proxy_temp_path proxy;
                  fastcgi_temp_path fastcgi;
                  uwsgi_temp_path uwsgi;
                  scgi_temp_path scgi;
                %s}
                """.formatted(servers)).toString();
        return List.of("-p", file("").toString(), "-e", file("error.log").toString(), "-c", configuration);
    }

    private String server(int port, String name, HeldCertificate certificate, String more) throws IOException {
        write(name + ".pem", certificate.certificatePem());
        write(name + ".key", certificate.privateKeyPkcs8Pem());
        return SERVER.formatted(port, name + ".pem", name + ".key", more, originPort, PROTOCOL_HEADER, CLIENT_HEADER);
    }
}
