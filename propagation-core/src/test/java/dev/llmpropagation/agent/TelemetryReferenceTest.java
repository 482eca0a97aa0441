package dev.llmpropagation.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.internal.model.GenAiAttributes;
import dev.llmpropagation.internal.model.ModelOperation;
import dev.llmpropagation.internal.model.RequestFacts;
import dev.llmpropagation.internal.model.ResponseFacts;
import dev.llmpropagation.internal.model.Usage;
import dev.llmpropagation.internal.span.Api;
import dev.llmpropagation.internal.span.AttributeSink;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import okhttp3.HttpUrl;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** docs/telemetry-reference.md is what the enums say, and spans have what the enums say. */
class TelemetryReferenceTest {

    private static final String BOUNDS = """
            Text has at most so many characters, of a list each text; longer text is cut and ends with `…`. Content has the
            bound of `ContentCapture`. Characters that nobody sees, such as controls, line ends and those that turn the
            direction of reading, are replaced. What a service or a model says is `REDACTED` if it looks like a credential,
            or holds one of the request's own, and an error code is `_OTHER` then, or if it is no plain word.

            Attempts: `url.full` has at most 2048 characters, a captured header 16 values of 1024, an exception's message is
            the library's own text of at most 512, its stack trace has
            32 768, and `http.request.method_original` 64. Other texts of the HTTP
            conventions are short by themselves.
            """;

    private static final String LABELS = """

            What a service decides makes no series without end. Of `gen_ai.response.model`, where it is not the model that
            was asked for, of the error codes and of the statuses of model calls, of the hosts that redirects lead to and of
            HTTP statuses, 30 different values are told apart for each `LlmPropagation`; of models that are asked for, which
            a gateway leaves to its caller, and of tools, which a model may make up, 100. Further ones are `_OTHER`. Such a
            host has no port, and such a status is left out. Beyond 500 series of model calls, or of tools and the ways they
            fail, and 300 of hosts that redirects lead to, what others decide of a new one is `_OTHER` as well.
            """;

    private static final Path PAGE = Path.of("../docs/telemetry-reference.md");

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    /** With {@code -Dreference.write=true} the page is written. */
    @Test
    void page_isGeneratedFromTheTables() throws IOException {
        if (Boolean.getBoolean("reference.write")) {
            Files.writeString(PAGE, page());
        }
        assertThat(Files.readString(PAGE)).isEqualTo(page());
    }

    @Test
    void everyAttributeOfASpan_standsInTheTableWithItsType() {
        AgentTracing agent = telemetry.with(options -> options.content(ContentCapture.on()));
        everything(agent);
        Map<String, AgentAttribute> table = Arrays.stream(AgentAttribute.values())
                .collect(Collectors.toMap(attribute -> attribute.key.getKey(), Function.identity()));
        for (SpanData span : telemetry.spans()) {
            AgentSpanType type = Arrays.stream(AgentSpanType.values())
                    .filter(candidate -> candidate.referenceName.equals(span.getName()))
                    .findFirst()
                    .orElseThrow();
            span.getAttributes().forEach((key, value) -> {
                assertThat(table).containsKey(key.getKey());
                AgentAttribute attribute = table.get(key.getKey());
                assertThat(key).isEqualTo(attribute.key);
                assertThat(attribute.spans).as("spans with %s", key).contains(type);
            });
        }
    }

    @Test
    void everyAttributeInTheTable_isOnASpan() {
        AgentTracing agent = telemetry.with(options -> options.content(ContentCapture.on()));
        everything(agent);
        List<String> seen = telemetry.spans().stream()
                .flatMap(span -> span.getAttributes().asMap().keySet().stream().map(AttributeKey::getKey))
                .toList();
        assertThat(seen)
                .containsAll(Arrays.stream(AgentAttribute.values())
                        .filter(attribute -> !attribute.spans.equals(List.of(AgentSpanType.HTTP_ATTEMPT)))
                        .map(attribute -> attribute.key.getKey())
                        .toList());
    }

