package dev.llmpropagation;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.agent.Interaction;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.context.propagation.TextMapPropagator;
import io.opentelemetry.context.propagation.TextMapSetter;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import okhttp3.Dns;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

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
        METRIC;

        /** As {@link ToldTelemetry} names what is called; null if it is none of OpenTelemetry's API. */
        private @Nullable String method() {
            return switch (this) {
                case SPAN_BUILDER -> "SpanBuilder.setSpanKind";
                case SPAN_ATTRIBUTE -> "Span.setAttribute";
                case SPAN_END -> "Span.end";
                case METRIC -> "DoubleHistogram.record";
                case SESSION_SUPPLIER, PROPAGATOR -> null;
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

        assertThat(wire.diagnostics).isNotEmpty().allMatch(told -> told.contains("NoClassDefFoundError"));
    }

    /** Not by a part that a {@link java.lang.reflect.Proxy} calls, which wraps it. */
    @ParameterizedTest
    @EnumSource(
            value = Part.class,
            names = {"SESSION_SUPPLIER", "PROPAGATOR"})
    void interrupt_staysOnTheThread(Part part) {
        try {
            call(part, new InterruptedException("of a test"));
        } catch (Exception e) { // OkHttp looks at the flag too, and may give up
            assertThat(e).isNotInstanceOf(RuntimeException.class);
        }

        assertThat(interruptedAtLookup).isTrue();
    }

    @Test
    void fatalErrorOfAMessage_reachesTheProgramWhenTheSpanHasEnded() {
        StackOverflowError fatal = new StackOverflowError("of a test");
        AgentTracing agent = wire.propagation().build().agent();
        Interaction turn = agent.interaction("p-1").start();
        RuntimeException endless = new IllegalStateException("looks into itself") {
            @Override
            public synchronized Throwable getCause() {
                throw fatal;
            }
        };

        assertThatThrownBy(() -> turn.failed(endless)).isSameAs(fatal);

        assertThat(wire.spans()).singleElement().satisfies(span -> assertThat(span.hasEnded())
                .isTrue());
    }

    private String call(Part part, Throwable thrown) throws IOException {
        wire.server.stubFor(any(anyUrl()).willReturn(ok("hello")));
        OkHttpClient client = wire.client(
                LlmPropagation.builder(ToldTelemetry.of(sdk(part, thrown), (called, with) -> {
                            if (called.equals(part.method())) {
                                raise(thrown);
                            }
                        }))
                        .diagnostics(wire.diagnostics::add)
                        .sessionId(() -> {
                            if (part == Part.SESSION_SUPPLIER) {
                                raise(thrown);
                            }
                            return "s-1";
                        })
                        .build(),
                new OkHttpClient.Builder().dns(host -> {
                    interruptedAtLookup = Thread.currentThread().isInterrupted();
                    return Dns.SYSTEM.lookup(host);
                }));
        try (Response response =
                client.newCall(new Request.Builder().url(wire.url("/")).build()).execute()) {
            return response.body().string();
        }
    }

    private OpenTelemetrySdk sdk(Part part, Throwable thrown) {
        if (part != Part.PROPAGATOR) {
            return wire.openTelemetry;
        }
        return OpenTelemetrySdk.builder()
                .setTracerProvider(wire.openTelemetry.getSdkTracerProvider())
                .setMeterProvider(wire.openTelemetry.getSdkMeterProvider())
                .setPropagators(ContextPropagators.create(new TextMapPropagator() {
                    @Override
                    public Collection<String> fields() {
                        return List.of("traceparent");
                    }

                    @Override
                    public <C> void inject(Context context, @Nullable C carrier, TextMapSetter<C> setter) {
                        raise(thrown);
                    }

                    @Override
                    public <C> Context extract(Context context, @Nullable C carrier, TextMapGetter<C> getter) {
                        return context;
                    }
                }))
                .build();
    }

    /** As Kotlin throws: undeclared. */
    @SuppressWarnings("unchecked")
    private static <E extends Throwable> void raise(Throwable thrown) throws E {
        throw (E) thrown;
    }
}
