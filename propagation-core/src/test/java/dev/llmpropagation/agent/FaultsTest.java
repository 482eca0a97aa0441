package dev.llmpropagation.agent;

import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.llmpropagation.ToldTelemetry;
import dev.llmpropagation.fixtures.AtSpanEnd;
import dev.llmpropagation.fixtures.Attributed;
import dev.llmpropagation.fixtures.SpanStarts;
import dev.llmpropagation.session.LlmSession;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.ContextKey;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.logs.LogRecordProcessor;
import io.opentelemetry.sdk.logs.ReadWriteLogRecord;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.trace.SpanProcessor;
import io.opentelemetry.sdk.trace.data.LinkData;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import io.opentelemetry.sdk.trace.samplers.SamplingResult;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What breaks in telemetry stays there. The numbers are those of docs/pitfalls.md. */
class FaultsTest {

    private final RecordedTelemetry telemetry = RecordedTelemetry.create();
    private final AtomicInteger reported = new AtomicInteger();

    @Test
    void pitfall_27_spanWhoseAttributesFail_ends() {
        AgentTracing agent =
                agent(failingOn(telemetry.openTelemetry(), Set.of("setAttribute", "addEvent", "setStatus")));
        assertThatThrownBy(() -> turn(agent)).isInstanceOf(IOException.class).hasMessage("the program's");
        assertThat(telemetry.spans()).hasSize(2);
        assertThat(agent.openSpans()).isZero();
        assertThat(reported).hasPositiveValue();
    }

    @Test
    void spanThatCannotEnd_isLetGo() {
        AgentTracing agent = agent(failingOn(telemetry.openTelemetry(), Set.of("end")));
        assertThatThrownBy(() -> turn(agent)).isInstanceOf(IOException.class).hasMessage("the program's");
        assertThat(agent.openSpans()).isZero();
    }

    /** Its start ends the one whose place it takes. */
    @Test
    void interactionWhoseStartFailsForGood_ends() {
        OutOfMemoryError fatal = new OutOfMemoryError("of a test");
        AtomicBoolean failing = new AtomicBoolean();
        AgentTracing agent = agent(ToldTelemetry.of(telemetry.openTelemetry(), (called, with) -> {
            if (called.equals("Span.end") && failing.compareAndSet(true, false)) {
                throw fatal;
            }
        }));
        Interaction earlier = agent.interaction("p").start();
        failing.set(true);
        assertThatThrownBy(() -> agent.interaction("p").start()).isSameAs(fatal);
        assertThat(earlier.isEnded()).isTrue();
        assertThat(telemetry.spans()).hasSize(2);
        assertThat(agent.openSpans()).isZero();
    }