    @Test
    void everyMetricAndEvent_standsInTheTable() {
        everything(telemetry.agent);
        assertThat(Arrays.stream(AgentMetric.values()).map(metric -> metric.metricName))
                .containsExactlyInAnyOrderElementsOf(telemetry.metrics().stream()
                        .filter(metric ->
                                metric.getInstrumentationScopeInfo().getName().equals(AgentTracingBuilder.SCOPE))
                        .map(metric -> metric.getName())
                        .toList());
        assertThat(telemetry.events())
                .extracting(Api::eventName)
                .containsOnly(Arrays.stream(AgentEvent.values())
                        .map(event -> event.eventName)
                        .toArray(String[]::new));
    }

    /** It goes into spans without being compared with the table each time. */
    @Test
    void everyNameReadOnTheWire_standsInTheTable_withItsType() {
        List<AttributeKey<?>> read = new ArrayList<>();
        AttributeSink sink = new AttributeSink() {
            @Override
            public <T> void put(AttributeKey<T> key, T value) {
                read.add(key);
            }
        };
        ModelOperation call = ModelOperation.recognise("POST", HttpUrl.get("https://h/v1/responses"));
        List<String> texts = List.of("a");
        GenAiAttributes.put(
                sink,
                call,
                new RequestFacts(
                        "m", true, 0.1, 0.2, 3L, 4L, 0.5, 0.6, 7L, 8L, texts, "json", "float", 9L, "low", "r-0",
                        "flex"));
        GenAiAttributes.put(
                sink, call, new ResponseFacts("r", "m", texts, new Usage(1L, 2L, 3L, 4L, 5L), "t", "fp", "e", 6L), 0);
        assertThat(read).hasSize(27).doesNotHaveDuplicates().allSatisfy(key -> {
            assertThat(AgentAttribute.isOfACall(key.getKey())).as("%s", key).isTrue();
            assertThat(Arrays.stream(AgentAttribute.values()).map(attribute -> attribute.key))
                    .as("of this name and type")
                    .anyMatch(known -> known.equals(key));
        });
    }

    private void everything(AgentTracing agent) {
        agent.sessionStarted("s", "before");
        agent.interaction("p")
                .session("s")
                .prompt("hello")
                .model("m")
                .messageType("userQuery")
                .approvalMode("default")
                .userId("u")
                .json()
                .run(turn -> {
                    modelCall(turn);
                    turn.contentRetried();
                    tool(turn);
                    turn.answer("hi");
                    turn.failed("broken", "it broke");
                });
        agent.tool("forgotten").start();
        telemetry.passes(java.time.Duration.ofMinutes(31));
        agent.sweep();
        agent.sessionEnded("s");
    }

    private void modelCall(Interaction turn) {
        turn.llmRequest("chat", "openai").model("m").stream()
                .server("api.example.com", 443)
                .parameters(wireAttributes("gen_ai.request.", "gen_ai.embeddings.", "openai."))
                .run(request -> {
                    request.firstChunk();
                    request.response("r-1", "m-1");
                    request.finishReasons(List.of("stop"));
                    request.usage(3L, 4L);
                    request.attributes(wireAttributes("gen_ai.usage.", "gen_ai.output.", "llm_propagation.attempts"));
                    request.call.retried("m");
                });
        turn.llmRequest("chat", "openai").start().call.awaitsService();
    }

    /** A value for each attribute of a model call that is read on the wire. */
    @SuppressWarnings("unchecked") // by the type in the table
    private static Attributes wireAttributes(String... prefixes) {
        AttributesBuilder attributes = Attributes.builder();
        for (AgentAttribute attribute : AgentAttribute.values()) {
            if (attribute.spans.contains(AgentSpanType.LLM_REQUEST)
                    && Arrays.stream(prefixes).anyMatch(attribute.key.getKey()::startsWith)) {
                Object value =
                        switch (attribute.key.getType()) {
                            case LONG -> 2L;
                            case DOUBLE -> 0.5;
                            case BOOLEAN -> true;
                            case STRING_ARRAY -> List.of("a");
                            default -> "a";
                        };
                attributes.put((AttributeKey<Object>) attribute.key, value);
            }
        }
        return attributes.build();
    }

