package dev.llmpropagation.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpServerSession;
import io.modelcontextprotocol.spec.McpServerTransport;
import io.modelcontextprotocol.spec.McpServerTransportProvider;
import io.modelcontextprotocol.spec.McpStreamableServerSession;
import io.modelcontextprotocol.spec.McpStreamableServerTransport;
import io.modelcontextprotocol.spec.McpStreamableServerTransportProvider;
import java.util.Map;
import org.junit.jupiter.api.Test;

class SdkMethodsTest {

    private static final Map<Class<?>, Class<?>> WRAPPERS = Map.of(
            McpClientTransport.class, TracingClientTransport.class,
            McpServerTransportProvider.class, TracingServerProvider.class,
            McpServerTransport.class, TracingServerTransport.class,
            McpServerSession.class, TracingServerSession.class,
            McpStreamableServerTransportProvider.class, TracingStreamableProvider.class,
            McpStreamableServerTransport.class, TracingStreamTransport.class,
            McpStreamableServerSession.class, TracingStreamableSession.class);

    @Test
    void wrappers_passOnAllOfThisSdk() {
        WRAPPERS.forEach((wrapped, wrapper) -> assertThat(SdkMethods.areAllIn(wrapper, wrapped))
                .as("%s", wrapped)
                .isTrue());
    }

    @Test
    void methodOfALaterSdk_isMissed() {
        assertThat(SdkMethods.areAllIn(TracingClientTransport.class, LaterTransport.class))
                .isFalse();
        assertThat(SdkMethods.areAllIn(TracingServerSession.class, LaterSession.class))
                .isFalse();
    }

    private interface LaterTransport extends McpClientTransport {
        default boolean isAlive() {
            return true;
        }
    }

    private static class LaterSession extends McpServerSession {
        LaterSession() {
            super("s", java.time.Duration.ofDays(1), null, null, Map.of(), Map.of());
        }

        @SuppressWarnings("unused") // the SDK's own would be called by its providers
        public boolean isAlive() {
            return true;
        }
    }
}
