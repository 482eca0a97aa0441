package dev.llmpropagation.scenarios.network;

import java.util.List;

/** A server that others wrote, with one port. */
abstract class RealProxy extends RealServer {

    private final int port = freePort();

    /** @param log as that of a {@link RealServer} */
    RealProxy(String program, String log) {
        super(program, log);
    }

    final int port() {
        return port;
    }

    @Override
    final List<Integer> ports() {
        return List.of(port);
    }
}
