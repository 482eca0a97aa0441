package dev.llmpropagation.mcp;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.agent.ContentCapture;
import dev.llmpropagation.carrier.EnvelopeCarrier;
import dev.llmpropagation.fixtures.Attributed;
import dev.llmpropagation.internal.span.ContentGate;
import dev.llmpropagation.internal.span.Instrumentation;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.modelcontextprotocol.json.TypeRef;
import io.modelcontextprotocol.spec.McpClientTransport;
import io.modelcontextprotocol.spec.McpSchema;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpServerSession;
import io.modelcontextprotocol.spec.McpServerTransport;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.baggage.Baggage;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.metrics.data.HistogramPointData;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.AbstractMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

/** How long a request is open, and what is kept of it, by a clock that the test sets. */
class McpRequestsTest {

    private static final long MORE_THAN_THE_LIMIT = Duration.ofMinutes(31).toNanos();
    private static final String PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    private static final int MANY = 100;

    private final RecordedTelemetry telemetry = RecordedTelemetry.create();
    private final OpenTelemetrySdk openTelemetry = telemetry.openTelemetry();
    private final AtomicLong clock = new AtomicLong();
    private final List<String> told = new CopyOnWriteArrayList<>();
    private final McpTelemetry mcp = builder().build();
    private final Silent transport = new Silent();

    @AfterEach
    void close() {
        openTelemetry.close();
    }

    @Test
    void durations_areSeconds() {
        call(mcp, Map.of(), () -> clock.addAndGet(1_500_000_000L));
        assertThat(point("mcp.server.operation.duration").getSum()).isEqualTo(1.5);
    }

    @Test
    void requestThatNobodyAnswers_isAbandonedAndNoSuccess() {
        mcp.client(transport).sendMessage(toolCall(7, Map.of())).block();
        clock.addAndGet(MORE_THAN_THE_LIMIT);
        mcp.sweep();
        assertThat(outcome()).isEqualTo("abandoned");
        assertThat(text(span(), "error.type")).isEqualTo("abandoned");
        assertThat(text(point("mcp.client.operation.duration"), "error.type")).isEqualTo("abandoned");
    }

    /** A model can name any tool: the lines about them have one budget. */
    @Test
    void toolsThatNobodyAnswers_areToldOnce() {
        McpClientTransport traced = mcp.client(transport);
        for (int i = 0; i < MANY; i++) {
            traced.sendMessage(new McpSchema.JSONRPCRequest(
                            McpSchema.METHOD_TOOLS_CALL, i, Map.of("name", "made-up-" + i)))
                    .block();
        }
        clock.addAndGet(MORE_THAN_THE_LIMIT);
        mcp.sweep();
        assertThat(told)
                .singleElement()
                .asString()
                .startsWith("A request over MCP was never ended; the safety net did. ")
                .doesNotContain("made-up");
    }

    @Test
    void requestWithALongTimeLimit_isKeptForIt() {
        mcp.client(transport, options -> options.requestTimeout(Duration.ofHours(2)))
                .sendMessage(toolCall(7, Map.of()))
                .block();
        clock.addAndGet(MORE_THAN_THE_LIMIT);
        mcp.sweep();
        assertThat(mcp.openSpans()).isEqualTo(1);
        mcp.close();
        assertThat(outcome()).isEqualTo("cancelled");
    }

    @Test
    void handlerThatTakesLong_isWaitedForWithWhatItAsks() {
        call(mcp, Map.of(), () -> {
            mcp.client(transport).sendMessage(toolCall(7, Map.of())).block();
            clock.addAndGet(MORE_THAN_THE_LIMIT);
            mcp.sweep();
            assertThat(mcp.openSpans()).isEqualTo(2);
        });
        assertThat(outcome()).isEqualTo("completed");
        clock.addAndGet(MORE_THAN_THE_LIMIT);
        mcp.sweep();
        assertThat(mcp.openSpans()).isZero();
    }

    @Test
    void asynchronousHandler_isWaitedForUntilNobodyCanEndIt() {
        AtomicReference<@Nullable MonoSink<CallToolResult>> waiting = new AtomicReference<>();
        mcp.asyncHandler((Object exchange, CallToolRequest request) -> Mono.<CallToolResult>create(waiting::set))
                .apply("", CallToolRequest.builder("t").build())
                .subscribe();
        clock.addAndGet(MORE_THAN_THE_LIMIT);
        mcp.sweep();
        assertThat(mcp.openSpans()).isEqualTo(1);
        assertThat(waiting.getAndSet(null)).isNotNull();
        await().until(() -> {
            System.gc();
            clock.addAndGet(MORE_THAN_THE_LIMIT);
            mcp.sweep();
            return mcp.openSpans() == 0;
        });
        assertThat(outcome()).isEqualTo("abandoned");
    }