    @Test
    void spanThatCannotStart_isDoneWithout() {
        AgentTracing agent = agent(with(new SpanStarts((parent, span) -> fails())));
        assertThatThrownBy(() -> turn(agent)).isInstanceOf(IOException.class).hasMessage("the program's");
        assertThat(agent.interaction("p").<String, RuntimeException>call(turn -> "result"))
                .isEqualTo("result");
        assertThat(agent.openSpans()).isZero();
        assertThat(reported).hasPositiveValue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"qwen-code.interaction", "qwen-code.tool", "qwen-code.subagent"})
    void spanThatCannotStart_keepsSessionAndPromptForThoseInside(String broken) {
        Sampler sampler = failingFor(broken);
        RecordedTelemetry sampled = RecordedTelemetry.create(spans -> spans.setSampler(sampler));
        AgentTracing agent = AgentTracing.builder(sampled.openTelemetry())
                .sessionId(() -> "of the process")
                .diagnostics(line -> reported.incrementAndGet())
                .build();
        agent.interaction("p").session("named").userId("u").run(turn -> turn.tool("task")
                .run(tool -> agent.subagent("helper").id("a-1").run(helper -> {
                    agent.llmRequest("chat", "openai").run(request -> assertThat(
                                    LlmSession.fromContext(Context.current()).id())
                            .isEqualTo("named"));
                })));
        assertThat(reported).hasValue(1);
        SpanData request = sampled.span("qwen-code.llm_request");
        assertThat(text(request, "session.id")).isEqualTo("named");
        assertThat(text(request, "qwen-code.prompt_id")).isEqualTo("p");
        assertThat(text(request, "gen_ai.user.id")).isEqualTo("u");
        assertThat(text(request, "llm_request.context")).isEqualTo("subagent");
        assertThat(agent.openSpans()).isZero();
    }

    private static Sampler failingFor(String broken) {
        return new Sampler() {
            @Override
            public SamplingResult shouldSample(
                    Context parent,
                    String traceId,
                    String name,
                    SpanKind kind,
                    Attributes attributes,
                    List<LinkData> links) {
                if (name.equals(broken)) {
                    throw new AssertionError("a sampler of the program's");
                }
                return SamplingResult.recordAndSample();
            }

            @Override
            public String getDescription() {
                return "failing for " + broken;
            }
        };
    }

    @Test
    void contextThatCannotBeRead_isDoneWithout() {
        // the storage is found once for a process, so the Context itself fails here
        AgentTracing agent = agent(telemetry.openTelemetry());
        Context odd = new Context() {
            @Override
            public <V> V get(ContextKey<V> key) {
                throw new AssertionError("a Context of the program's");
            }

            @Override
            public <V> Context with(ContextKey<V> key, V value) {
                return Context.root().with(key, value);
            }
        };
        Tool tool = agent.tool("t").start(odd);
        tool.completed();
        assertThat(tool.isEnded()).isTrue();
        assertThat(reported).hasPositiveValue();
        assertThat(agent.openSpans()).isZero();
    }

    @Test
    void processorThatFailsAtTheEnd_changesNothing() {
        AgentTracing agent = agent(with(new AtSpanEnd(span -> fails())));
        assertThatThrownBy(() -> turn(agent)).isInstanceOf(IOException.class).hasMessage("the program's");
        assertThat(agent.openSpans()).isZero();
    }

    @Test
    void pitfall_28_logThatFails_leavesTheSpanEnded() {
        AgentTracing agent = agent(OpenTelemetrySdk.builder()
                .setTracerProvider(telemetry.openTelemetry().getSdkTracerProvider())
                .setLoggerProvider(SdkLoggerProvider.builder()
                        .addLogRecordProcessor(new FailingLogs())
                        .build())
                .build());
        assertThatThrownBy(() -> turn(agent)).isInstanceOf(IOException.class).hasMessage("the program's");
        agent.sessionStarted("s", null);
        agent.sessionEnded("s");
        assertThat(telemetry.spans()).hasSize(2);
        assertThat(agent.openSpans()).isZero();
        assertThat(reported).hasPositiveValue();
    }

    @Test
    void supplierAndSignalThatFail_changeNothing() {
        AgentTracing agent = AgentTracing.builder(telemetry.openTelemetry())
                .diagnostics(line -> reported.incrementAndGet())
                .sessionId(() -> {
                    throw new AssertionError();
                })
                .build();
        agent.interaction("p")
                .cancelledWhen(() -> {
                    throw new AssertionError();
                })
                .run(turn -> {});
        assertThat(telemetry.spans()).hasSize(1);
        assertThat(reported).hasValueGreaterThanOrEqualTo(2);
    }

    /** What a signal cannot say, the exception says. */
    @Test
    void signalThatFails_leavesACancelToItsException() {
        AgentTracing agent = agent(telemetry.openTelemetry());
        assertThatThrownBy(() -> agent.interaction("p")
                        .cancelledWhen(() -> {
                            throw new AssertionError();
                        })
                        .run(turn -> {
                            throw new CancellationException();
                        }))
                .isInstanceOf(CancellationException.class);
        assertThat(outcomes()).containsExactly("cancelled");
    }

    @Test
    void attributeThatCannotBeSet_isTold() {
        List<String> told = new CopyOnWriteArrayList<>();
        AgentTracing agent = AgentTracing.builder(failingOn(telemetry.openTelemetry(), Set.of("setAttribute")))
                .diagnostics(told::add)
                .build();
        Interaction turn = agent.interaction("p").start();
        assertThat(told).isEmpty();
        turn.attribute(AttributeKey.stringKey("app.key"), "value");
        assertThat(told).singleElement().asString().contains("An attribute could not be set");
        turn.completed();
    }

    /** However long it takes until there is a stage, nobody has lost the span. */
    @Test
    void bodyThatTakesLongToGiveItsStage_isNoInactivity() {
        AtomicLong clock = new AtomicLong(1);
        AgentTracing agent = AgentTracing.builder(telemetry.openTelemetry())
                .diagnostics(line -> {})
                .nanoTime(clock::get)
                .timeToLive(Duration.ofMinutes(1))
                .build();
        CompletableFuture<String> result = new CompletableFuture<>();
        CompletableFuture<String> given = agent.interaction("p").callAsync(turn -> {
            clock.addAndGet(Duration.ofHours(1).toNanos());
            agent.sweep();
            assertThat(turn.isEnded()).isFalse();
            return result;
        });
        result.complete("done");
        assertThat(given).isCompletedWithValue("done");
        assertThat(outcomes()).containsExactly("completed");
    }

    private List<String> outcomes() {
        return telemetry.spans().stream().map(Attributed::outcome).toList();
    }

    @Test
    void pitfall_82_withoutAnSdk_theTraceOfTheCallerIsPassedOn() {
        AgentTracing agent = AgentTracing.builder(OpenTelemetry.noop()).build();
        SpanContext caller = SpanContext.createFromRemoteParent(
                "0af7651916cd43dd8448eb211c80319c",
                "b7ad6b7169203331",
                TraceFlags.getSampled(),
                TraceState.getDefault());
        try (Scope ignored = Context.root().with(Span.wrap(caller)).makeCurrent()) {
            agent.interaction("p").session("s").run(turn -> turn.tool("t").run(tool -> {
                assertThat(Span.current().getSpanContext()).isEqualTo(caller);
                assertThat(LlmSession.fromContext(Context.current()).id()).isEqualTo("s");
            }));
        }
        assertThat(agent.openSpans()).isZero();
    }

    private static void turn(AgentTracing agent) throws IOException {
        agent.interaction("p").run(turn -> turn.tool("t").run(tool -> {
            throw new IOException("the program's");
        }));
    }

    private AgentTracing agent(OpenTelemetry openTelemetry) {
        return AgentTracing.builder(openTelemetry)
                .diagnostics(line -> reported.incrementAndGet())
                .build();
    }

    private static OpenTelemetry with(SpanProcessor processor) {
        return RecordedTelemetry.create(spans -> spans.addSpanProcessor(processor))
                .openTelemetry();
    }

    /** The same OpenTelemetry, whose spans throw on these methods, after they have done what they do. */
    private static OpenTelemetry failingOn(OpenTelemetry real, Set<String> methods) {
        return wrapped(OpenTelemetry.class, real, methods);
    }

    @SuppressWarnings("unchecked")
    private static <T> T wrapped(Class<T> type, T real, Set<String> methods) {
        return (T) Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
            Object result;
            try {
                result = method.invoke(real, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
            if (type == Span.class && methods.contains(method.getName())) {
                throw new AssertionError("a span of the program's SDK");
            }
            if (type == Span.class && method.getReturnType() == Context.class) {
                return InvocationHandler.invokeDefault(proxy, method, arguments); // storeInContext
            }
            if (result == real) {
                return proxy;
            }
            for (Class<?> wrap : new Class<?>[] {
                Span.class,
                io.opentelemetry.api.trace.TracerProvider.class,
                io.opentelemetry.api.trace.TracerBuilder.class,
                io.opentelemetry.api.trace.Tracer.class,
                io.opentelemetry.api.trace.SpanBuilder.class
            }) {
                if (method.getReturnType() == wrap) {
                    return wrapped((Class<Object>) wrap, result, methods);
                }
            }
            return result;
        });
    }

    private static void fails() {
        throw new AssertionError("a processor of the program's");
    }

    private static final class FailingLogs implements LogRecordProcessor {
        @Override
        public void onEmit(Context context, ReadWriteLogRecord logRecord) {
            throw new AssertionError();
        }

        @Override
        public CompletableResultCode shutdown() {
            return CompletableResultCode.ofSuccess();
        }
    }

    @Test
    void exceptionThatCannotBeAskedForItsCause_reachesTheCallerAndEndsTheSpan() {
        IllegalStateException odd = new IllegalStateException() {
            @Override
            public synchronized Throwable getCause() {
                throw new UnsupportedOperationException("no cause");
            }
        };
        AgentTracing agent = agent(telemetry.openTelemetry());
        AtomicReference<Tool> opened = new AtomicReference<>();
        Throwable thrown = catchThrowable(() -> agent.tool("t").run(tool -> {
            opened.set(tool);
            throw odd;
        }));
        assertThat(thrown).isSameAs(odd);
        assertThat(opened.get().isEnded()).isTrue();
    }
}