    private void tool(Interaction turn) {
        turn.tool("search")
                .callId("c-1")
                .description("Searches")
                .arguments("{}")
                .run(tool -> {
                    tool.hook(HookEvent.POST_TOOL_BATCH).interrupt().run(hook -> {
                        hook.shouldProceed(false);
                        hook.shouldStop(true);
                        hook.blocked(BlockType.STOP);
                        hook.hasAdditionalContext(true);
                        hook.postBatchStop("enough");
                    });
                    tool.blockedOnUser().run(wait -> wait.decided(Decision.PROCEED_ONCE, DecisionSource.IDE));
                    tool.execution().run(run -> tool.result("found"));
                    tool.subagent("helper")
                            .id("a-1")
                            .description("Helps")
                            .model("small")
                            .builtIn(true)
                            .invokingRequestId("r-1")
                            .run(helper -> {
                                helper.terminateReason("done");
                                helper.resultSummary(true);
                                helper.subagent("inner").run(inner -> {});
                            });
                    tool.failed(ToolFailure.PERMISSION_DENIED);
                });
    }

    private static String page() {
        StringBuilder page = new StringBuilder("""
                # Telemetry reference

                Generated from the tables in `dev.llmpropagation.agent` by
                `mvn -pl propagation-core test -Dtest=TelemetryReferenceTest -Dtest.args=-Dreference.write=true`; without the
                last setting the test compares. Attempts also carry the attributes of the HTTP conventions, which are not listed
                here; with `connectionPhases(true)` those of [networks.md](networks.md#connection-phases); and one event
                `llm_propagation.resent` with `llm_propagation.resent.count`, if OkHttp itself sent the request again, see
                [propagation.md](propagation.md#retries).

                ## Spans

                | span | with `SpanNames.genAi()` | kind | parent | |
                |---|---|---|---|---|
                """);
        for (AgentSpanType type : AgentSpanType.values()) {
            page.append("| `")
                    .append(type.referenceName)
                    .append("` | ")
                    .append(genAiName(type))
                    .append(" | ")
                    .append(type.kind)
                    .append(" | ")
                    .append(type.parent)
                    .append(" | ")
                    .append(type.description)
                    .append(" |\n");
        }
        page.append("\n## Attributes of spans\n\n")
                .append(BOUNDS)
                .append("\n| attribute | type | at most | on | |\n|---|---|---|---|---|\n");
        for (AgentAttribute attribute : AgentAttribute.values()) {
            page.append("| `")
                    .append(attribute.key.getKey())
                    .append("` | ")
                    .append(attribute
                            .key
                            .getType()
                            .name()
                            .toLowerCase(Locale.ROOT)
                            .replace('_', ' '))
                    .append(" | ")
                    .append(attribute.maxLength() == 0 ? "" : Integer.toString(attribute.maxLength()))
                    .append(" | ")
                    .append(spans(attribute))
                    .append(" | ")
                    .append(attribute.description)
                    .append(" |\n");
        }
        page.append("\n## Metrics\n\n| metric | kind | unit | attributes | |\n|---|---|---|---|---|\n");
        for (AgentMetric metric : AgentMetric.values()) {
            page.append("| `")
                    .append(metric.metricName)
                    .append("` | ")
                    .append(metric.isCounter() ? "counter" : "histogram")
                    .append(" | ")
                    .append(metric.unit)
                    .append(" | ")
                    .append(metric.attributes)
                    .append(" | ")
                    .append(metric.description)
                    .append(" |\n");
        }
        page.append(LABELS);
        page.append("\n`session.id` is on metrics only if `sessionOnMetrics(true)` is set.\n");
        page.append("\n## Log events\n\n| event | attributes | |\n|---|---|---|\n");
        for (AgentEvent event : AgentEvent.values()) {
            page.append("| `")
                    .append(event.eventName)
                    .append("` | ")
                    .append(event.attributes)
                    .append(" | ")
                    .append(event.description)
                    .append(" |\n");
        }
        return page.toString();
    }

    private static String genAiName(AgentSpanType type) {
        return switch (type) {
            case INTERACTION, SUBAGENT -> "`invoke_agent {agent}`";
            case TOOL -> "`execute_tool {tool}`";
            case LLM_REQUEST -> "`{operation} {model}`";
            default -> "the same";
        };
    }

    private static String spans(AgentAttribute attribute) {
        if (attribute.spans.size() == AgentSpanType.values().length) {
            return "all";
        }
        return attribute.spans.size() == AgentSpanType.values().length - 1
                ? "all but attempts"
                : attribute.spans.stream()
                        .map(type -> type.name().toLowerCase(Locale.ROOT).replace('_', ' '))
                        .collect(Collectors.joining(", "));
    }
}