    @Test
    void argumentsOfARequest_areNotKept() {
        AtomicReference<@Nullable Context> kept = new AtomicReference<>();
        WeakReference<Object> marker = callWithAMarker(kept);
        await().untilAsserted(() -> {
            System.gc();
            assertThat(marker.refersTo(null)).isTrue();
        });
        assertThat(kept.get()).isNotNull();
        assertThat(outcome()).isEqualTo("completed");
    }

    private WeakReference<Object> callWithAMarker(AtomicReference<@Nullable Context> kept) {
        Object marker = new Object();
        CallToolResult unused = mcp.handler((Object exchange, CallToolRequest request) -> {
                    kept.set(Context.current());
                    return CallToolResult.builder().addTextContent("").build();
                })
                .apply(
                        "",
                        CallToolRequest.builder("t")
                                .arguments(Map.of("k", marker))
                                .build());
        return new WeakReference<>(marker);
    }

    @Test
    void baggageOfTheSender_isTheHandlersWhereItIsOn() {
        Map<String, Object> meta = Map.of("traceparent", PARENT, "baggage", "tenant=7");
        call(mcp, meta, () -> assertThat(Baggage.current().isEmpty()).isTrue());
        call(builder().baggage(true).build(), meta, () -> assertThat(
                        Baggage.current().getEntryValue("tenant"))
                .isEqualTo("7"));
        call(builder().baggage(true).build(), Map.of("baggage", "tenant=7"), () -> assertThat(
                        Baggage.current().getEntryValue("tenant"))
                .isEqualTo("7"));
        assertThat(telemetry.spans())
                .extracting(SpanData::getParentSpanId)
                .containsExactly("b7ad6b7169203331", "b7ad6b7169203331", "0000000000000000");
    }

    @Test
    void baggageThatIsNotRead_staysAsItCame() {
        for (boolean read : List.of(false, true)) {
            builder()
                    .baggage(read)
                    .build()
                    .client(transport)
                    .connect(messages -> messages)
                    .block();
            McpSchema.JSONRPCRequest handed = (McpSchema.JSONRPCRequest) transport.comes(
                    toolCall("a-" + read, Map.of("traceparent", PARENT, "baggage", "tenant=7", "mine", "kept")));
            Map<?, ?> meta = (Map<?, ?>) ((Map<?, ?>) handed.params()).get("_meta");
            assertThat(meta.get("baggage")).as("read: %s", read).isEqualTo("tenant=7");
            assertThat(meta.get("mine")).isEqualTo("kept");
            assertThat(meta.get("traceparent")).isNotEqualTo(PARENT);
        }
    }

    @Test
    void paramsThatCannotBeCopied_goAsTheyAreAndLeaveNothingOpen() {
        McpClientTransport traced = mcp.client(transport);
        traced.connect(messages -> messages).block();
        McpSchema.JSONRPCRequest request =
                new McpSchema.JSONRPCRequest(McpSchema.METHOD_TOOLS_CALL, 7, new NotToBeCopied());
        traced.sendMessage(request).block();
        assertThat(transport.sent).containsExactly(request);
        assertThat(transport.comes(request)).isSameAs(request);
        assertThat(mcp.openSpans()).isZero();
        assertThat(telemetry.spans()).hasSize(2);
        assertThat(told).hasSize(1).allMatch(line -> line.contains("goes without its span"));
    }

    @Test
    void sessionsThatTheSdkDropsWithoutAWord_areLetGo() {
        KnownSessions sessions = new KnownSessions();
        WaylessProvider provider = new WaylessProvider();
        new TracingServerProvider(provider, tracer(), sessions, McpEndpoint.HTTP)
                .setSessionFactory(McpRequestsTest::session);
        McpServerSession held = provider.connect();
        for (int i = 0; i < MANY; i++) {
            provider.connect();
        }
        await().untilAsserted(() -> {
            System.gc();
            provider.connect();
            assertThat(sessions.size()).isLessThan(MANY / 2);
        });
        assertThat(sessions.get(held.getId())).isNotNull();
    }

