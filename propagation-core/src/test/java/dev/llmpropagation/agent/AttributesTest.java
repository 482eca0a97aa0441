package dev.llmpropagation.agent;

import static dev.llmpropagation.fixtures.Attributed.flag;
import static dev.llmpropagation.fixtures.Attributed.outcome;
import static dev.llmpropagation.fixtures.Attributed.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.internal.span.AttributeNames;
import dev.llmpropagation.internal.span.SpanType;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.AttributeType;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whose attributes a span shows. The numbers are those of docs/pitfalls.md. */
class AttributesTest {

    private static final List<String> NAMES = AttributeNames.names(
                    attribute -> attribute.spans.stream().anyMatch(SpanType::isOfAnAgent))
            .toList();

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    private final AgentTracing agent = telemetry.agent;

    @Test
    void pitfall_55_attributesOfTheProgram_doNotHideOurs() {
        agent.tool("t")
                .attribute(AttributeKey.stringKey("gen_ai.tool.name"), "other")
                .attribute(AttributeKey.stringKey("gen_ai.agent.name"), "other")
                .attribute(AttributeKey.stringKey("mine"), "kept")
                .run(tool -> {
                    tool.attribute(AttributeKey.booleanKey("success"), true);
                    tool.attribute(AttributeKey.stringKey("error.type"), "none");
                    tool.attribute(AttributeKey.stringKey("mine.too"), "kept");
                    tool.failed(ToolFailure.PERMISSION_DENIED);
                });
        SpanData span = telemetry.spans().get(0);
        assertThat(text(span, "gen_ai.tool.name")).isEqualTo("t");
        assertThat(text(span, "gen_ai.agent.name")).isNull();
        assertThat(flag(span, "success")).isFalse();
        assertThat(text(span, "error.type")).isEqualTo("tool_error");
        assertThat(text(span, "mine")).isEqualTo("kept");
        assertThat(text(span, "mine.too")).isEqualTo("kept");
    }

    /** Every name of the table, as every type that a program could give it. */
    @Test
    void pitfall_55_attributeOfTheProgram_fakesNoneOfOurs() {
        Attributes all = fakes(NAMES.stream()
                .filter(name -> !name.startsWith("server.")) // a tool may have one of its own
                .toList());
        List<AgentSpan> spans = new ArrayList<>();
        spans.add(faked(agent.interaction("p"), all));
        spans.add(faked(agent.tool("t"), all));
        spans.add(faked(agent.hook(HookEvent.PRE_TOOL_USE), all));
        spans.add(faked(agent.subagent("h"), all));
        spans.add(faked(agent.llmRequest("chat", "openai"), all));
        Tool tool = agent.tool("t").start();
        spans.add(faked(tool.execution(), all));
        spans.add(faked(tool.blockedOnUser(), all));
        tool.completed();
        for (AgentSpan span : spans) {
            Attributes shown = telemetry.span(span).getAttributes();
            assertThat(shown.asMap().values())
                    .as("%s", span)
                    .doesNotContain("FAKE", 4711L, 4711.0, List.of("FAKE"))
                    .contains("free");
            assertThat(shown.asMap().keySet().stream().filter(key -> key.getType() == AttributeType.BOOLEAN_ARRAY))
                    .isEmpty();
        }
        assertThat(telemetry.diagnostics)
                .anySatisfy(line -> assertThat(line).contains("session.id"))
                .anySatisfy(line -> assertThat(line).contains("qwen-code.span.ttl_expired"))
                .allSatisfy(line -> assertThat(line).doesNotContain("FAKE"));
    }

    @Test
    void pitfall_55_whatWasReadOnTheWire_fakesNothingElse() {
        LlmRequest request = agent.llmRequest("chat", "openai")
                .model("asked")
                .parameters(fakes(NAMES))
                .start();
        request.attributes(fakes(NAMES));
        request.completed();
        List<String> faked = new ArrayList<>();
        telemetry.span(request).getAttributes().forEach((key, value) -> {
            if (List.of("FAKE", 4711L, 4711.0, List.of("FAKE"), List.of(true)).contains(value)) {
                faked.add(key.getKey());
            }
        });
        assertThat(faked)
                .isNotEmpty()
                .allMatch(name -> name.matches("(gen_ai[.](request|response|usage|embeddings)|openai|server)[.].*"
                        + "|gen_ai[.](operation[.]name|provider[.]name|output[.]type)|llm_propagation[.]attempts"));
        assertThat(telemetry.span(request).getStatus().getStatusCode()).isEqualTo(StatusCode.UNSET);
    }

