package dev.llmpropagation.testkit;

import com.github.tomakehurst.wiremock.core.Options;
import com.github.tomakehurst.wiremock.http.AdminRequestHandler;
import com.github.tomakehurst.wiremock.http.HttpServer;
import com.github.tomakehurst.wiremock.http.HttpServerFactory;
import com.github.tomakehurst.wiremock.http.StubRequestHandler;
import com.github.tomakehurst.wiremock.jetty11.Jetty11HttpServer;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import wiremock.jakarta.servlet.DispatcherType;
import wiremock.jakarta.servlet.Filter;
import wiremock.jakarta.servlet.FilterChain;
import wiremock.jakarta.servlet.ServletException;
import wiremock.jakarta.servlet.ServletRequest;
import wiremock.jakarta.servlet.ServletResponse;
import wiremock.jakarta.servlet.http.HttpServletResponse;
import wiremock.org.eclipse.jetty.server.Request;
import wiremock.org.eclipse.jetty.servlet.FilterHolder;
import wiremock.org.eclipse.jetty.servlet.ServletContextHandler;

/** WireMock's server with a filter that sends responses by their {@link SendingPlan}. All other responses pass untouched. */
final class PacedServer implements HttpServerFactory {

    /** Names the plan of a response; never leaves the server. */
    static final String PLAN = "Llm-Server-Plan";

    private final Map<String, SendingPlan> plans = new ConcurrentHashMap<>();
    private volatile CountDownLatch released = new CountDownLatch(1);

    @Override
    public String getName() {
        return "llm-server-wire";
    }

    String plan(SendingPlan plan) {
        String id = UUID.randomUUID().toString();
        plans.put(id, plan);
        return id;
    }

    SendingPlan take(String id) {
        SendingPlan plan = plans.remove(id);
        return plan == null ? new SendingPlan(Duration.ZERO, Duration.ZERO, null) : plan;
    }

    /** Ends all pauses and stalls of now. */
    void release() {
        CountDownLatch before = released;
        released = new CountDownLatch(1);
        before.countDown();
    }

    @Override
    public HttpServer buildHttpServer(Options options, AdminRequestHandler admin, StubRequestHandler stubs) {
        return new Jetty11HttpServer(options, admin, stubs) {
            @Override
            protected void decorateMockServiceContextBeforeConfig(ServletContextHandler context) {
                context.addFilter(new FilterHolder(new PacingFilter()), "/*", EnumSet.of(DispatcherType.REQUEST));
            }
        };
    }

    private final class PacingFilter implements Filter {
        @Override
        public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
                throws IOException, ServletException {
            CountDownLatch end = released;
            PacedResponse paced = new PacedResponse((HttpServletResponse) response, PacedServer.this);
            chain.doFilter(request, paced);
            Request jetty = Request.getBaseRequest(request);
            paced.send(
                    pause -> !end.await(pause.toMillis(), TimeUnit.MILLISECONDS),
                    jetty.getHttpChannel().getEndPoint());
        }
    }
}
