package dev.llmpropagation.internal.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanBuilder;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ModelCallSpansTest {

    private final SdkTracerProvider provider = SdkTracerProvider.builder()
            .addSpanProcessor(SimpleSpanProcessor.create(InMemorySpanExporter.create()))
            .build();

    @AfterEach
    void shutDown() {
        provider.shutdown();
    }

    @ParameterizedTest
    @ValueSource(strings = {"chat", "generate_content", "text_completion", "embeddings"})
    void modelCall_isOneByItsOperation(String operation) {
        assertThat(ModelCallSpans.contain(span(operation))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"invoke_agent", "execute_tool", "Chat", ""})
    void spanOfAnotherOperation_isNone(String operation) {
        assertThat(ModelCallSpans.contain(span(operation))).isFalse();
    }

    @Test
    void spanThatSaysNothing_isNone() {
        assertThat(ModelCallSpans.contain(span(null))).isFalse();
        assertThat(ModelCallSpans.contain(Span.getInvalid())).isFalse();
        assertThat(ModelCallSpans.contain(Span.wrap(span("chat").getSpanContext())))
                .as("one that cannot be read")
                .isFalse();
    }

    private Span span(@Nullable String operation) {
        SpanBuilder builder = provider.get("t").spanBuilder("call");
        if (operation != null) {
            builder.setAttribute("gen_ai.operation.name", operation);
        }
        return builder.startSpan();
    }
}
