package dev.llmpropagation.frameworks;

import dev.llmpropagation.carrier.EnvelopeCarrier;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCMessage;
import io.modelcontextprotocol.spec.McpSchema.JSONRPCRequest;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import reactor.core.publisher.Mono;

/** Puts the trace into every request of a client, whatever transport it has. */
public final class TracedMcpTransport implements McpClientTransport {

    private static final TypeRef<Map<String, Object>> PARAMS = new TypeRef<>() {};

    private final McpClientTransport delegate;

    public TracedMcpTransport(McpClientTransport delegate) {
        this.delegate = delegate;
    }

    @Override
    public Mono<Void> sendMessage(JSONRPCMessage message) {
        return delegate.sendMessage(message instanceof JSONRPCRequest request ? traced(request) : message);
    }

    private JSONRPCRequest traced(JSONRPCRequest request) {
        Map<String, Object> params =
                request.params() == null ? Map.of() : delegate.unmarshalFrom(request.params(), PARAMS);
        return new JSONRPCRequest(
                request.jsonrpc(),
                request.method(),
                request.id(),
                EnvelopeCarrier.mcp().inject(Context.current(), params));
    }

    @Override
    public Mono<Void> connect(Function<Mono<JSONRPCMessage>, Mono<JSONRPCMessage>> handler) {
        return delegate.connect(handler);
    }

    @Override
    public void setExceptionHandler(Consumer<Throwable> handler) {
        delegate.setExceptionHandler(handler);
    }

    @Override
    public Mono<Void> closeGracefully() {
        return delegate.closeGracefully();
    }

    @Override
    public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
        return delegate.unmarshalFrom(data, type);
    }

    @Override
    public List<String> protocolVersions() {
        return delegate.protocolVersions();
    }
}
