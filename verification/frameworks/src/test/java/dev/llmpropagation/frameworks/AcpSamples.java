package dev.llmpropagation.frameworks;

import com.agentclientprotocol.sdk.agent.AcpAgent.SyncPromptHandler;
import com.agentclientprotocol.sdk.client.AcpSyncClient;
import com.agentclientprotocol.sdk.spec.AcpSchema.PromptRequest;
import com.agentclientprotocol.sdk.spec.AcpSchema.PromptResponse;
import com.agentclientprotocol.sdk.spec.AcpSchema.TextContent;
import dev.llmpropagation.agent.AgentTracing;
import dev.llmpropagation.agent.Interaction;
import dev.llmpropagation.carrier.EnvelopeCarrier;
import io.opentelemetry.context.Context;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.BiFunction;

/** Samples of docs/frameworks.md, for Java's SDK of the Agent Client Protocol. */
final class AcpSamples {

    private AcpSamples() {}

    static PromptResponse prompt(AcpSyncClient client, String sessionId, String text) {
        // sample: acpClient
        Map<String, Object> meta = EnvelopeCarrier.reference().injectMeta(Context.current(), null);
        PromptResponse response = client.prompt(new PromptRequest(sessionId, List.of(new TextContent(text)), meta));
        // end
        return response;
    }

    static SyncPromptHandler handler(
            AgentTracing agent, BiFunction<Interaction, PromptRequest, PromptResponse> answer) {
        // sample: acpAgent
        return (request, context) -> agent.interaction(UUID.randomUUID().toString()) // ACP's prompts have no id
                .session(request.sessionId())
                .parent(EnvelopeCarrier.reference().extractMeta(request.meta()))
                .call(turn -> answer.apply(turn, request));
        // end
    }
}
