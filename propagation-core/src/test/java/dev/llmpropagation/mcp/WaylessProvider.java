package dev.llmpropagation.mcp;

import io.modelcontextprotocol.spec.McpServerSession;
import io.modelcontextprotocol.spec.McpServerTransportProvider;
import org.jspecify.annotations.Nullable;

/** Whose client is not there; the test says when it comes. */
final class WaylessProvider extends WaylessClients implements McpServerTransportProvider {

    private McpServerSession.@Nullable Factory factory;

    @Override
    public void setSessionFactory(McpServerSession.Factory made) {
        factory = made;
    }

    McpServerSession connect() {
        if (factory == null) {
            throw new IllegalStateException("no server");
        }
        return factory.create(new WaylessTransport());
    }
}
