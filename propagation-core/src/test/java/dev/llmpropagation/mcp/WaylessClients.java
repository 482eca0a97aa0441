package dev.llmpropagation.mcp;

import io.modelcontextprotocol.spec.McpServerTransportProviderBase;
import reactor.core.publisher.Mono;

/** Nobody is told anything. */
abstract class WaylessClients implements McpServerTransportProviderBase {

    @Override
    public final Mono<Void> notifyClients(String method, Object params) {
        return Mono.empty();
    }

    @Override
    public final Mono<Void> notifyClient(String sessionId, String method, Object params) {
        return Mono.empty();
    }

    @Override
    public final Mono<Void> closeGracefully() {
        return Mono.empty();
    }
}
