package dev.llmpropagation.scenarios.network;

import java.util.List;

/**
 * A SOCKS5 proxy that asks for user and password.
 *
 * <p>Lines of its log: {@code client[5] 127.0.0.1: connected to localhost:80}.
 */
final class Microsocks extends RealProxy {

    static final String USER = "socks-user";
    static final String PASSWORD = "SOCKS-MARKER-1";

    Microsocks() {
        super("microsocks", "output.log");
    }

    @Override
    List<String> arguments() {
        return List.of("-i", "127.0.0.1", "-p", Integer.toString(port()), "-u", USER, "-P", PASSWORD);
    }
}
