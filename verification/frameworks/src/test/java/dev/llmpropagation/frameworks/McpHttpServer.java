package dev.llmpropagation.frameworks;

import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.json.McpJsonDefaults;
import io.modelcontextprotocol.server.McpSyncServer;
import io.modelcontextprotocol.server.transport.HttpServletStreamableServerTransportProvider;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpStreamableServerTransportProvider;
import java.util.function.Function;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/** A server of MCP in a servlet container. */
class McpHttpServer implements AutoCloseable {

    private final Server jetty = new Server();
    private final ServerConnector connector = new ServerConnector(jetty);
    private final McpSyncServer mcp;

    McpHttpServer(Function<McpStreamableServerTransportProvider, McpSyncServer> made) throws Exception {
        HttpServletStreamableServerTransportProvider provider = HttpServletStreamableServerTransportProvider.builder()
                .jsonMapper(McpJsonDefaults.getMapper())
                .mcpEndpoint("/mcp")
                .build();
        mcp = made.apply(provider);
        ServletContextHandler context = new ServletContextHandler();
        ServletHolder holder = new ServletHolder(provider);
        holder.setAsyncSupported(true);
        context.addServlet(holder, "/mcp/*");
        connector.setHost("127.0.0.1");
        jetty.addConnector(connector);
        jetty.setHandler(context);
        jetty.start();
    }

    final int port() {
        return connector.getLocalPort();
    }

    final String url() {
        return "http://127.0.0.1:" + port();
    }

    final McpClientTransport transport() {
        return HttpClientStreamableHttpTransport.builder(url()).endpoint("/mcp").build();
    }

    @Override
    public final void close() throws Exception {
        mcp.close();
        jetty.stop();
    }
}
