package dev.llmpropagation.daemon;

import static dev.llmpropagation.daemon.DaemonExtension.number;
import static dev.llmpropagation.daemon.DaemonExtension.string;
import static dev.llmpropagation.fixtures.Parents.assertParent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import dev.llmpropagation.fixtures.LocalServer;
import dev.llmpropagation.internal.span.Attribute;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Requests that a server hands to another thread, where nothing is current. */
class OtherThreadsTest {

    @RegisterExtension
    final DaemonExtension telemetry = new DaemonExtension();

    @Test
    void promptQueuedByItsRequest_standsInIt() {
        DaemonRequest request = telemetry.request("POST", "/session/s-1/prompt");
        request.session("s-1");
        request.prompt("p-1");
        QueuedPrompt queued = request.queued();
        telemetry.passes(Duration.ofMillis(7));
        BridgeSpan dispatch = queued.dispatch().start();
        dispatch.completed();
        request.responded(200);

        SpanData span = telemetry.span(dispatch);
        assertParent(span, request.spanContext());
        assertThat(string(span, Attribute.SESSION_ID)).isEqualTo("s-1");
        assertThat(string(span, Attribute.PROMPT_ID)).isEqualTo("p-1");
        assertThat(number(span, Attribute.QUEUE_WAIT)).isEqualTo(7);
        assertThat(telemetry.diagnostics).isEmpty();
    }

    @Test
    void promptOutsideOfAnySpan_isTold() {
        telemetry.daemon.queued().dispatch().start().completed();
        telemetry.bridge(BridgeOperation.PROMPT_DISPATCH).completed();
        telemetry.bridge(BridgeOperation.CHANNEL_SPAWN).completed();

        assertThat(telemetry.spans()).hasSize(3);
        telemetry.told().contains("outside of any span", "request.queued()");
    }

    @Test
    void promptInASpanOfTheProgram_orOutsideOfTheCatalogue_isNoOrphan() {
        Span own = telemetry.sdk.getTracer("program").spanBuilder("own").startSpan();
        try (Scope ignored = own.makeCurrent()) {
            telemetry.daemon.queued().dispatch().start().completed();
        }
        own.end();
        DaemonRequest unknown = telemetry.request("POST", "/elsewhere");
        unknown.queued().dispatch().start().completed();
        unknown.responded(200);

        assertThat(telemetry.diagnostics).isEmpty();
    }

    @Test
    void request_isFoundInTheAttributesOfItsServer() {
        DaemonRequest request = telemetry.request("POST", "/session");
        DaemonRequest current = telemetry.request("POST", "/session");
        Map<String, Object> attributes = Map.of("dev.llmpropagation.daemon.request", request);

        assertThat(DaemonRequest.ATTRIBUTE).isEqualTo("dev.llmpropagation.daemon.request");
        assertThat(DaemonRequest.in(attributes::get)).isSameAs(request);
        assertThat(DaemonRequest.in(name -> null)).isNull();
        assertThat(DaemonRequest.in(name -> "something else")).isNull();
        try (Scope ignored = current.makeCurrent()) {
            assertThat(DaemonRequest.in(attributes::get)).isSameAs(request);
            assertThat(DaemonRequest.in(name -> null)).isSameAs(current);
            assertThat(DaemonRequest.in(name -> {
                        throw new IllegalStateException("recycled");
                    }))
                    .isSameAs(current);
        }
        request.responded(200);
        current.responded(200);
    }

    @Test
    void handlerOfTheJdk_mayAnswerOnAnotherThread() throws Exception {
        record Handed(HttpExchange exchange, DaemonRequest request) {}
        BlockingQueue<Handed> handed = new LinkedBlockingQueue<>();
        try (LocalServer server = LocalServer.start(
                exchange -> handed.add(new Handed(exchange, DaemonRequest.current())),
                new HttpServerFilter(telemetry.daemon))) {
            CompletableFuture<HttpResponse<Void>> answer = HttpClient.newHttpClient()
                    .sendAsync(
                            HttpRequest.newBuilder(URI.create(server.url() + "/session/s-1/prompt"))
                                    .POST(HttpRequest.BodyPublishers.noBody())
                                    .build(),
                            HttpResponse.BodyHandlers.discarding());
            Handed later = handed.poll(20, TimeUnit.SECONDS);
            assertThat(later).isNotNull();
            assertThat(Context.current()).isSameAs(Context.root());
            assertThat(later.request().isEnded()).isFalse();
            later.request().queued().dispatch().start().completed();
            later.exchange().sendResponseHeaders(202, -1);
            later.exchange().close();
            later.request().responded(202);

            assertThat(answer.get(20, TimeUnit.SECONDS).statusCode()).isEqualTo(202);
            await().until(() -> telemetry.spans().size() == 2);
            SpanData request = telemetry.span(later.request());
            assertThat(number(request, Attribute.HTTP_STATUS_CODE)).isEqualTo(202);
            assertThat(string(request, Attribute.OUTCOME)).isEqualTo("completed");
            assertThat(telemetry.spans("qwen-code.daemon.bridge"))
                    .singleElement()
                    .returns(request.getSpanId(), SpanData::getParentSpanId);
        }
    }
}
