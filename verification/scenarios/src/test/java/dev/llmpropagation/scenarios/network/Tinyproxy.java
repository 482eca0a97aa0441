package dev.llmpropagation.scenarios.network;

import java.io.IOException;
import java.util.List;

/**
 * A small HTTP proxy that asks for user and password.
 *
 * <p>Among the lines of its log: {@code Request (file descriptor 5): GET http://localhost:80/ HTTP/1.1}.
 */
final class Tinyproxy extends RealProxy {

    static final String USER = "tiny-user";
    static final String PASSWORD = "TINY-MARKER-1";

    Tinyproxy() {
        super("tinyproxy", "access.log");
    }

    @Override
    List<String> arguments() throws IOException {
        return List.of(
                "-d",
                "-c",
                write("tinyproxy.conf", """
                Port %d
                Listen 127.0.0.1
                Timeout 60
                MaxClients 50
                LogLevel Info
                LogFile "%s"
                BasicAuth %s %s
                """.formatted(port(), file("access.log"), USER, PASSWORD))
                        .toString());
    }
}
