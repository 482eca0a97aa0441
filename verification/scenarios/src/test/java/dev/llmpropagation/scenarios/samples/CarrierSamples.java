package dev.llmpropagation.scenarios.samples;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.llmpropagation.LlmPropagation;
import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.carrier.EnvelopeCarrier;
import dev.llmpropagation.carrier.EnvironmentCarrier;
import dev.llmpropagation.carrier.TraceContext;
import io.opentelemetry.api.OpenTelemetry;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.context.propagation.TextMapGetter;
import io.opentelemetry.sdk.trace.samplers.Sampler;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/** The samples of docs/carriers.md. */
final class CarrierSamples {

    // sample: jacksonGetter
    static final TextMapGetter<JsonNode> JSON = new TextMapGetter<>() {
        @Override
        @SuppressWarnings("deprecation")
        public Iterable<String> keys(JsonNode meta) {
            return meta::fieldNames;
        }

        @Override
        public String get(JsonNode meta, String key) {
            return meta.path(key).textValue();
        }
    };
    // end

    private CarrierSamples() {}

    static String shell(Interaction turn, String command) throws IOException {
        // sample: shell
        String output = turn.tool("shell").call(tool -> {
            ProcessBuilder shell = new ProcessBuilder("sh", "-c", command);
            Process process =
                    EnvironmentCarrier.create().inject(Context.current(), shell).start();
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        });
        // end
        return output;
    }

    static Map<String, String> environment(Map<String, String> inherited) {
        // sample: environment
        Map<String, String> environment = EnvironmentCarrier.create().inject(Context.current(), inherited);
        // end
        return environment;
    }

    static LlmPropagation startup(OpenTelemetry openTelemetry) {
        // sample: startup
        LlmPropagation propagation = LlmPropagation.builder(openTelemetry)
                .agent(options -> options.parent(EnvironmentCarrier.create().extractFromProcess()))
                .build();
        // end
        return propagation;
    }

    static Sampler sampler() {
        // sample: unsampled
        Sampler sampler = Sampler.parentBasedBuilder(Sampler.alwaysOn())
                .setRemoteParentNotSampled(Sampler.alwaysOn())
                .build();
        // end
        return sampler;
    }

    static Map<String, Object> daemon(Map<String, Object> fromClient, String routedSession) {
        // sample: daemonSide
        Map<String, Object> params = new HashMap<>(fromClient);
        params.put("sessionId", routedSession); // the daemon knows whose it is; a client may say anything
        Map<String, Object> toChild = EnvelopeCarrier.reference().inject(Context.current(), params);
        // end
        return toChild;
    }

    static String child(AgentTracing agent, Map<String, Object> params, Function<Interaction, String> answerTo) {
        // sample: childSide
        String answer = agent.interaction((String) params.get("promptId"))
                .session((String) params.get("sessionId"))
                .parent(EnvelopeCarrier.reference().extract(params))
                .call(answerTo::apply);
        // end
        return answer;
    }

    static ObjectNode mcpRequest(ObjectNode request) {
        // sample: mcpClient
        ObjectNode sent = request.deepCopy();
        EnvelopeCarrier.mcp()
                .inject(Context.current(), sent.withObject("/params/_meta"), ObjectNode::remove, ObjectNode::put);
        // end
        return sent;
    }

    static Span mcpServer(Tracer tracer, JsonNode request) {
        // sample: mcpServer
        Context parent = EnvelopeCarrier.mcp().extract(request.at("/params/_meta"), JSON);
        Span span = tracer.spanBuilder("tools/call").setParent(parent).startSpan();
        // end
        return span;
    }

    static <H> Context headers(H headers, TextMapGetter<H> getter) {
        // sample: headers
        Context parent = TraceContext.extract(headers, getter);
        // end
        return parent;
    }
}
