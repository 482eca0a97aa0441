package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.daemon.BridgeOperation;
import dev.llmpropagation.daemon.DaemonTelemetry;
import dev.llmpropagation.fixtures.FailingStorage;
import dev.llmpropagation.fixtures.Requests;
import dev.llmpropagation.fixtures.WritingPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import okhttp3.Call;
import okhttp3.Dns;
import okhttp3.OkHttpClient;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What parts of the program's throw, by its kind: what no program can go on after reaches it as it was thrown, all else
 * costs its call nothing. {@link WireExtension} finds each span ended.
 */
class FatalErrorsTest {

    @RegisterExtension
    final WireExtension wire = new WireExtension();

    /** Parts that a program brings. */
    private enum Part {
        SESSION_SUPPLIER,
        PROPAGATOR,
        SPAN_BUILDER,
        SPAN_ATTRIBUTE,
        SPAN_END,
        METRIC,
        DIAGNOSTICS;

        /** As {@link ToldTelemetry} names what is called; null if it is none of OpenTelemetry's API. */
        private @Nullable String method() {
            return switch (this) {
                case SPAN_BUILDER -> "SpanBuilder.setSpanKind";
                case SPAN_ATTRIBUTE -> "Span.setAttribute";
                case SPAN_END -> "Span.end";
                case METRIC -> "DoubleHistogram.record";
                case SESSION_SUPPLIER, PROPAGATOR, DIAGNOSTICS -> null;
            };
        }
    }

    private volatile boolean interruptedAtLookup;

    @AfterEach
    void clearFlag() {
        Thread.interrupted();
    }

    @ParameterizedTest
    @MethodSource("fatal")
    void fatalError_reachesTheProgramAsItWasThrown(Part part, Error thrown) {
        assertThatThrownBy(() -> call(part, thrown)).isSameAs(thrown);
    }

    private static Stream<Arguments> fatal() {
        return Stream.of(Part.values())
                .flatMap(part -> Stream.of(
                        Arguments.of(part, new OutOfMemoryError("of a test")),
                        Arguments.of(part, new StackOverflowError("of a test"))));
    }

    @ParameterizedTest
    @EnumSource(Part.class)
    void missingClass_costsNothing(Part part) throws IOException {
        assertThat(call(part, new NoClassDefFoundError("of a test"))).isEqualTo("hello");

        assertThat(wire.diagnostics)
                .isNotEmpty()
                .allMatch(told -> told.contains(part == Part.DIAGNOSTICS ? "IllegalState" : "NoClassDefFoundError"));
    }

    /** Not by a part that a {@link java.lang.reflect.Proxy} calls, which wraps it. */
    @ParameterizedTest
    @EnumSource(
            value = Part.class,
            names = {"SESSION_SUPPLIER", "PROPAGATOR", "DIAGNOSTICS"})
    void interrupt_staysOnTheThread(Part part) {
        try {
            call(part, new InterruptedException("of a test"));
        } catch (Exception e) { // OkHttp looks at the flag too, and may give up
            assertThat(e).isNotInstanceOf(RuntimeException.class);
        }

        assertThat(interruptedAtLookup).isTrue();
    }

    @Test
    void failureThatCannotBeRead_endsTheSpanAsFailedFirst() {
        StackOverflowError fatal = new StackOverflowError("of a test");
        Interaction turn = wire.propagation().build().agent().interaction("p-1").start();
        RuntimeException endless = new IllegalStateException("looks into itself") {
            @Override
            public synchronized Throwable getCause() {
                throw fatal;
            }
        };

        assertThatThrownBy(() -> turn.failed(endless)).isSameAs(fatal);

        assertThat(wire.spans()).singleElement().satisfies(span -> assertThat(outcome(span))
                .isEqualTo("failed"));
    }