    private static <S extends AgentSpan, B extends AgentSpanBuilder<S, B>> S faked(
            AgentSpanBuilder<S, B> builder, Attributes fakes) {
        fakes.forEach((key, value) -> builder.attribute(typed(key), value));
        builder.attribute(AttributeKey.stringKey("my.own"), "free");
        S span = builder.start();
        fakes.forEach((key, value) -> span.attribute(typed(key), value));
        span.completed();
        return span;
    }

    @SuppressWarnings("unchecked")
    private static AttributeKey<Object> typed(AttributeKey<?> key) {
        return (AttributeKey<Object>) key;
    }

    private static Attributes fakes(List<String> names) {
        AttributesBuilder fakes = Attributes.builder();
        for (String name : names) {
            fakes.put(AttributeKey.stringKey(name), "FAKE")
                    .put(AttributeKey.longKey(name), 4711L)
                    .put(AttributeKey.doubleKey(name), 4711.0)
                    .put(AttributeKey.stringArrayKey(name), List.of("FAKE"))
                    .put(AttributeKey.booleanArrayKey(name), List.of(true));
        }
        return fakes.build();
    }

    @Test
    void readerOfTheWireThatFails_costsTheSpanNothingElse() {
        LlmRequest request = agent.llmRequest("chat", "openai")
                .model("asked")
                .atStart(read -> {
                    throw new IllegalStateException();
                })
                .atEnd(read -> {
                    throw new IllegalStateException();
                })
                .start();
        request.completed();
        SpanData span = telemetry.span(request);
        assertThat(text(span, "gen_ai.request.model")).isEqualTo("asked");
        assertThat(outcome(span)).isEqualTo("completed");
        assertThat(telemetry.diagnostics).hasSize(2);
        telemetry.diagnostics.clear();
    }

    @Test
    void whatWasReadOnTheWire_isShownButForContentAndOutcome() {
        agent.llmRequest("chat", "openai")
                .parameters(Attributes.of(
                        AttributeKey.doubleKey("gen_ai.request.temperature"),
                        0.5,
                        AttributeKey.stringKey("gen_ai.system_instructions"),
                        "content",
                        AttributeKey.stringKey("gen_ai.prompt"),
                        "content"))
                .run(request -> request.attributes(Attributes.of(
                        AttributeKey.stringKey("gen_ai.response.id"),
                        "r-1",
                        AttributeKey.stringKey("gen_ai.output.messages"),
                        "content",
                        AttributeKey.stringKey("gen_ai.completion.0.content"),
                        "content",
                        AttributeKey.stringKey("session.id"),
                        "other")));
        SpanData span = telemetry.spans().get(0);
        assertThat(span.getAttributes().get(AttributeKey.doubleKey("gen_ai.request.temperature")))
                .isEqualTo(0.5);
        assertThat(text(span, "gen_ai.response.id")).isEqualTo("r-1");
        assertThat(span.getAttributes().toString())
                .doesNotContain("=content", "content\"", "other", "gen_ai.prompt", "completion.0");
    }

    @Test
    void tokensThatAreNone_areNotCounted() {
        agent.llmRequest("chat", "openai").run(request -> {
            request.attributes(Attributes.of(
                    AttributeKey.longKey("gen_ai.usage.input_tokens"),
                    12L,
                    AttributeKey.longKey("gen_ai.usage.output_tokens"),
                    -3L));
            request.attributes(Attributes.of(AttributeKey.stringKey("gen_ai.usage.input_tokens"), "13"));
        });
        Map<AttributeKey<?>, Object> shown =
                new HashMap<>(telemetry.spans().get(0).getAttributes().asMap());
        shown.keySet().removeIf(key -> !key.getKey().startsWith("gen_ai.usage."));
        assertThat(shown).containsOnly(Map.entry(AttributeKey.longKey("gen_ai.usage.input_tokens"), 12L));
    }
}
