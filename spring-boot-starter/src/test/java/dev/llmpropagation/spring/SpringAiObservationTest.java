package dev.llmpropagation.spring;

import static dev.llmpropagation.fixtures.Attributed.text;
import static dev.llmpropagation.fixtures.Parents.assertParent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.genai.Client;
import com.openai.client.OpenAIClient;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.handler.DefaultTracingObservationHandler;
import io.micrometer.tracing.otel.bridge.OtelCurrentTraceContext;
import io.micrometer.tracing.otel.bridge.OtelTracer;
import io.opentelemetry.sdk.trace.data.SpanData;
import org.junit.jupiter.api.Test;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.google.genai.GoogleGenAiChatModel;
import org.springframework.ai.model.google.genai.autoconfigure.chat.GoogleGenAiChatAutoConfiguration;
import org.springframework.ai.model.openai.autoconfigure.OpenAiChatAutoConfiguration;
import org.springframework.ai.model.tool.autoconfigure.ToolCallingAutoConfiguration;
import org.springframework.ai.openai.OpenAiChatModel;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

/** A model call that Spring AI's span tells of is told once; every other one has our span. */
class SpringAiObservationTest extends ProgramOnServices {

    private static final String OURS = "qwen-code.llm_request";

    private final ObservationRegistry registry = ObservationRegistry.create();

    private ApplicationContextRunner program() {
        return program(
                        OpenAiClientAutoConfiguration.class,
                        GeminiClientAutoConfiguration.class,
                        ObservationAutoConfiguration.class,
                        SpringAiOpenAiAutoConfiguration.class,
                        SpringAiGeminiAutoConfiguration.class,
                        ToolCallingAutoConfiguration.class,
                        OpenAiChatAutoConfiguration.class,
                        GoogleGenAiChatAutoConfiguration.class)
                .withBean(ObservationRegistry.class, () -> registry);
    }

    /** As Boot does it for a program with Micrometer Tracing. */
    private void traced(ApplicationContext context) {
        OtelTracer tracer = new OtelTracer(
                telemetry.openTelemetry().getTracer("spring"), new OtelCurrentTraceContext(), event -> {});
        registry.observationConfig()
                .observationHandler(new DefaultTracingObservationHandler(tracer))
                .observationHandler(context.getBean(StreamStarts.class));
    }

    private void assertToldBySpringAi() {
        assertThat(telemetry.spans()).hasSize(2).extracting(SpanData::getName).doesNotContain(OURS);
        SpanData springs = telemetry.spans().stream()
                .filter(span -> !span.equals(telemetry.attempt()))
                .findFirst()
                .orElseThrow();
        assertParent(telemetry.attempt(), springs);
    }

    @Test
    void chat_isToldBySpringAisSpan() {
        openai.willAnswer("hello");
        program().run(context -> {
            traced(context);
            context.getBean(OpenAiChatModel.class).call("hi");
            assertToldBySpringAi();
        });
    }

    @Test
    void stream_isToldBySpringAisSpan() {
        gemini.willStream("he", "llo");
        program().run(context -> {
            traced(context);
            context.getBean(GoogleGenAiChatModel.class).stream(new Prompt("hi")).blockLast();
            assertToldBySpringAi();
        });
    }

    @Test
    void callInAnotherObservation_orInNone_hasOurSpan() {
        openai.willAnswer("hello");
        program().run(context -> {
            traced(context);
            Observation.createNotStarted("job", registry).observe(() -> chat(context.getBean(OpenAIClient.class)));
            assertParent(telemetry.attempt(), telemetry.span(OURS));
            assertParent(telemetry.span(OURS), telemetry.span("job"));
            telemetry.reset();
            chat(context.getBean(OpenAIClient.class));
            assertThat(telemetry.span(OURS).getParentSpanContext().isValid()).isFalse();
        });
    }

    /** Then its observation makes metrics alone, say. */
    @Test
    void callThatSpringAiHasNoSpanFor_hasOurs() {
        openai.willAnswer("hello");
        gemini.willStream("he", "llo");
        program().run(context -> {
            registry.observationConfig().observationHandler(context.getBean(StreamStarts.class));
            context.getBean(OpenAiChatModel.class).call("hi");
            assertThat(telemetry.span(OURS)).isNotNull();
            telemetry.reset();
            context.getBean(GoogleGenAiChatModel.class).stream(new Prompt("hi")).blockLast();
            assertThat(telemetry.span(OURS)).isNotNull();
        });
    }

    @Test
    void organization_isSpringAis() {
        openai.willAnswer("hello");
        program().withPropertyValues("spring.ai.openai.organization-id=o-1").run(context -> {
            context.getBean(OpenAiChatModel.class).call("hi");
            assertThat(openai.lastRequest().getHeader("OpenAI-Organization")).isEqualTo("o-1");
        });
        program().run(context -> {
            context.getBean(OpenAiChatModel.class).call("hi");
            assertThat(openai.lastRequest().getHeader("OpenAI-Organization")).isNull();
        });
    }

    /** The proxy keeps the call on this machine, and tells where it should have gone. */
    @Test
    void knownService_isTheUrlOfSpringAisModelToo() {
        program()
                .withPropertyValues(
                        "llm.propagation.openai.base-url=",
                        "llm.propagation.openai.service=moonshot",
                        "llm.propagation.proxy.url=http://127.0.0.1:1",
                        "spring.ai.openai.max-retries=0")
                .run(context -> {
                    assertThatThrownBy(
                            () -> context.getBean(OpenAiChatModel.class).call("hi"));
                    assertThat(text(telemetry.attempt(), "server.address")).isEqualTo("api.moonshot.cn");
                });
    }

    @Test
    void closedContext_closesSpringAisClientsToo() {
        openai.willStream("he", "llo");
        program().run(context -> {
            OpenAiChatModel openAi = context.getBean(OpenAiChatModel.class);
            assertThat(context.getBean(Client.class)).isNotNull();
            context.close();
            assertThatThrownBy(() -> openAi.stream(new Prompt("hi")).blockLast());
            assertThat(openai.requests()).isEmpty();
        });
    }
}