    @ParameterizedTest
    @EnumSource
    void fatalErrorOfTheStorage_endsAllAndKeepsNoConnection(FailingStorage.Fault fault) throws IOException {
        OutOfMemoryError fatal = new OutOfMemoryError("of a test");
        wire.answers(ok("hello"));
        OkHttpClient client = wire.client();
        Call call = client.newCall(Requests.get(wire.url("/")));
        FailingStorage.fail(fault, () -> fatal);
        try {
            assertThatThrownBy(call::execute).isSameAs(fatal);
        } finally {
            FailingStorage.fail(null);
        }

        await().untilAsserted(() -> assertThat(client.connectionPool().connectionCount())
                .isEqualTo(client.connectionPool().idleConnectionCount()));
        assertThat(Requests.body(client, call.request())).isEqualTo("hello");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void asynchronousCall_endsWithTheFatalError(boolean atTheEnd) {
        OutOfMemoryError fatal = new OutOfMemoryError("of a test");
        AgentTracing agent = agent("Span.end", fatal);
        CompletableFuture<String> work = new CompletableFuture<>();
        CompletableFuture<String> result = agent.interaction("p-1").callAsync(turn -> work);

        if (atTheEnd) {
            work.complete("done");
        } else {
            work.completeExceptionally(new IllegalStateException("of the work"));
        }

        // The span is ours, the work is the program's, which must not wait for ever.
        assertThat(result).isDone();
        assertThat(result.isCompletedExceptionally()).isEqualTo(!atTheEnd);
        assertThat(wire.spans()).hasSize(1);
    }

    @Test
    void fatalErrorOfOneSpan_leavesNoOtherOpen() {
        StackOverflowError fatal = new StackOverflowError("of a test");
        AgentTracing agent = agent("Span.end", fatal);
        agent.interaction("p-1").start();
        agent.interaction("p-2").start();
        agent.interaction("p-3").start();

        assertThatThrownBy(agent::close).isSameAs(fatal);

        assertThat(wire.spans()).hasSize(3);
    }

    /** Its start made the span, but the program has no handle to end it by. */
    @Test
    void fatalErrorBeforeTheHandleIsThere_endsTheSpan() {
        OutOfMemoryError fatal = new OutOfMemoryError("of a test");
        DaemonTelemetry daemon =
                DaemonTelemetry.builder(telemetry("Span.setAttribute", fatal)).build();

        assertThatThrownBy(() -> daemon.bridge(BridgeOperation.PROMPT_DISPATCH)
                        .prompt("p-1")
                        .start())
                .isSameAs(fatal);

        assertThat(wire.spans()).hasSize(1);
    }

    /** Whoever writes a further one is reminded. What an exception itself throws when it is read is told with it, or not. */
    @ParameterizedTest
    @ValueSource(strings = {"propagation-core", "providers-openai", "providers-gemini", "spring-boot-starter"})
    void catchOfEverything_letsFatalErrorsPass(String module) throws IOException {
        try (Stream<Path> files = Files.walk(Path.of("..", module, "src", "main", "java"))) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(".java")).toList()) {
                String[] parts = Files.readString(file).split("catch \\(Throwable ");
                for (int i = 1; i < parts.length && !file.endsWith("Ending.java"); i++) {
                    assertThat(parts[i].split("\n    }\n", 2)[0])
                            .as("catch %d of %s", i, file)
                            .containsAnyOf("propagateIfFatal(", "throw ");
                }
            }
        }
    }

    private AgentTracing agent(String failing, Error thrown) {
        return LlmPropagation.builder(telemetry(failing, thrown))
                .diagnostics(wire.diagnostics::add)
                .build()
                .agent();
    }

    private ToldTelemetry telemetry(String failing, Error thrown) {
        return ToldTelemetry.of(wire.openTelemetry, (called, with) -> {
            if (called.equals(failing)) {
                raise(thrown);
            }
        });
    }

    private String call(Part part, Throwable thrown) throws IOException {
        wire.answers(ok("hello"));
        OkHttpClient client = wire.client(
                LlmPropagation.builder(ToldTelemetry.of(sdk(part, thrown), (called, with) -> {
                            if (called.equals(part.method())) {
                                raise(thrown);
                            }
                        }))
                        .diagnostics(told -> {
                            wire.diagnostics.add(told);
                            if (part == Part.DIAGNOSTICS) {
                                raise(thrown);
                            }
                        })
                        .sessionId(() -> {
                            if (part == Part.SESSION_SUPPLIER) {
                                raise(thrown);
                            }
                            if (part == Part.DIAGNOSTICS) { // something to tell
                                throw new IllegalStateException("of a test");
                            }
                            return "s-1";
                        })
                        .build(),
                new OkHttpClient.Builder().dns(host -> {
                    interruptedAtLookup = Thread.currentThread().isInterrupted();
                    return Dns.SYSTEM.lookup(host);
                }));
        return Requests.body(client, Requests.get(wire.url("/")));
    }

    private OpenTelemetrySdk sdk(Part part, Throwable thrown) {
        if (part != Part.PROPAGATOR) {
            return wire.openTelemetry;
        }
        return OpenTelemetrySdk.builder()
                .setTracerProvider(wire.openTelemetry.getSdkTracerProvider())
                .setMeterProvider(wire.openTelemetry.getSdkMeterProvider())
                .setPropagators(ContextPropagators.create(
                        new WritingPropagator(List.of("traceparent"), (context, headers) -> raise(thrown))))
                .build();
    }

    /** As Kotlin throws: undeclared. */
    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void raise(Throwable thrown) throws E {
        throw (E) thrown;
    }
}
