package dev.llmpropagation.scenarios.beside;

import com.sun.net.httpserver.HttpServer;
import dev.llmpropagation.daemon.BridgeOperation;
import dev.llmpropagation.daemon.DaemonError;
import dev.llmpropagation.daemon.DaemonRequest;
import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.daemon.HttpServerFilter;
import dev.llmpropagation.scenarios.samples.DaemonSamplesTest;
import io.opentelemetry.api.GlobalOpenTelemetry;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * The program that the agent is attached to: a daemon on the JDK's server and one on Jetty, each asked once with 200 and
 * once with 500. The agent is to leave the client alone.
 */
public final class ServedRequests {

    static final String JDK = "s-jdk";
    static final String JETTY = "s-jetty";
    static final String FAILING = "-failing";

    private ServedRequests() {}

    public static void main(String[] arguments) throws Exception {
        try (DaemonTelemetry daemon =
                DaemonTelemetry.builder(GlobalOpenTelemetry.get()).build()) {
            jdk(daemon);
            jetty(daemon);
        }
    }

    private static void jdk(DaemonTelemetry daemon) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
                    exchange.sendResponseHeaders(
                            work(daemon, exchange.getRequestURI().getPath()), -1);
                    exchange.close();
                })
                .getFilters()
                .add(new HttpServerFilter(daemon));
        server.start();
        ask(server.getAddress().getPort(), JDK);
        ask(server.getAddress().getPort(), JDK + FAILING);
        server.stop(1);
    }

    private static void jetty(DaemonTelemetry daemon) throws Exception {
        Server jetty = DaemonSamplesTest.jetty(daemon, new HttpServlet() {
            @Override
            protected void doPost(HttpServletRequest request, HttpServletResponse response) {
                response.setStatus(work(daemon, request.getRequestURI()));
            }
        });
        jetty.start();
        int port = ((ServerConnector) jetty.getConnectors()[0]).getLocalPort();
        ask(port, JETTY);
        ask(port, JETTY + FAILING);
        jetty.stop();
    }

    /** Returns the status of the answer. */
    private static int work(DaemonTelemetry daemon, String path) {
        String session = path.split("/", -1)[2];
        DaemonRequest request = DaemonRequest.current();
        request.session(session);
        request.prompt("p-" + session);
        daemon.bridge(BridgeOperation.PROMPT_DISPATCH).run(step -> {});
        if (session.endsWith(FAILING)) {
            request.error(DaemonError.BRIDGE_TIMEOUT, "the agent did not answer");
            return 500;
        }
        return 200;
    }

    private static void ask(int port, String session) throws Exception {
        HttpResponse<Void> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(
                                        URI.create("http://127.0.0.1:" + port + "/session/" + session + "/prompt"))
                                .header("traceparent", "00-0123456789abcdef0123456789abcdef-0123456789abcdef-01")
                                .POST(HttpRequest.BodyPublishers.noBody())
                                .build(),
                        HttpResponse.BodyHandlers.discarding());
        System.out.println(session + " " + answer.statusCode());
    }
}
