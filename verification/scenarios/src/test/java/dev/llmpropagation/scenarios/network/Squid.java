package dev.llmpropagation.scenarios.network;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.stream.Stream;

/**
 * An HTTP proxy that asks for user and password. It alone knows the address of {@link #KNOWN_HOST}.
 *
 * <p>Lines of its log: user, method, target, status, and what it was told of trace, session and the service's keys. A
 * tunnel's is written at its end.
 */
final class Squid extends RealProxy {

    static final String USER = "squid-user";

    /** With characters that a URL has to escape. */
    static final String PASSWORD = "SQUID:p@ss/MARKER%1";

    /** Leads to the loopback interface, by squid's word and by nobody else's. */
    static final String KNOWN_HOST = "model.test";

    /** Answered with 403. */
    static final String FORBIDDEN_HOST = "forbidden.test";

    Squid() {
        super("squid", "access.log");
    }

    @Override
    List<String> arguments() throws IOException {
        write("users", USER + ':' + md5(PASSWORD) + '\n');
        write("hosts", "127.0.0.1 localhost " + KNOWN_HOST + ' ' + FORBIDDEN_HOST + '\n');
        Path configuration = write("squid.conf", """
                http_port 127.0.0.1:%d
                visible_hostname squid.test
                pid_filename none
                cache_log cache.log
                logformat proof %%un %%rm %%ru %%>Hs traceparent=%%{traceparent}>h session=%%{X-Qwen-Code-Session-Id}>h keys=%%{Authorization}>h%%{x-goog-api-key}>h
                access_log stdio:%s proof
                hosts_file %s
                cache deny all
                strip_query_terms off
                cache_mem 1 MB
                max_filedescriptors 1024
                pinger_enable off
                netdb_filename none
                coredump_dir .
                shutdown_lifetime 0 seconds
                auth_param basic program %s %s
                auth_param basic children 2
                auth_param basic realm squid
                acl known proxy_auth REQUIRED
                acl forbidden dstdomain %s
                http_access deny !known
                http_access deny forbidden
                http_access allow known
                """.formatted(
                        port(), file("access.log"), file("hosts"), helper(), file("users"), FORBIDDEN_HOST));
        return List.of("-N", "-f", configuration.toString());
    }

    private static Path helper() {
        return Stream.of("/usr/lib/squid", "/usr/lib64/squid", "/usr/libexec/squid")
                .map(folder -> Path.of(folder, "basic_ncsa_auth"))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("squid has no basic_ncsa_auth"));
    }

    private static String md5(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8));
            return "%032x".formatted(new BigInteger(1, digest));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
