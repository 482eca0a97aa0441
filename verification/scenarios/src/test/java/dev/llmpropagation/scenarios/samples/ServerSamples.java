package dev.llmpropagation.scenarios.samples;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import dev.llmpropagation.daemon.DaemonRequest;
import dev.llmpropagation.daemon.DaemonStream;
import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.daemon.QueuedPrompt;
import dev.llmpropagation.daemon.StreamEnd;
import io.javalin.Javalin;
import io.javalin.http.sse.SseClient;
import jakarta.servlet.AsyncContext;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestAttribute;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** The samples of docs/servers.md: servers that hand a request to another thread. */
final class ServerSamples {

    private ServerSamples() {}

    static HttpHandler jdk(Executor executor, Function<String, String> child) {
        // sample: jdkServer
        HttpHandler handler = exchange -> {
            DaemonRequest request = DaemonRequest.current(); // the filter has made it current here
            executor.execute(() -> answer(exchange, request, child));
        };
        // end
        return handler;
    }

    // sample: jdkAnswer
    static void answer(HttpExchange exchange, DaemonRequest request, Function<String, String> child) {
        try {
            request.session(exchange.getRequestURI().getPath().split("/")[2]);
            String answer = request.queued().dispatch().call(step -> child.apply("Hi"));
            send(exchange, request, 200, answer);
        } catch (RuntimeException e) {
            request.error(e); // the agent has failed
            send(exchange, request, 500, "The agent has failed");
        } finally {
            request.close(); // ends it, if no answer went out
            exchange.close();
        }
    }

    static void send(HttpExchange exchange, DaemonRequest request, int status, String text) {
        byte[] body = text.getBytes(StandardCharsets.UTF_8);
        try {
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            request.responded(status);
        } catch (IOException e) {
            request.error(e); // the client is gone
        }
    }
    // end

    static HttpServlet servlet(Executor executor, Function<String, String> child) {
        return new HttpServlet() {
            @Override
            protected void doPost(HttpServletRequest http, HttpServletResponse response) {
                // sample: asyncServlet
                AsyncContext async = http.startAsync();
                executor.execute(() -> {
                    try {
                        DaemonRequest request = DaemonRequest.in(http::getAttribute);
                        request.session(http.getPathInfo().split("/")[2]);
                        String answer = request.queued().dispatch().call(step -> child.apply("Hi"));
                        response.getWriter().print(answer);
                    } catch (IOException | RuntimeException e) {
                        response.setStatus(500);
                    } finally {
                        async.complete(); // the filter ends the request, with the status that was sent
                    }
                });
                // end
            }
        };
    }

    // sample: springMvc
    @RestController
    static final class Sessions {

        private final Executor executor;
        private final Function<String, String> child;

        Sessions(Executor executor, Function<String, String> child) {
            this.executor = executor;
            this.child = child;
        }

        @PostMapping("/session/{id}/prompt")
        Callable<String> prompt(
                @PathVariable("id") String id, @RequestAttribute(DaemonRequest.ATTRIBUTE) DaemonRequest request) {
            request.session(id);
            QueuedPrompt queued = request.queued();
            return () -> queued.dispatch().call(step -> child.apply("Hi")); // on a thread of Spring's
        }

        @GetMapping("/session/{id}/events")
        SseEmitter events(
                @PathVariable("id") String id, @RequestAttribute(DaemonRequest.ATTRIBUTE) DaemonRequest request) {
            request.session(id);
            SseEmitter client = new SseEmitter(0L);
            executor.execute(() -> {
                DaemonStream stream = request.stream(null); // here: an executor that refuses leaves none open
                try {
                    client.send(SseEmitter.event().id("1").data("hello"));
                    stream.wrote("1");
                    stream.closed(StreamEnd.COMPLETED);
                } catch (IOException | IllegalStateException e) { // the client is gone, and Spring may know it already
                    stream.closed(StreamEnd.CLIENT_CLOSED);
                } finally {
                    stream.closed(StreamEnd.FAILED); // unless it has been said how it ended
                    client.complete();
                }
            });
            return client;
        }
    }
    // end

    static Javalin javalin(DaemonTelemetry daemon, Executor executor, Function<String, String> child) {
        // sample: javalin
        Javalin app = Javalin.create(config -> {
            config.jetty.modifyServletContextHandler(context -> {
                FilterHolder filter = new FilterHolder(new DaemonServletFilter(daemon));
                filter.setAsyncSupported(true);
                context.addFilter(filter, "/*", EnumSet.of(DispatcherType.REQUEST));
            });
            config.routes.post("/session/{id}/prompt", http -> {
                DaemonRequest request = DaemonRequest.in(http.req()::getAttribute);
                request.session(http.pathParam("id"));
                QueuedPrompt queued = request.queued();
                http.future(() -> CompletableFuture.supplyAsync(
                                () -> queued.dispatch().call(step -> child.apply("Hi")), executor)
                        .thenAccept(http::result));
            });
            config.routes.sse("/session/{id}/events", client -> {
                DaemonRequest request = DaemonRequest.in(client.ctx().req()::getAttribute);
                request.session(client.ctx().pathParam("id"));
                client.keepAlive();
                executor.execute(() -> send(client, request.stream(null)));
            });
        });
        // end
        return app;
    }

    private static void send(SseClient client, DaemonStream stream) {
        try {
            client.sendEvent("message", "hello", "1");
            stream.wrote("1");
            stream.closed(StreamEnd.COMPLETED);
        } finally {
            stream.closed(StreamEnd.FAILED);
            client.close();
        }
    }
}