    @Test
    void spanOfARequest_isFoundByItsWholeTraceAndItsOwnConnectionWhileItIsOpen() {
        McpTracer tracer = tracer();
        McpConnection connection = new McpConnection(tracer, new McpPeer(McpEndpoint.HTTP, true), 0);
        McpPeer other = new McpPeer(McpEndpoint.HTTP, true);
        McpSpan span = connection.received(McpRequest.of("tools/list", 1, null, Map.of()), null, Context.root());
        Context named = Context.root().with(span.span());
        assertThat(tracer.served(named, connection.peer())).isSameAs(span);
        assertThat(tracer.served(named, null)).isSameAs(span);
        assertThat(tracer.served(named, other)).isNull();
        SpanContext madeUp = SpanContext.createFromRemoteParent(
                "0af7651916cd43dd8448eb211c80319c",
                span.span().getSpanContext().getSpanId(),
                TraceFlags.getSampled(),
                TraceState.getDefault());
        assertThat(tracer.served(Context.root().with(Span.wrap(madeUp)), connection.peer()))
                .isNull();
        span.responded(new McpResponse(null, Map.of()));
        assertThat(tracer.served(named, connection.peer())).isNull();
    }

    private McpTracer tracer() {
        return new McpTracer(new McpInstruments(
                new Instrumentation.Builder(openTelemetry).build("test", "https://opentelemetry.io/schemas/1.37.0"),
                EnvelopeCarrier.mcp(),
                new ContentGate(false, false, false, 1, UnaryOperator.identity()),
                MORE_THAN_THE_LIMIT));
    }

    private McpTelemetryBuilder builder() {
        return McpTelemetry.builder((OpenTelemetry) openTelemetry)
                .content(ContentCapture.off())
                .nanoTime(clock::get)
                .diagnostics(told::add);
    }

    private static void call(McpTelemetry mcp, Map<String, Object> meta, Runnable work) {
        CallToolResult unused = mcp.handler((Object exchange, CallToolRequest request) -> {
                    work.run();
                    return CallToolResult.builder().addTextContent("").build();
                })
                .apply("", CallToolRequest.builder("t").meta(meta).build());
    }

    private static McpSchema.JSONRPCRequest toolCall(Object id, Map<String, Object> meta) {
        return new McpSchema.JSONRPCRequest(
                McpSchema.METHOD_TOOLS_CALL, id, Map.of("name", "t", EnvelopeCarrier.META, meta));
    }

    private SpanData span() {
        assertThat(telemetry.spans()).hasSize(1);
        return telemetry.spans().get(0);
    }

    private @Nullable String outcome() {
        return Attributed.outcome(span());
    }

    private HistogramPointData point(String name) {
        return telemetry.metrics().stream()
                .filter(metric -> metric.getName().equals(name))
                .flatMap(metric -> metric.getHistogramData().getPoints().stream())
                .findFirst()
                .orElseThrow();
    }

    /** It can be asked, and no more. */
    private static final class NotToBeCopied extends AbstractMap<String, Object> {
        @Override
        public @Nullable Object get(@Nullable Object key) {
            return "name".equals(key) ? "t" : null;
        }

        @Override
        public Set<Entry<String, Object>> entrySet() {
            throw new UnsupportedOperationException("entrySet");
        }
    }

    /** The way to a server that never answers. */
    private static final class Silent implements McpClientTransport {
        final List<McpSchema.JSONRPCMessage> sent = new CopyOnWriteArrayList<>();
        private Function<Mono<McpSchema.JSONRPCMessage>, Mono<McpSchema.JSONRPCMessage>> handler = message -> message;

        @Override
        public Mono<Void> connect(Function<Mono<McpSchema.JSONRPCMessage>, Mono<McpSchema.JSONRPCMessage>> receiver) {
            handler = receiver;
            return Mono.empty();
        }

        /** As the program's side gets it. */
        McpSchema.JSONRPCMessage comes(McpSchema.JSONRPCMessage message) {
            return handler.apply(Mono.just(message)).blockOptional().orElseThrow();
        }

        @Override
        public Mono<Void> sendMessage(McpSchema.JSONRPCMessage message) {
            return Mono.fromRunnable(() -> sent.add(message));
        }

        @Override
        @SuppressWarnings("unchecked") // asked for params alone, which are maps here
        public <T> T unmarshalFrom(Object data, TypeRef<T> type) {
            return (T) data;
        }

        @Override
        public Mono<Void> closeGracefully() {
            return Mono.empty();
        }
    }

    /** As the SDK's provider for SSE has it, whose client may be gone. */
    private static McpServerSession session(McpServerTransport transport) {
        return new McpServerSession(
                UUID.randomUUID().toString(),
                Duration.ofSeconds(1),
                transport,
                request -> Mono.empty(),
                Map.of(),
                Map.of());
    }
}
