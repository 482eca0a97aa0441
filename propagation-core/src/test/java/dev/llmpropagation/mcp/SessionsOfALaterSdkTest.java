package dev.llmpropagation.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpServerSession;
import io.modelcontextprotocol.spec.McpStreamableServerSession;
import io.modelcontextprotocol.spec.McpStreamableServerTransportProvider;
import io.opentelemetry.api.OpenTelemetry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Mono;

/** Sessions that ours cannot stand for: their clients are served all the same. */
class SessionsOfALaterSdkTest {

    private static final McpSchema.ServerCapabilities CAPABILITIES =
            McpSchema.ServerCapabilities.builder().build();
    private static final McpSchema.Implementation SERVER =
            McpSchema.Implementation.builder("server", "1").build();
    private static final McpSchema.ClientCapabilities OF_THE_CLIENT =
            McpSchema.ClientCapabilities.builder().build();

    @RegisterExtension
    final RecordedTelemetry telemetry = RecordedTelemetry.create();

    private final List<String> told = new CopyOnWriteArrayList<>();
    private final McpTelemetry mcp = McpTelemetry.builder((OpenTelemetry) telemetry.openTelemetry())
            .content(ContentCapture.off())
            .diagnostics(told::add)
            .build();

    @Test
    void session_isHandedOnAsItIs() {
        WaylessProvider provider = new WaylessProvider();
        LaterSession session = new LaterSession();
        mcp.server(provider).setSessionFactory(transport -> session);
        for (int i = 0; i < 2; i++) {
            assertThat(provider.connect()).isSameAs(session);
        }
        assertThat(told).singleElement().asString().contains("could not be followed", "NoSuchMethodError");
        assertThat(mcp.openSpans()).isZero();
    }

    @Test
    void sessionOverHttp_isHandedOnAsItIs() {
        StreamableProvider provider = new StreamableProvider();
        LaterStreamableSession session = new LaterStreamableSession();
        McpSchema.InitializeResult agreed =
                new McpSchema.InitializeResult("2025-06-18", CAPABILITIES, SERVER, null, null);
        mcp.server(provider)
                .setSessionFactory(request ->
                        new McpStreamableServerSession.McpStreamableServerSessionInit(session, Mono.just(agreed)));
        McpStreamableServerSession.McpStreamableServerSessionInit made = provider.connect();
        assertThat(made.session()).isSameAs(session);
        assertThat(made.initResult().block()).isSameAs(agreed);
        assertThat(told).singleElement().asString().contains("could not be followed", "NoSuchMethodError");
        assertThat(mcp.openSpans()).isZero();
        assertThat(telemetry.spans()).hasSize(1);
    }

    @Test
    void requestThatCannotBeRead_isHandled() {
        McpSchema.Meta request = () -> {
            throw new NoSuchMethodError("meta");
        };
        assertThat(mcp.handler((Object exchange, McpSchema.Meta asked) -> "done")
                        .apply("", request))
                .isEqualTo("done");
        assertThat(mcp.asyncHandler((McpSchema.Meta asked) -> Mono.just("done"))
                        .apply(request)
                        .block())
                .isEqualTo("done");
        assertThat(told).singleElement().asString().contains("without its span", "NoSuchMethodError");
        assertThat(mcp.openSpans()).isZero();
    }

    /** What ours asks for first is not there, as a constructor would not be. */
    private static final class LaterSession extends McpServerSession {
        LaterSession() {
            super("s", Duration.ofSeconds(1), new WaylessTransport(), request -> Mono.empty(), Map.of(), Map.of());
        }

        @Override
        public String getId() {
            throw new NoSuchMethodError("McpServerSession");
        }
    }

    private static final class LaterStreamableSession extends McpStreamableServerSession {
        LaterStreamableSession() {
            super("s", OF_THE_CLIENT, SERVER, Duration.ofSeconds(1), Map.of(), Map.of(), Mono::empty);
        }

        @Override
        public String getId() {
            throw new NoSuchMethodError("McpStreamableServerSession");
        }
    }

    private static final class StreamableProvider extends WaylessClients
            implements McpStreamableServerTransportProvider {
        private McpStreamableServerSession.@Nullable Factory factory;

        @Override
        public void setSessionFactory(McpStreamableServerSession.Factory made) {
            factory = made;
        }

        McpStreamableServerSession.McpStreamableServerSessionInit connect() {
            if (factory == null) {
                throw new IllegalStateException("no server");
            }
            return factory.startSession(new McpSchema.InitializeRequest("2025-06-18", OF_THE_CLIENT, SERVER, null));
        }
    }
}
