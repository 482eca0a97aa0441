package dev.llmpropagation.scenarios.samples;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.testkit.RecordedTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.Scope;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.trace.data.SpanData;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** The samples of docs/carriers.md. */
class CarrierSamplesTest {

    private static final String FORGED = "00-11111111111111111111111111111111-2222222222222222-01";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final RecordedTelemetry telemetry =
            RecordedTelemetry.create(tracing -> tracing.setSampler(CarrierSamples.sampler()));
    private final OpenTelemetrySdk openTelemetry = telemetry.openTelemetry();
    private final AgentTracing agent = AgentTracing.builder(openTelemetry).build();

    @AfterEach
    void close() {
        openTelemetry.close();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void shell_reportsTheSpanOfItsTool() throws Exception {
        String[] output = new String[1];
        agent.interaction("p").run(turn -> output[0] = CarrierSamples.shell(turn, "echo $TRACEPARENT"));
        assertThat(output[0].strip())
                .isEqualTo(traceparent(span("qwen-code.tool").getSpanContext()));
    }

    @Test
    void environment_isThatOfTheCurrentSpan() {
        agent.interaction("p")
                .run(turn -> assertThat(CarrierSamples.environment(Map.of("PATH", "/bin", "TRACESTATE", "stale=1")))
                        .isEqualTo(Map.of("PATH", "/bin", "TRACEPARENT", traceparent(turn.spanContext()))));
    }

    @Test
    void startup_isReadFromTheProcess() {
        CarrierSamples.startup(openTelemetry).agent().interaction("p").run(turn -> {});
        String inherited = System.getenv("TRACEPARENT");
        assertThat(span("qwen-code.interaction").getParentSpanContext().isValid())
                .isEqualTo(inherited != null && inherited.length() == 55);
    }

    @Test
    void daemonAndChild_areOneTraceWhateverTheClientSays() {
        Map<String, Object> meta = new LinkedHashMap<>();
        meta.put("qwen.telemetry.traceparent", FORGED);
        meta.put("client", "kept");
        Map<String, Object> fromClient = Map.of("sessionId", "forged", "promptId", "p-1", "_meta", meta);
        Span step = openTelemetry.getTracer("daemon").spanBuilder("dispatch").startSpan();
        Map<String, Object> toChild;
        try (Scope ignored = step.makeCurrent()) {
            toChild = CarrierSamples.daemon(fromClient, "s-1");
        }
        step.end();
        assertThat(CarrierSamples.child(agent, toChild, turn -> "done")).isEqualTo("done");

        SpanData turn = span("qwen-code.interaction");
        assertThat(turn.getParentSpanContext().getSpanId())
                .isEqualTo(step.getSpanContext().getSpanId());
        assertThat(turn.getAttributes().get(AttributeKey.stringKey("session.id")))
                .isEqualTo("s-1");
        assertThat(meta).containsEntry("qwen.telemetry.traceparent", FORGED);
    }

    @Test
    void jackson_carriesTheTraceToAnMcpServer() throws Exception {
        ObjectNode request = (ObjectNode) JSON.readTree("""
                {"method":"tools/call","params":{"name":"search","_meta":{"progressToken":7,"traceparent":"%s","baggage":"a=1"}}}
                """.formatted(FORGED));
        JsonNode before = request.deepCopy();
        JsonNode[] sent = new JsonNode[1];
        agent.interaction("p").run(turn -> sent[0] = CarrierSamples.mcpRequest(request));

        assertThat(request).isEqualTo(before);
        SpanData turn = span("qwen-code.interaction");
        assertThat(sent[0].at("/params/_meta"))
                .isEqualTo(JSON.createObjectNode()
                        .put("progressToken", 7)
                        .put("traceparent", traceparent(turn.getSpanContext())));
        JsonNode received = JSON.readTree(sent[0].toString());
        CarrierSamples.mcpServer(openTelemetry.getTracer("mcp"), received).end();
        assertThat(span("tools/call").getParentSpanId()).isEqualTo(turn.getSpanId());
    }

    @Test
    void jackson_withoutMetaOrWithAnotherTypeIsNoParent() throws Exception {
        for (String params :
                new String[] {"{}", "{\"_meta\":7}", "{\"_meta\":{\"traceparent\":[\"" + FORGED + "\"]}}"}) {
            Span span = CarrierSamples.mcpServer(
                    openTelemetry.getTracer("mcp"), JSON.readTree("{\"params\":" + params + "}"));
            span.end();
            assertThat(span.getSpanContext().getTraceId()).doesNotStartWith("1111");
        }
        assertThat(telemetry.spans()).hasSize(3).allSatisfy(span -> assertThat(
                        span.getParentSpanContext().isValid())
                .isFalse());
    }

    @Test
    void headers_areReadAsTheRest() {
        Context read = CarrierSamples.headers(JSON.createObjectNode().put("traceparent", FORGED), CarrierSamples.JSON);
        assertThat(traceparent(Span.fromContext(read).getSpanContext())).isEqualTo(FORGED);
    }

    @Test
    void sampler_recordsUnderAnUnsampledParent() {
        Context parent = CarrierSamples.headers(
                JSON.createObjectNode().put("traceparent", FORGED.replaceAll("01$", "00")), CarrierSamples.JSON);
        agent.interaction("p").parent(parent).run(turn -> {});
        assertThat(span("qwen-code.interaction").getParentSpanId()).isEqualTo("2222222222222222");
    }

    private SpanData span(String name) {
        return telemetry.span(name);
    }

    private static String traceparent(SpanContext span) {
        return "00-" + span.getTraceId() + '-' + span.getSpanId() + '-'
                + span.getTraceFlags().asHex();
    }
}
