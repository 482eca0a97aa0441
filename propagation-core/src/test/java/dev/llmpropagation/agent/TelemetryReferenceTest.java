package dev.llmpropagation.agent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.llmpropagation.internal.model.GenAiAttributes;
import dev.llmpropagation.internal.model.ModelOperation;
import dev.llmpropagation.internal.model.RecognisedCalls;
import dev.llmpropagation.internal.model.RequestFacts;
import dev.llmpropagation.internal.model.ResponseFacts;
import dev.llmpropagation.internal.model.Usage;
import dev.llmpropagation.internal.span.Api;
import dev.llmpropagation.internal.span.Attribute;
import dev.llmpropagation.internal.span.AttributeNames;
import dev.llmpropagation.internal.span.AttributeSink;
import dev.llmpropagation.internal.span.CallContent;
import dev.llmpropagation.internal.span.Convention;
import dev.llmpropagation.internal.span.Modality;
import dev.llmpropagation.internal.span.ReferencePage;
import dev.llmpropagation.internal.span.SpanType;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.common.AttributesBuilder;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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

            What a service decides makes no series without end. Of `tool_type`, of `gen_ai.response.model`, where it is not the model that
            was asked for, of the error codes and of the statuses of model calls, of the hosts that redirects lead to and of
            HTTP statuses, 30 different values are told apart for each `LlmPropagation`; of models that are asked for, which
            a gateway leaves to its caller, and of tools, which a model may make up, 100. Further ones are `_OTHER`. Such a
            host has no port, and such a status is left out. Beyond 500 series of model calls, or of tools and the ways they
            fail, and 300 of hosts that redirects lead to, what others decide of a new one is `_OTHER` as well. For each `McpTelemetry`, of tools
            and prompts 100, of methods, error types and versions of the protocol 30, and 500 series of requests in all.

            `gen_ai.execute_tool.duration` is of the whole `qwen-code.tool`, the wait for approval included, as
            `qwen-code.tool.call.latency` is. A tool that never ran counts too: one that was denied with the `error.type`
            `tool_error`, one that was cancelled while it waited without any.

            A duration without `error.type` is not always a success: what was cancelled or interrupted has none either, be it
            a model call, a tool or a request over MCP. `qwen-code.tool.call.count` has `success`; else the spans tell.

            Beside these, each attempt is in the histogram `http.client.request.duration`, in seconds, by the HTTP
            conventions: `http.request.method`, `server.address`, `server.port`, `http.response.status_code`,
            `network.protocol.version` and `error.type`.
            """;

    private static final List<SpanType> SPANS =
            Arrays.stream(SpanType.values()).filter(type -> !type.isOfADaemon()).toList();

    private static final Map<Attribute, Long> BY_MODALITY = Arrays.stream(Modality.values())
            .flatMap(modality -> Stream.of(modality.input, modality.output, modality.cacheRead))
            .collect(Collectors.toMap(Function.identity(), part -> 1L));

    @RegisterExtension
    final AgentExtension telemetry = new AgentExtension();

    @Test
    void page_isGeneratedFromTheTables() throws IOException {
        assertThat(ReferencePage.stored("telemetry-reference.md", page())).isEqualTo(page());
    }

    @ParameterizedTest
    @EnumSource
    void everyAttributeOfASpan_standsInTheTableWithItsType(Convention set) {
        AgentTracing agent = telemetry.with(
                options -> options.content(ContentCapture.on()).latestConventions(set == Convention.V0_1));
        everything(agent);
        Map<String, Attribute> table = Arrays.stream(Attribute.values())
                .collect(Collectors.toMap(attribute -> attribute.key().getKey(), Function.identity()));
        for (SpanData span : telemetry.spans()) {
            SpanType type = Arrays.stream(SpanType.values())
                    .filter(candidate -> candidate.referenceName.equals(span.getName()))
                    .findFirst()
                    .orElseThrow();
            span.getAttributes().forEach((key, value) -> {
                assertThat(table).containsKey(key.getKey());
                Attribute attribute = table.get(key.getKey());
                assertThat(key).isEqualTo(attribute.key());
                assertThat(attribute.spans).as("spans with %s", key).contains(type);
                assertThat(attribute.isOf(set))
                        .as("%s with the names of %s", key, set)
                        .isTrue();
            });
        }
    }

    @Test
    void everyAttributeInTheTable_isOnASpan() {
        AgentTracing agent =
                telemetry.with(options -> options.content(ContentCapture.on()).latestConventions(true));
        everything(agent);
        List<String> seen = telemetry.spans().stream()
                .flatMap(span -> span.getAttributes().asMap().keySet().stream().map(AttributeKey::getKey))
                .toList();
        assertThat(seen)
                .containsAll(AttributeNames.names(attribute -> attribute.spans.stream()
                                .anyMatch(type -> type.isOfAnAgent() && type != SpanType.HTTP_ATTEMPT))
                        .toList());
    }

    @ParameterizedTest
    @EnumSource
    void everyMetricAndEvent_standsInTheTable(Convention set) {
        everything(telemetry.with(options -> options.content(ContentCapture.on())
                .latestConventions(set == Convention.V0_1)
                .tokenHistograms(true)));
        ReferencePage page = new ReferencePage(false);
        assertThat(telemetry.metrics().stream()
                        .filter(metric ->
                                metric.getInstrumentationScopeInfo().getName().equals(AgentTracingBuilder.SCOPE))
                        .map(metric -> metric.getName() + ' ' + metric.getUnit() + ' ' + metric.getDescription()))
                .containsExactlyInAnyOrderElementsOf(page.metricsOf().stream()
                        .filter(metric -> metric.isOf(set) && !metric.isOfMcp())
                        .map(metric -> metric.metricName + ' ' + metric.unit + ' ' + metric.description)
                        .toList());
        assertThat(telemetry.events())
                .extracting(Api::eventName)
                .containsOnly(page.eventsOf().stream()
                        .filter(event -> event.isOf(set))
                        .map(event -> event.eventName)
                        .toArray(String[]::new));
    }

    @Test
    void genAiNames_leaveNothingInNoNamespace() {
        everything(telemetry.with(options -> options.content(ContentCapture.on())
                .spanNames(SpanNames.genAi())
                .latestConventions(true)));
        Stream<AttributeKey<?>> ofSpans =
                telemetry.spans().stream().flatMap(span -> span.getAttributes().asMap().keySet().stream());
        Stream<AttributeKey<?>> ofEvents =
                telemetry.events().stream().flatMap(log -> Api.attributes(log).asMap().keySet().stream());
        Stream<AttributeKey<?>> ofMetrics = telemetry.metrics().stream()
                .flatMap(metric -> metric.getData().getPoints().stream())
                .flatMap(point -> point.getAttributes().asMap().keySet().stream());
        assertThat(Stream.of(ofSpans, ofEvents, ofMetrics)
                        .flatMap(Function.identity())
                        .map(AttributeKey::getKey))
                .contains("llm_propagation.success", "llm_propagation.function_name", "llm_propagation.status")
                .allMatch(name ->
                        name.matches("(gen_ai|openai|server|session|error|exception|llm_propagation|qwen-code)\\..+"));
        assertThat(telemetry.spans())
                .extracting(span -> span.getStatus().getDescription())
                .contains("tool failed", "interaction failed")
                .allMatch(words -> !words.contains("qwen-code"));
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
        ModelOperation call = RecognisedCalls.post("https://h/v1/responses");
        List<String> texts = List.of("a");
        GenAiAttributes.put(
                sink,
                call,
                new RequestFacts(
                        "m", true, 0.1, 0.2, 3L, 4L, 0.5, 0.6, 7L, 8L, texts, "json", "float", 9L, "low", "r-0", "flex",
                        true));
        GenAiAttributes.put(
                sink,
                call,
                new ResponseFacts("r", "m", texts, new Usage(1L, 2L, 3L, 4L, 5L, BY_MODALITY), "t", "fp", "e", 6L),
                0);
        assertThat(read).hasSize(37).doesNotHaveDuplicates().allSatisfy(key -> {
            assertThat(AttributeNames.isOfACall(key)).as("%s", key).isTrue();
            assertThat(Arrays.stream(Attribute.values()).<AttributeKey<?>>map(attribute -> attribute.key()))
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
        telemetry.passes(java.time.Duration.ofMinutes(31), agent::sweep);
        agent.sessionEnded("s");
    }

    private void modelCall(Interaction turn) {
        turn.llmRequest("chat", "openai").model("m").stream()
                .server("api.example.com", 443)
                .content(() -> new CallContent("[1]", "[2]", "[3]", "[4]"))
                .parameters(wireAttributes(
                        "gen_ai.request.", "gen_ai.embeddings.", "openai.", "gen_ai.conversation.compacted"))
                .run(request -> {
                    request.firstChunk();
                    request.response("r-1", "m-1");
                    request.finishReasons(List.of("stop"));
                    request.usage(3L, 4L);
                    request.attributes(wireAttributes("gen_ai.usage.", "gen_ai.output.", "llm_propagation.attempts"));
                    request.call.retried("m");
                    request.call.chunks(2, 1_000_000, "m-1");
                });
        turn.llmRequest("chat", "openai").start().failed(new IllegalStateException("no"));
        turn.llmRequest("embeddings", "openai").run(request -> request.usage(3L, null));
        turn.llmRequest("fetch_response", "openai").start().failed(new IllegalStateException("no"));
        turn.llmRequest("chat", "openai").start().call.awaitsService();
    }

    /** A value for each attribute of a model call that is read on the wire. */
    private static Attributes wireAttributes(String... prefixes) {
        AttributesBuilder attributes = Attributes.builder();
        for (Attribute attribute : Attribute.values()) {
            if (attribute.spans.contains(SpanType.LLM_REQUEST)
                    && Arrays.stream(prefixes).anyMatch(attribute.key().getKey()::startsWith)) {
                Object value =
                        switch (attribute.key().getType()) {
                            case LONG -> 2L;
                            case DOUBLE -> 0.5;
                            case BOOLEAN -> true;
                            case STRING_ARRAY -> List.of("a");
                            default -> "a";
                        };
                attributes.put(attribute.key(), value);
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
                    tool.fileOperation(FileOperation.UPDATE, "/home/ann/A.Java", 12);
                    tool.blockedOnUser()
                            .requestId("q-1")
                            .run(wait -> wait.decided(Decision.PROCEED_ONCE, DecisionSource.IDE));
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
        ReferencePage page = new ReferencePage(false).text("""
                # Telemetry reference

                Generated from the tables in `dev.llmpropagation.internal.span` by `TelemetryReferenceTest` (see
                [CONTRIBUTING.md](../CONTRIBUTING.md#build-and-test)). Attempts also carry the attributes of the HTTP conventions,
                which are not listed here; and one event `llm_propagation.resent` with `llm_propagation.resent.count`, if OkHttp
                itself sent the request again, see [propagation.md](propagation.md#retries).

                With `SpanNames.genAi()` attributes of agents that are in no namespace, as `success`, are in
                `llm_propagation.` (`llm_propagation.success`), on spans, metrics and log events.

                GenAI names are those of one of two sets, never both. `earlier`: the conventions as they were before they had a
                release of their own; the default. `0.1`: release 0.1 of
                [semantic-conventions-genai](https://github.com/open-telemetry/semantic-conventions-genai), by
                `OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental`, or the setting `latestConventions(true)` of the
                agent, which wins. With `0.1` a request for an earlier response (`GET …/responses/{id}`) has a span too, with
                the operation `fetch_response`, and Moonshot is `moonshot_ai` instead of `moonshot`. The scope's schema is
                1.41.1, the last that held the GenAI conventions, or 1.45.0, which their release 0.1 is built on and has none of
                its own beside. What is told of MCP is the same with both sets, see [mcp.md](mcp.md); it is release 0.1's.

                ## Spans

                | span | with `SpanNames.genAi()` | kind | parent | |
                |---|---|---|---|---|
                """);
        for (SpanType type : SPANS) {
            page.row(
                    ReferencePage.code(type.referenceName),
                    genAiName(type),
                    type.kind.name(),
                    type.parent,
                    type.description);
        }
        return page.text("\n## Attributes\n\n")
                .text(BOUNDS)
                .text("\n")
                .attributes()
                .metrics()
                .text(LABELS)
                .text("\n"
                        + "`session.id` is on metrics only if `sessionOnMetrics(true)` is set, and the"
                        + " histograms\n"
                        + "`gen_ai.client.inference.operation.*` are there only with `tokenHistograms(true)`. Of"
                        + " `usage`, what a\n"
                        + "service does not tell apart by modality is `unknown`, and a call without a report"
                        + " counts 0 there.\n")
                .events()
                .toString();
    }

    private static String genAiName(SpanType type) {
        return switch (type) {
            case INTERACTION, SUBAGENT -> "`invoke_agent {agent}`";
            case TOOL -> "`execute_tool {tool}`";
            case LLM_REQUEST -> "`{operation} {model}`";
            default -> "the same";
        };
    }
}
