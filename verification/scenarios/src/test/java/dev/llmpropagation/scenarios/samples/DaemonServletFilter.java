package dev.llmpropagation.scenarios.samples;

import dev.llmpropagation.daemon.DaemonError;
import dev.llmpropagation.daemon.DaemonRequest;
import dev.llmpropagation.daemon.DaemonTelemetry;
import io.opentelemetry.context.Scope;
import io.opentelemetry.context.propagation.TextMapGetter;
import jakarta.servlet.AsyncEvent;
import jakarta.servlet.AsyncListener;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpFilter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.util.Collections;
import java.util.Iterator;

final class DaemonServletFilter extends HttpFilter {

    private static final TextMapGetter<HttpServletRequest> HEADERS = new TextMapGetter<>() {
        @Override
        @SuppressWarnings("deprecation")
        public Iterable<String> keys(HttpServletRequest request) {
            return Collections.list(request.getHeaderNames());
        }

        @Override
        public String get(HttpServletRequest request, String name) {
            return request.getHeader(name);
        }

        @Override
        public Iterator<String> getAll(HttpServletRequest request, String name) {
            return request.getHeaders(name).asIterator();
        }
    };

    private final DaemonTelemetry daemon;

    DaemonServletFilter(DaemonTelemetry daemon) {
        this.daemon = daemon;
    }

    @Override
    protected void doFilter(HttpServletRequest http, HttpServletResponse response, FilterChain chain)
            throws IOException, ServletException {
        DaemonRequest request = daemon.request(http.getMethod(), http.getRequestURI())
                .headers(http, HEADERS)
                .start();
        http.setAttribute(DaemonRequest.ATTRIBUTE, request); // for the threads that the request is handed to
        boolean answered = true;
        try (Scope ignored = request.makeCurrent()) {
            chain.doFilter(http, response);
            answered = !http.isAsyncStarted();
        } catch (Throwable e) {
            request.error(e);
            request.responded(500);
            throw e;
        }
        if (answered) {
            request.responded(response.getStatus());
        } else {
            http.getAsyncContext().addListener(new End(request, response));
        }
    }

    /** Told by the container, maybe more than once; a request ends once. */
    private static final class End implements AsyncListener {

        private final DaemonRequest request;
        private final HttpServletResponse response;
        private boolean timedOut; // the container calls one method after the other

        End(DaemonRequest request, HttpServletResponse response) {
            this.request = request;
            this.response = response;
        }

        @Override
        public void onComplete(AsyncEvent event) {
            if (timedOut && response.getStatus() >= 500) {
                request.error(DaemonError.BRIDGE_TIMEOUT, null);
            }
            request.responded(response.getStatus());
        }

        @Override
        public void onTimeout(AsyncEvent event) {
            timedOut = true; // the container or a framework answers, and then it is complete
        }

        @Override
        public void onError(AsyncEvent event) {
            request.error(event.getThrowable());
            request.responded(500);
        }

        @Override
        public void onStartAsync(AsyncEvent event) {
            event.getAsyncContext().addListener(this); // those of the cycle before are forgotten
        }
    }
}
