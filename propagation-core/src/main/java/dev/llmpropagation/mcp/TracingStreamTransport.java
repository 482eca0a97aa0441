package dev.llmpropagation.mcp;

import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpStreamableServerTransport;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/** As {@link TracingServerTransport}, for one stream of a session over HTTP. */
final class TracingStreamTransport extends TracingTransport<McpStreamableServerTransport>
        implements McpStreamableServerTransport {

    TracingStreamTransport(McpStreamableServerTransport delegate, McpConnection connection) {
        super(delegate, connection);
    }

    @Override
    public Mono<Void> sendMessage(McpSchema.JSONRPCMessage message, @Nullable String messageId) {
        return connection.send(message, delegate::unmarshalFrom, sent -> delegate.sendMessage(sent, messageId));
    }
}
